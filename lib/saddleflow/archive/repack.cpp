#include "saddleflow/archive/repack.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "saddleflow/archive/commit.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/object_copy.hpp"
#include "saddleflow/archive/schema.hpp"

namespace saddleflow::archive {
namespace {

// Chunks, of half a megabyte at most, that are copied at once.
constexpr std::int64_t kChunksAtOnce = 16;

using RowLimits = std::map<std::string, std::int64_t>;  // by the path of a dataset

RowLimits limits_of(hid_t file, const RowCounts& rows) {
  const std::int64_t counts[] = {rows.time, rows.snapshot, rows.event, rows.saddle, rows.mode_change};
  RowLimits limits;
  for (std::size_t k = 0; k < stream_specs().size(); ++k)
    for (const DatasetSpec& spec : stream_specs()[k])
      if (is_expected(file, spec)) limits[path_in(file, spec)] = counts[k];
  return limits;
}

bool is_plain(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_STRING;
}

/// How many links there are; -1 once there is one that is not hard.
herr_t note_link(hid_t, const char*, const H5L_info_t* info, void* count) {
  auto& links = *static_cast<std::int64_t*>(count);
  links = info->type == H5L_TYPE_HARD && links >= 0 ? links + 1 : -1;
  return 0;
}

herr_t note_attribute(hid_t object, const char* name, const H5A_info_t*, void* all_plain) {
  const std::string_view known(name);
  if (known == "DIMENSION_LIST" || known == "REFERENCE_LIST") return 0;  // made anew
  const hdf5::Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  if (!is_plain(hdf5::Handle(H5Aget_type(attribute), H5Tclose))) *static_cast<bool*>(all_plain) = false;
  return 0;
}

bool has_plain_attributes(hid_t object) {
  bool plain = true;
  hdf5::check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, note_attribute, &plain), object, "",
              "list");
  return plain;
}

/// The dataset in the other file, as long as it is to be and still without its numbers.
hdf5::Handle create_alike(hid_t source, hid_t to, const std::string& path, std::int64_t most_rows) {
  const hdf5::Handle type(H5Dget_type(source), H5Tclose), space(H5Dget_space(source), H5Sclose),
      creation(H5Dget_create_plist(source), H5Pclose);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space))), most(sizes.size());
  H5Sget_simple_extent_dims(space, sizes.data(), most.data());
  if (!sizes.empty() && most_rows >= 0)
    sizes.front() = std::min(sizes.front(), static_cast<hsize_t>(most_rows));
  const hdf5::Handle extent(sizes.empty()
                                ? H5Scopy(space)
                                : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), most.data()),
                            H5Sclose);
  return {hdf5::check(H5Dcreate2(to, path.c_str(), type, extent, H5P_DEFAULT, creation, H5P_DEFAULT), to,
                      path, "create"),
          H5Dclose};
}

template <class Number>
void copy_rows(hid_t source, hid_t copy, std::int64_t rows, std::int64_t block) {
  for (std::int64_t row = 0; row < rows; row += block)
    hdf5::append_rows(copy, row, hdf5::read_rows<Number>(source, row, std::min(block, rows - row)));
}

void copy_dataset(hid_t from, hid_t to, const std::string& path, const RowLimits& limits) {
  const auto limit = limits.find(path);
  const hdf5::Handle source = hdf5::open_dataset(from, path);
  const hdf5::Handle copy = create_alike(source, to, path, limit == limits.end() ? -1 : limit->second);
  const hdf5::Handle creation(H5Dget_create_plist(copy), H5Pclose);
  const std::vector<std::int64_t> shape = hdf5::shape(copy);
  if (limit == limits.end() || H5Pget_layout(creation) != H5D_CHUNKED) {
    if (shape == hdf5::shape(source)) copy_value(source, copy);
  } else {
    std::vector<hsize_t> chunk(shape.size());
    H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    const auto block = static_cast<std::int64_t>(chunk.front()) * kChunksAtOnce;
    if (hdf5::holds_floats(source))
      copy_rows<double>(source, copy, shape.front(), block);
    else
      copy_rows<std::int64_t>(source, copy, shape.front(), block);
  }
  copy_attributes(source, copy);
}

/// In the order of their creation, which readers of netCDF rely on; by name where a file does not know it.
std::vector<Object> objects_in_order(hid_t file) {
  const hdf5::Handle root = hdf5::open_group(file, "/");
  const hdf5::Handle creation(H5Gget_create_plist(root), H5Pclose);
  unsigned tracked = 0;
  H5Pget_link_creation_order(creation, &tracked);
  return objects_of(file, (tracked & H5P_CRT_ORDER_INDEXED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME);
}

}  // namespace

bool can_be_repacked(hid_t file) {
  std::int64_t links = 0;
  hdf5::check(H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, note_link, &links), file, "/", "list");
  const std::vector<Object> objects = objects_of(file, H5_INDEX_NAME);
  // More links than objects: some have two names.
  bool plain = links == std::ssize(objects) && has_plain_attributes(hdf5::open_group(file, "/"));
  for (const Object& object : objects) {
    if (!plain || (object.type != H5O_TYPE_GROUP && object.type != H5O_TYPE_DATASET)) return false;
    const hdf5::Handle opened(H5Oopen(file, object.path.c_str(), H5P_DEFAULT), H5Oclose);
    plain = has_plain_attributes(opened);
    if (object.type == H5O_TYPE_DATASET)
      plain = plain && is_plain(hdf5::Handle(H5Dget_type(opened), H5Tclose));
  }
  return plain;
}

void repack(hid_t file, const std::string& copy, const RowCounts& rows) {
  hdf5::Handle to = hdf5::create_file(copy);
  const RowLimits limits = limits_of(file, rows);
  const std::vector<Object> objects = objects_in_order(file);
  copy_attributes(hdf5::open_group(file, "/"), hdf5::open_group(to, "/"));
  for (const Object& object : objects) {
    if (object.type == H5O_TYPE_GROUP)
      copy_attributes(hdf5::open_group(file, object.path), hdf5::create_group(to, object.path));
    else
      copy_dataset(file, to, object.path, limits);
  }
  copy_scales(file, to, objects);
  hdf5::close_file(to, copy);
}

}  // namespace saddleflow::archive

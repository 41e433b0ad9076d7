#include "saddleflow/archive/rewrite.hpp"

#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/error.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

// Of deflate: higher levels take several times as long for a few per cent.
constexpr unsigned kDeflate = 4;
// Numbers in a chunk: 512 KiB of doubles, as in the file that is copied.
constexpr hsize_t kChunkNumbers = hsize_t{1} << 16;
// What the library of dimension scales keeps; it is made anew, as it refers to objects by their addresses.
constexpr std::array<std::string_view, 4> kOfScales{"DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"};

using hdf5::Handle;

struct Object {
  std::string path;  ///< "/events/event"
  H5O_type_t type;
};

std::vector<Object> objects_of(hid_t file) {
  std::vector<Object> objects;
  const auto note = [](hid_t, const char* name, const H5O_info_t* info, void* list) -> herr_t {
    if (std::string_view(name) != ".")
      static_cast<std::vector<Object>*>(list)->push_back({std::string("/") + name, info->type});
    return 0;
  };
  hdf5::check(H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, note, &objects), file, "/", "list");
  return objects;
}

bool is_string(hid_t type) { return H5Tget_class(type) == H5T_STRING; }

/// The type in memory of numbers and of texts.
Handle memory_type(hid_t type) {
  if (is_string(type)) return {H5Tcopy(type), H5Tclose};
  return {H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose};
}

/// The whole value of a dataset or attribute in memory; variable texts are freed with it.
class Value {
 public:
  Value(Handle type, Handle space)
      : type_(std::move(type)),
        space_(std::move(space)),
        bytes_(H5Tget_size(type_) * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space_))) {}
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  ~Value() {
    if (is_string(type_) && H5Tis_variable_str(type_) > 0 && !bytes_.empty())
      H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, bytes_.data());
  }

  hid_t type() const { return type_; }
  void* data() { return bytes_.data(); }
  bool empty() const { return bytes_.empty(); }

 private:
  Handle type_, space_;
  std::vector<unsigned char> bytes_;
};

void copy_attribute(hid_t from, hid_t to, const std::string& name) {
  const Handle source(H5Aopen(from, name.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(source), H5Tclose), space(H5Aget_space(source), H5Sclose);
  Value value(memory_type(type), Handle(H5Scopy(space), H5Sclose));
  hdf5::check(H5Aread(source, value.type(), value.data()), from, name, "read");
  const Handle copy(
      hdf5::check(H5Acreate2(to, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), to, name, "create"),
      H5Aclose);
  hdf5::check(H5Awrite(copy, value.type(), value.data()), to, name, "write");
}

void copy_attributes(hid_t from, hid_t to) {
  std::vector<std::string> names;
  const auto note = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  hdf5::check(H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, nullptr, note, &names), from, "", "list");
  for (const std::string& name : names)
    if (std::ranges::find(kOfScales, name) == kOfScales.end()) copy_attribute(from, to, name);
}

Handle creation_of(Packing packing, const std::vector<hsize_t>& sizes) {
  Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const bool empty = std::ranges::find(sizes, hsize_t{0}) != sizes.end();
  if (packing != Packing::compressed || sizes.empty() || empty) return creation;
  std::vector<hsize_t> chunk = sizes;
  hsize_t width = 1;
  for (std::size_t k = 1; k < sizes.size(); ++k) width *= sizes[k];
  chunk.front() = std::clamp(kChunkNumbers / width, hsize_t{1}, sizes.front());
  H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
  H5Pset_shuffle(creation);
  H5Pset_deflate(creation, kDeflate);
  return creation;
}

void copy_dataset(hid_t from, hid_t to, const std::string& path, Packing packing) {
  const Handle source = hdf5::open_dataset(from, path);
  const Handle type(H5Dget_type(source), H5Tclose), space(H5Dget_space(source), H5Sclose);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  const Handle fixed(sizes.empty() ? H5Screate(H5S_SCALAR)
                                   : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                     H5Sclose);
  const Handle copy(hdf5::check(H5Dcreate2(to, path.c_str(), type, fixed, H5P_DEFAULT,
                                           creation_of(packing, sizes), H5P_DEFAULT),
                                to, path, "create"),
                    H5Dclose);
  Value value(memory_type(type), Handle(H5Scopy(fixed), H5Sclose));
  if (!value.empty()) {
    hdf5::check(H5Dread(source, value.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), from, path,
                "read");
    hdf5::check(H5Dwrite(copy, value.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), to, path, "write");
  }
  copy_attributes(source, copy);
}

/// The paths of the scales of a dataset, axis by axis.
std::vector<std::string> scales_of(hid_t dataset) {
  std::vector<std::string> paths;
  const auto note = [](hid_t, unsigned, hid_t scale, void* list) -> herr_t {
    std::string path(static_cast<std::size_t>(H5Iget_name(scale, nullptr, 0)), '\0');
    H5Iget_name(scale, path.data(), path.size() + 1);
    static_cast<std::vector<std::string>*>(list)->push_back(path);
    return 0;
  };
  const Handle space(H5Dget_space(dataset), H5Sclose);
  for (int axis = 0; axis < H5Sget_simple_extent_ndims(space); ++axis) {
    paths.emplace_back();
    std::vector<std::string> found;
    H5DSiterate_scales(dataset, static_cast<unsigned>(axis), nullptr, note, &found);
    if (!found.empty()) paths.back() = found.front();
  }
  return paths;
}

void copy_scales(hid_t from, hid_t to, const std::vector<Object>& objects) {
  for (const Object& object : objects) {
    const Handle source(H5Oopen(from, object.path.c_str(), H5P_DEFAULT), H5Oclose);
    if (object.type != H5O_TYPE_DATASET || H5DSis_scale(source) <= 0) continue;
    const std::string name = object.path.substr(object.path.rfind('/') + 1);
    hdf5::check(H5DSset_scale(hdf5::open_dataset(to, object.path), name.c_str()), to, object.path,
                "make a scale");
  }
  for (const Object& object : objects) {
    if (object.type != H5O_TYPE_DATASET) continue;
    const std::vector<std::string> scales = scales_of(hdf5::open_dataset(from, object.path));
    const Handle copy = hdf5::open_dataset(to, object.path);
    for (unsigned axis = 0; axis < scales.size(); ++axis)
      if (!scales[axis].empty() && scales[axis] != object.path)
        hdf5::check(H5DSattach_scale(copy, hdf5::open_dataset(to, scales[axis]), axis), to, object.path,
                    "attach a scale");
  }
}

/// Older and newer programs than ours: the bounds decide which.
Handle new_file(const std::string& path, Packing packing) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (packing == Packing::v1_8) H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access);
  if (file < 0) throw IoError(path + ": cannot be created");
  return {file, H5Fclose};
}

void copy_file(hid_t from, const std::string& path, Packing packing) {
  Handle to = new_file(path, packing);
  copy_attributes(hdf5::open_group(from, "/"), hdf5::open_group(to, "/"));
  const std::vector<Object> objects = objects_of(from);
  for (const Object& object : objects) {
    if (object.type == H5O_TYPE_GROUP) {
      const Handle group = hdf5::create_group(to, object.path);
      copy_attributes(hdf5::open_group(from, object.path), group);
    } else if (object.type == H5O_TYPE_DATASET) {
      copy_dataset(from, to, object.path, packing);
    } else {
      throw IoError(object.path + ": is neither a group nor a dataset, it cannot be copied");
    }
  }
  copy_scales(from, to, objects);
  hdf5::close_file(to, path);
}

}  // namespace

void rewrite(const std::string& path, const std::string& copy, Packing packing, ExistingFile existing) {
  make_file(copy, existing, [&](const std::string& draft) {
    const Handle file = hdf5::open_file(path, H5F_ACC_RDONLY);
    copy_file(file, draft, packing);
  });
}

}  // namespace saddleflow::archive

#include "saddleflow/archive/rewrite.hpp"

#include <hdf5.h>

#include <algorithm>
#include <vector>

#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/archive/object_copy.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {
namespace {

// Of deflate: higher levels take several times as long for a few per cent.
constexpr unsigned kDeflate = 4;
// Numbers in a chunk: 512 KiB of doubles, as in the file that is copied.
constexpr hsize_t kChunkNumbers = hsize_t{1} << 16;
using hdf5::Handle;

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
  copy_value(source, copy);
  copy_attributes(source, copy);
}

/// Older and newer programs than ours: the bounds decide which.
Handle new_file(const std::string& path, Packing packing) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (packing == Packing::v1_8) H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return {hdf5::check(H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access), path, "create the file"),
          H5Fclose};
}

void copy_file(hid_t from, const std::string& path, Packing packing) {
  Handle to = new_file(path, packing);
  copy_attributes(hdf5::open_group(from, "/"), hdf5::open_group(to, "/"));
  const std::vector<Object> objects = objects_of(from, H5_INDEX_NAME);
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

#include "hdf5_remake.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "hdf5_place.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"

namespace saddleflow::fuzz {
namespace {

constexpr hsize_t kLongestChunk = 64;
// Entries of a dataset that is read in a moment, and of one that no machine holds.
constexpr double kRead = 1e5, kRefused = 1e13;
constexpr double kMostInAttribute = 1000;  // attributes are compact: HDF5 takes no more than 64 kB there

double product(const std::vector<hsize_t>& sizes) {
  double entries = 1;
  for (const hsize_t size : sizes) entries *= static_cast<double>(size);
  return entries;
}

hdf5::Handle made(hid_t type) { return {type, H5Tclose}; }
hdf5::Handle copied(hid_t type) { return made(H5Tcopy(type)); }

hdf5::Handle fixed_text() {
  hdf5::Handle type = copied(H5T_C_S1);
  H5Tset_size(type, 8);
  return type;
}

hdf5::Handle pair_type() {
  hdf5::Handle type = made(H5Tcreate(H5T_COMPOUND, 16));
  H5Tinsert(type, "a", 0, H5T_IEEE_F64LE);
  H5Tinsert(type, "b", 8, H5T_STD_I64LE);
  return type;
}

hdf5::Handle enum_type() {
  hdf5::Handle type = made(H5Tenum_create(H5T_STD_I8LE));
  const std::int8_t value = 1;
  H5Tenum_insert(type, "ONE", &value);
  return type;
}

/// Not open for an unknown word.
hdf5::Handle type_named(const std::string& word) {
  if (word == "i1") return copied(H5T_STD_I8LE);
  if (word == "i8") return copied(H5T_STD_I64LE);
  if (word == "u8") return copied(H5T_STD_U64BE);
  if (word == "f4") return copied(H5T_IEEE_F32LE);
  if (word == "f8") return copied(H5T_IEEE_F64BE);
  if (word == "text") return hdf5::text_type();
  if (word == "fixed") return fixed_text();
  if (word == "compound") return pair_type();
  if (word == "enum") return enum_type();
  if (word == "opaque") return made(H5Tcreate(H5T_OPAQUE, 8));
  return {};
}

/// Chunks, where the dataset is not scalar: nothing is stored until it is written.
hdf5::Handle layout(hid_t space) {
  hdf5::Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const int axes = H5Sget_simple_extent_ndims(space);
  if (axes < 1) return list;
  std::vector<hsize_t> sizes(static_cast<std::size_t>(axes));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  for (hsize_t& size : sizes) size = std::clamp<hsize_t>(size, 1, kLongestChunk);
  H5Pset_chunk(list, axes, sizes.data());
  return list;
}

void copy_attributes(hid_t from, hid_t to) {
  const hssize_t count = H5Aget_num_attrs(from);
  for (hssize_t k = 0; k < count; ++k) {
    const hdf5::Handle old(H5Aopen_by_idx(from, ".", H5_INDEX_NAME, H5_ITER_INC, static_cast<hsize_t>(k),
                                          H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    char name[64] = {};
    if (old.id() < 0 || H5Aget_name(old, sizeof name, name) < 0) continue;
    const hdf5::Handle type(H5Aget_type(old), H5Tclose), space(H5Aget_space(old), H5Sclose);
    const auto of = H5Tget_class(type);
    if (of != H5T_STRING && of != H5T_INTEGER && of != H5T_FLOAT) continue;
    std::vector<unsigned char> bytes(H5Tget_size(type) *
                                     static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    const hdf5::Handle copy(H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (copy.id() < 0 || bytes.empty() || H5Aread(old, type, bytes.data()) < 0) continue;
    H5Awrite(copy, type, bytes.data());
    if (H5Tis_variable_str(type) > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, bytes.data());
  }
}

hdf5::Handle remade_attribute(hid_t file, const std::string& path, const std::string& name, hid_t type,
                              hid_t space) {
  H5Adelete_by_name(file, path.c_str(), name.c_str(), H5P_DEFAULT);
  return {
      H5Acreate_by_name(file, path.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose};
}

hdf5::Handle remade_dataset(hid_t file, const std::string& path, hid_t type, hid_t space) {
  const hdf5::Handle old(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (old.id() < 0) return {};
  H5Ldelete(file, path.c_str(), H5P_DEFAULT);
  hdf5::Handle now(H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, layout(space), H5P_DEFAULT),
                   H5Dclose);
  if (now.id() >= 0) copy_attributes(old, now);
  return now;
}

hdf5::Handle remade(hid_t file, const std::string& name, hid_t type, hid_t space) {
  const auto [path, attribute] = parts_of(name);
  return attribute.empty() ? remade_dataset(file, path, type, space)
                           : remade_attribute(file, path, attribute, type, space);
}

}  // namespace

bool is_telling_shape(const std::vector<hsize_t>& sizes) {
  const double entries = product(sizes);
  return entries <= kRead || entries >= kRefused;
}

void remake_as_text(hid_t file, const std::string& name, const std::string& text) {
  const hdf5::Handle type = hdf5::text_type(), space(H5Screate(H5S_SCALAR), H5Sclose);
  const hdf5::Handle now = remade(file, name, type, space);
  if (now.id() < 0) return;
  const char* bytes = text.c_str();
  if (H5Iget_type(now) == H5I_ATTR)
    H5Awrite(now, type, &bytes);
  else
    H5Dwrite(now, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &bytes);
}

void remake_as_type(hid_t file, const std::string& name, const std::string& word) {
  const Place place(file, name);
  if (!place.open()) return;
  if (word == "null") {
    remade(file, name, place.type(), hdf5::Handle(H5Screate(H5S_NULL), H5Sclose));
    return;
  }
  const hdf5::Handle type = type_named(word);
  if (type.id() >= 0) remade(file, name, type, place.space());
}

void remake_with_shape(hid_t file, const std::string& name, const std::vector<hsize_t>& sizes) {
  const Place place(file, name);
  if (!place.open() || sizes.size() > H5S_MAX_RANK) return;
  if (!is_telling_shape(sizes) || (place.is_attribute() && product(sizes) > kMostInAttribute)) return;
  const hdf5::Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose);
  if (space.id() >= 0) remade(file, name, place.type(), space);
}

}  // namespace saddleflow::fuzz

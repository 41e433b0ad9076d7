#include "hdf5_place.hpp"

#include <utility>

namespace saddleflow::fuzz {
namespace {

// The bases hold less; a shape of a recipe may ask for any number.
constexpr hssize_t kMostEntries = 100000;

herr_t add_attribute(hid_t, const char* name, const H5A_info_t*, void* names) {
  auto& list = *static_cast<std::vector<std::string>*>(names);
  list.push_back(list.front() + "@" + name);
  return 0;
}

herr_t add_object(hid_t file, const char* name, const H5O_info_t*, void* names) {
  const std::string path = std::string(name) == "." ? "/" : "/" + std::string(name);
  std::vector<std::string> own{path};
  const hdf5::Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
  if (object.id() >= 0) H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute, &own);
  auto& list = *static_cast<std::vector<std::string>*>(names);
  list.insert(list.end(), own.begin(), own.end());
  return 0;
}

}  // namespace

std::pair<std::string, std::string> parts_of(const std::string& name) {
  const std::size_t at = name.find('@');
  if (at == std::string::npos) return {name, ""};
  return {name.substr(0, at), name.substr(at + 1)};
}

Place::Place(hid_t file, const std::string& name) {
  const auto [path, attribute] = parts_of(name);
  attribute_ = !attribute.empty();
  hdf5::Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
  if (object.id() < 0) return;
  if (attribute_) {
    id_ = hdf5::Handle(H5Aopen(object, attribute.c_str(), H5P_DEFAULT), H5Aclose);
    object_ = std::move(object);
  } else if (H5Iget_type(object) == H5I_DATASET) {
    id_ = std::move(object);
  }
}

hdf5::Handle Place::type() const { return {attribute_ ? H5Aget_type(id_) : H5Dget_type(id_), H5Tclose}; }
hdf5::Handle Place::space() const { return {attribute_ ? H5Aget_space(id_) : H5Dget_space(id_), H5Sclose}; }

long Place::entries() const {
  const hssize_t count = H5Sget_simple_extent_npoints(space());
  return count < 0 || count > kMostEntries ? -1 : static_cast<long>(count);
}

std::vector<unsigned char> Place::bytes() const {
  const hdf5::Handle kind = type();
  const long count = entries();
  if (count <= 0 || H5Tdetect_class(kind, H5T_VLEN) > 0 || H5Tis_variable_str(kind) > 0 ||
      H5Tdetect_class(kind, H5T_REFERENCE) > 0)
    return {};
  std::vector<unsigned char> found(static_cast<std::size_t>(count) * H5Tget_size(kind));
  const herr_t read = attribute_ ? H5Aread(id_, kind, found.data())
                                 : H5Dread(id_, kind, H5S_ALL, H5S_ALL, H5P_DEFAULT, found.data());
  return read < 0 ? std::vector<unsigned char>() : found;
}

void Place::write_bytes(const std::vector<unsigned char>& bytes) const {
  const hdf5::Handle kind = type();
  if (attribute_)
    H5Awrite(id_, kind, bytes.data());
  else
    H5Dwrite(id_, kind, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
}

std::vector<std::string> places_in(hid_t file) {
  std::vector<std::string> names;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, add_object, &names, H5O_INFO_BASIC);
  return names;
}

}  // namespace saddleflow::fuzz

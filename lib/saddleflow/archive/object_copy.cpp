#include "saddleflow/archive/object_copy.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace saddleflow::archive {
namespace {

using hdf5::Handle;

// What the library of dimension scales keeps; it is made anew, as it refers to objects by their addresses.
constexpr std::array<std::string_view, 4> kOfScales{"DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"};

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

}  // namespace

std::vector<Object> objects_of(hid_t file, H5_index_t order) {
  std::vector<Object> objects;
  const auto note = [](hid_t, const char* name, const H5O_info_t* info, void* list) -> herr_t {
    if (std::string_view(name) != ".")
      static_cast<std::vector<Object>*>(list)->push_back({std::string("/") + name, info->type});
    return 0;
  };
  hdf5::check(H5Ovisit(file, order, H5_ITER_INC, note, &objects), file, "/", "list");
  return objects;
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

void copy_value(hid_t source, hid_t copy) {
  const Handle type(H5Dget_type(source), H5Tclose), space(H5Dget_space(source), H5Sclose);
  Value value(memory_type(type), Handle(H5Scopy(space), H5Sclose));
  if (value.empty()) return;
  hdf5::check(H5Dread(source, value.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), source, "", "read");
  hdf5::check(H5Dwrite(copy, value.type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), copy, "", "write");
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

}  // namespace saddleflow::archive

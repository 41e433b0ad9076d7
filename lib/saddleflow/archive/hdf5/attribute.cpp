#include "saddleflow/archive/hdf5/attribute.hpp"

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"

namespace saddleflow::archive::hdf5 {

bool has_attribute(hid_t object, const std::string& name) {
  const htri_t found = H5Aexists(object, name.c_str());
  if (found < 0 && innermost_error().error_number != 0) fail(object, name, "look up");
  return found > 0;
}

namespace {

void write(hid_t object, const std::string& name, hid_t file_type, hid_t memory_type, hid_t space,
           const void* data) {
  if (has_attribute(object, name)) check(H5Adelete(object, name.c_str()), object, name, "replace");
  const Handle attribute(check(H5Acreate2(object, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT),
                               object, name, "create"),
                         H5Aclose);
  check(H5Awrite(attribute, memory_type, data), object, name, "write");
}

Handle scalar() { return {H5Screate(H5S_SCALAR), H5Sclose}; }

Handle row(std::size_t size) {
  const hsize_t extent = size;
  return {H5Screate_simple(1, &extent, nullptr), H5Sclose};
}

Handle open(hid_t object, const std::string& name, std::initializer_list<H5T_class_t> kinds,
            const char* expected) {
  const std::string place = file_name(object) + ": attribute " + name + " of " + object_name(object);
  if (!has_attribute(object, name)) throw InputError(place + " is missing; expected a saddleflow run file");
  Handle attribute(check(H5Aopen(object, name.c_str(), H5P_DEFAULT), object, name, "open"), H5Aclose);
  const Handle type(H5Aget_type(attribute), H5Tclose);
  for (const H5T_class_t kind : kinds) {
    if (H5Tget_class(type) == kind) return attribute;
  }
  throw InputError(place + " is not " + expected);
}

std::string read_text(hid_t object, const Handle& attribute, const std::string& name) {
  const Handle type(H5Aget_type(attribute), H5Tclose);
  if (H5Tis_variable_str(type) <= 0) {
    require_memory(file_name(object) + ": attribute " + name, "characters",
                   static_cast<double>(H5Tget_size(type)) / 8);
    std::string text(H5Tget_size(type), '\0');
    check(H5Aread(attribute, type, text.data()), object, name, "read");
    return text.substr(0, text.find('\0'));
  }
  char* text = nullptr;
  const Handle memory_type = text_type();
  check(H5Aread(attribute, memory_type, &text), object, name, "read");
  std::string copy = text == nullptr ? "" : text;
  H5free_memory(text);
  return copy;
}

herr_t keep_name(hid_t, const char* name, const H5A_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

std::vector<std::string> names_of_kind(hid_t object, bool text) {
  std::vector<std::string> all, chosen;
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_name, &all), object, "",
        "list attributes");
  for (const std::string& name : all) {
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(attribute), H5Tclose);
    const Handle space(H5Aget_space(attribute), H5Sclose);
    const H5T_class_t kind = H5Tget_class(type);
    const bool number = kind == H5T_FLOAT || kind == H5T_INTEGER;
    if (H5Sget_simple_extent_npoints(space) == 1 && (text ? kind == H5T_STRING : number))
      chosen.push_back(name);
  }
  return chosen;
}

}  // namespace

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

void write_attribute(hid_t object, const std::string& name, const std::string& value) {
  const char* text = value.c_str();
  const Handle type = text_type();
  write(object, name, type, type, scalar(), &text);
}

void write_attribute(hid_t object, const std::string& name, double value) {
  write(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar(), &value);
}

void write_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values) {
  write(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, row(values.size()), values.data());
}

void write_attribute(hid_t object, const std::string& name, const std::vector<std::int8_t>& values) {
  write(object, name, H5T_STD_I8LE, H5T_NATIVE_INT8, row(values.size()), values.data());
}

void write_scalar_attribute(hid_t object, const std::string& name, std::int64_t value) {
  write(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, scalar(), &value);
}

namespace {

/// Entries of an attribute whose memory there is.
std::int64_t attribute_size(hid_t object, hid_t attribute, const std::string& name) {
  const Handle space(check(H5Aget_space(attribute), object, name, "inspect"), H5Sclose);
  const hssize_t size = check(H5Sget_simple_extent_npoints(space), object, name, "inspect");
  require_memory(file_name(object) + ": attribute " + name, "numbers", static_cast<double>(size));
  return size;
}

void require_one(hid_t object, hid_t attribute, const std::string& name, const char* expected) {
  if (attribute_size(object, attribute, name) != 1)
    throw InputError(file_name(object) + ": attribute " + name + " of " + object_name(object) +
                     " is not one " + expected);
}

}  // namespace

std::string read_text_attribute(hid_t object, const std::string& name) {
  const Handle attribute = open(object, name, {H5T_STRING}, "a text");
  require_one(object, attribute, name, "text");
  return read_text(object, attribute, name);
}

double read_real_attribute(hid_t object, const std::string& name) {
  const Handle attribute = open(object, name, {H5T_FLOAT, H5T_INTEGER}, "a number");
  require_one(object, attribute, name, "number");
  double value = 0;
  check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), object, name, "read");
  return value;
}

std::vector<std::int64_t> read_integer_attribute(hid_t object, const std::string& name) {
  const Handle attribute = open(object, name, {H5T_INTEGER}, "a row of integers");
  std::vector<std::int64_t> values(static_cast<std::size_t>(attribute_size(object, attribute, name)));
  if (!values.empty()) check(H5Aread(attribute, H5T_NATIVE_INT64, values.data()), object, name, "read");
  return values;
}

std::int64_t read_one_integer(hid_t object, const std::string& name) {
  const std::vector<std::int64_t> values = read_integer_attribute(object, name);
  if (values.size() == 1) return values.front();
  throw InputError(file_name(object) + ": attribute " + name + " of " + object_name(object) +
                   " is not one number");
}

std::vector<std::pair<std::string, std::string>> text_attributes(hid_t object) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& name : names_of_kind(object, true)) {
    found.emplace_back(name, read_text_attribute(object, name));
  }
  return found;
}

std::vector<std::pair<std::string, double>> real_attributes(hid_t object) {
  std::vector<std::pair<std::string, double>> found;
  for (const std::string& name : names_of_kind(object, false)) {
    found.emplace_back(name, read_real_attribute(object, name));
  }
  return found;
}

}  // namespace saddleflow::archive::hdf5

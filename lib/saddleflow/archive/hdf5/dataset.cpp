#include "saddleflow/archive/hdf5/dataset.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <type_traits>
#include <utility>

#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"

namespace saddleflow::archive::hdf5 {
namespace {

template <class Number>
hid_t memory_type() {
  if constexpr (std::is_same_v<Number, double>) {
    return H5T_NATIVE_DOUBLE;
  } else {
    static_assert(std::is_same_v<Number, std::int64_t>);
    return H5T_NATIVE_INT64;
  }
}

// Of any dataset; products of extents are then numbers of 64 bits. No disk holds as many.
constexpr double kMostNumbers = 1152921504606846976.0;  // 2^60

std::vector<hsize_t> extents(const std::vector<std::int64_t>& sizes) { return {sizes.begin(), sizes.end()}; }

/// The file's and the memory's view of rows [first, first + count).
struct Selection {
  Handle file, memory;
};

Selection select_rows(hid_t dataset, std::int64_t first, std::int64_t count) {
  std::vector<hsize_t> size = extents(shape(dataset));
  std::vector<hsize_t> start(size.size(), 0);
  start.front() = static_cast<hsize_t>(first);
  size.front() = static_cast<hsize_t>(count);
  Selection selection{{H5Dget_space(dataset), H5Sclose},
                      {H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose}};
  check(H5Sselect_hyperslab(selection.file, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
        dataset, "", "select rows");
  return selection;
}

template <class Number>
void append(hid_t dataset, std::int64_t first, const std::vector<Number>& data) {
  const std::int64_t width = row_width(shape(dataset));
  const std::int64_t count = width == 0 ? 0 : static_cast<std::int64_t>(data.size()) / width;
  resize_rows(dataset, first + count);
  if (count == 0) return;
  const Selection rows = select_rows(dataset, first, count);
  check(H5Dwrite(dataset, memory_type<Number>(), rows.memory, rows.file, H5P_DEFAULT, data.data()), dataset,
        "", "write");
}

template <class Number>
void write(hid_t dataset, const std::vector<Number>& data) {
  if (data.empty()) return;
  check(H5Dwrite(dataset, memory_type<Number>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()), dataset, "",
        "write");
  check(H5Dflush(dataset), dataset, "", "write");  // closing would fail in silence
}

/// Strings of `size` characters each, padded with zeros or blanks.
std::vector<std::string> read_fixed_texts(hid_t dataset, hid_t type, std::size_t count) {
  const std::size_t size = H5Tget_size(type);
  std::string all(size * count, '\0');
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), dataset, "", "read");
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < count; ++k) {
    std::string text = all.substr(k * size, size);
    text.resize(std::min(text.find('\0'), size));
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

std::vector<std::int64_t> shape(hid_t dataset) {
  const Handle space(check(H5Dget_space(dataset), dataset, "", "inspect"), H5Sclose);
  std::vector<hsize_t> sizes(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space), dataset, "", "inspect")));
  check(H5Sget_simple_extent_dims(space, sizes.data(), nullptr), dataset, "", "inspect");
  double product = 1;
  for (const hsize_t size : sizes) product *= static_cast<double>(std::max(size, hsize_t{1}));
  if (product > kMostNumbers)
    throw InputError(place_of(dataset) + ": its extents multiply to " + std::to_string(product) +
                     ", expected at most 2^60");
  return {sizes.begin(), sizes.end()};
}

std::string place_of(hid_t dataset) { return file_name(dataset) + ": " + object_name(dataset); }

namespace {

bool has_class(hid_t dataset, std::initializer_list<H5T_class_t> classes) {
  const Handle type(check(H5Dget_type(dataset), dataset, "", "inspect"), H5Tclose);
  return std::find(classes.begin(), classes.end(), H5Tget_class(type)) != classes.end();
}

}  // namespace

bool holds_integers(hid_t dataset) { return has_class(dataset, {H5T_INTEGER}); }
bool holds_floats(hid_t dataset) { return has_class(dataset, {H5T_FLOAT}); }
bool holds_texts(hid_t dataset) { return has_class(dataset, {H5T_STRING}); }

std::int64_t row_width(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return 1;
  return std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
}

void resize_rows(hid_t dataset, std::int64_t rows) {
  std::vector<hsize_t> size = extents(shape(dataset));
  size.front() = static_cast<hsize_t>(rows);
  check(H5Dset_extent(dataset, size.data()), dataset, "", "change the length");
}

void append_rows(hid_t dataset, std::int64_t first, const std::vector<double>& data) {
  append(dataset, first, data);
}
void append_rows(hid_t dataset, std::int64_t first, const std::vector<std::int64_t>& data) {
  append(dataset, first, data);
}

void write_all(hid_t dataset, const std::vector<double>& data) { write(dataset, data); }
void write_all(hid_t dataset, const std::vector<std::int64_t>& data) { write(dataset, data); }

template <class Number>
std::vector<Number> read_rows(hid_t dataset, std::int64_t first, std::int64_t count) {
  const std::vector<std::int64_t> size = shape(dataset);
  if (size.empty() || first < 0 || count < 0 || first + count > size.front())
    throw InputError(place_of(dataset) + ": rows " + std::to_string(first) + " to " +
                     std::to_string(first + count) + " asked for, found " +
                     (size.empty() ? "a single value" : std::to_string(size.front()) + " rows"));
  require_memory(place_of(dataset), "numbers", {count, row_width(size)});
  std::vector<Number> data(static_cast<std::size_t>(count * row_width(size)));
  if (data.empty()) return data;
  const Selection rows = select_rows(dataset, first, count);
  check(H5Dread(dataset, memory_type<Number>(), rows.memory, rows.file, H5P_DEFAULT, data.data()), dataset,
        "", "read");
  return data;
}

template <class Number>
std::vector<Number> read_all(hid_t dataset) {
  const std::vector<std::int64_t> size = shape(dataset);
  if (size.empty())
    throw InputError(place_of(dataset) + ": a single value or empty, expected rows of numbers");
  return read_rows<Number>(dataset, 0, size.front());
}

template std::vector<double> read_rows<double>(hid_t, std::int64_t, std::int64_t);
template std::vector<std::int64_t> read_rows<std::int64_t>(hid_t, std::int64_t, std::int64_t);
template std::vector<double> read_all<double>(hid_t);
template std::vector<std::int64_t> read_all<std::int64_t>(hid_t);

std::vector<std::string> read_texts(hid_t dataset) {
  const std::vector<std::int64_t> size = shape(dataset);
  const auto count = static_cast<std::size_t>(
      std::accumulate(size.begin(), size.end(), std::int64_t{1}, std::multiplies<>()));
  if (count == 0) return {};
  const Handle type(check(H5Dget_type(dataset), dataset, "", "inspect"), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING) throw InputError(place_of(dataset) + ": no texts, expected some");
  require_memory(place_of(dataset), "texts", {static_cast<std::int64_t>(count)});
  if (H5Tis_variable_str(type) <= 0)
    require_memory(place_of(dataset), "characters",
                   static_cast<double>(count) * static_cast<double>(H5Tget_size(type)) / 8);
  if (H5Tis_variable_str(type) <= 0) return read_fixed_texts(dataset, type, count);
  std::vector<char*> read(count, nullptr);
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), dataset, "", "read");
  std::vector<std::string> texts;
  for (char* text : read) {
    texts.emplace_back(text == nullptr ? "" : text);
    H5free_memory(text);
  }
  return texts;
}

void write_text(hid_t parent, const std::string& path, const std::string& text,
                const std::string& long_name) {
  const Handle type = text_type();
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle dataset(
      check(H5Dcreate2(parent, path.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), parent,
            path, "create"),
      H5Dclose);
  const char* start = text.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &start), parent, path, "write");
  write_attribute(dataset, "long_name", long_name);
  write_attribute(dataset, "units", std::string("1"));
}

std::string read_text(hid_t parent, const std::string& path) {
  const Handle dataset = open_dataset(parent, path);
  if (!shape(dataset).empty() || !holds_texts(dataset))
    throw InputError(place_of(dataset) + ": not a single text, expected one");
  const Handle space(check(H5Dget_space(dataset), dataset, "", "inspect"), H5Sclose);
  if (H5Sget_simple_extent_npoints(space) != 1)
    throw InputError(place_of(dataset) + ": empty, expected a text");
  const Handle type = text_type();
  char* text = nullptr;
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text), parent, path, "read");
  std::string copy = text == nullptr ? "" : text;
  H5free_memory(text);
  return copy;
}

}  // namespace saddleflow::archive::hdf5

// Reading and writing of numeric datasets as whole blocks of rows, and of the one kind of text dataset.
// Memory holds doubles or 64-bit integers; HDF5 converts to and from what the file stores. Internal to
// archive/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"

namespace saddleflow::archive::hdf5 {

/// Extents of every axis; empty for a scalar. InputError where their product is beyond 2^60.
std::vector<std::int64_t> shape(hid_t dataset);

/// "FILE: /path", for messages.
std::string place_of(hid_t dataset);

bool holds_integers(hid_t dataset);
bool holds_floats(hid_t dataset);
bool holds_texts(hid_t dataset);

/// Product of all extents but the first: the numbers in one row.
std::int64_t row_width(const std::vector<std::int64_t>& shape);

/// Sets the first extent, keeping the others. Shrinking gives up the rows beyond.
void resize_rows(hid_t dataset, std::int64_t rows);

/// Writes `data` (row-major, whole rows) from row `first` on, lengthening the dataset to end there.
void append_rows(hid_t dataset, std::int64_t first, const std::vector<double>& data);
void append_rows(hid_t dataset, std::int64_t first, const std::vector<std::int64_t>& data);

/// Writes a whole dataset of the present shape.
void write_all(hid_t dataset, const std::vector<double>& data);
void write_all(hid_t dataset, const std::vector<std::int64_t>& data);

/// Rows [first, first + count), row-major. InputError where there are no such rows, or where the memory does
/// not hold them. Only `double` and `std::int64_t` are instantiated.
template <class Number>
std::vector<Number> read_rows(hid_t dataset, std::int64_t first, std::int64_t count);

template <class Number>
std::vector<Number> read_all(hid_t dataset);

/// The entries of a dataset of strings, of variable or of fixed length.
std::vector<std::string> read_texts(hid_t dataset);

/// A scalar UTF-8 string dataset.
void write_text(hid_t parent, const std::string& path, const std::string& text, const std::string& long_name);
std::string read_text(hid_t parent, const std::string& path);

}  // namespace saddleflow::archive::hdf5

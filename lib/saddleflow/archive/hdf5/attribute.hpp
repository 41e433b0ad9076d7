// Attributes: scalar UTF-8 strings, numbers and short rows of integers; nothing else, so that every reader of
// netCDF-4 takes them. Writing replaces. Internal to archive/.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"

namespace saddleflow::archive::hdf5 {

void write_attribute(hid_t object, const std::string& name, const std::string& value);
void write_attribute(hid_t object, const std::string& name, double value);
void write_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values);
void write_attribute(hid_t object, const std::string& name, const std::vector<std::int8_t>& values);
/// A scalar, where the vector above makes a row of one.
void write_scalar_attribute(hid_t object, const std::string& name, std::int64_t value);

/// IoError where the system refuses to read; a damaged list of attributes has none.
bool has_attribute(hid_t object, const std::string& name);

/// InputError naming file, object and attribute if it is missing or of another kind.
std::string read_text_attribute(hid_t object, const std::string& name);
double read_real_attribute(hid_t object, const std::string& name);
std::vector<std::int64_t> read_integer_attribute(hid_t object, const std::string& name);
std::int64_t read_one_integer(hid_t object, const std::string& name);

/// All string attributes, and all scalar numbers, in the order of their names.
std::vector<std::pair<std::string, std::string>> text_attributes(hid_t object);
std::vector<std::pair<std::string, double>> real_attributes(hid_t object);

/// The type of a UTF-8 string of any length.
Handle text_type();

}  // namespace saddleflow::archive::hdf5

// A small file of named axes and arrays, written at once: HDF5 that netCDF-4, xarray and MATLAB open.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

/// A dimension with its coordinate.
struct TableAxis {
  std::string name, long_name;
  std::vector<double> values;
};

using TableAttributes = std::vector<std::pair<std::string, std::string>>;

/// Numbers along axes, the last one fastest. NaN: not known.
struct TableArray {
  std::string name, long_name;
  std::vector<std::string> axes;
  std::vector<double> values;
  TableAttributes attributes = {};  ///< further ones
};

/// Texts along axes.
struct TableTexts {
  std::string name, long_name;
  std::vector<std::string> axes;
  std::vector<std::string> values;
  TableAttributes attributes = {};
};

/// Categories along axes: k stands for meanings[k], a word without blanks.
struct TableFlags {
  std::string name, long_name;
  std::vector<std::string> axes;
  std::vector<std::int8_t> values;
  std::vector<std::string> meanings;
};

using TableColumn = std::variant<TableArray, TableTexts, TableFlags>;

/// Of any column.
inline const std::string& name_of(const TableColumn& column) {
  return std::visit([](const auto& kind) -> const std::string& { return kind.name; }, column);
}

struct TableFile {
  std::string title, command;  ///< of the root: title and a line of history
  std::vector<TableAxis> axes;
  std::vector<TableColumn> columns;  ///< the file keeps their order
  TableAttributes attributes = {};   ///< further texts of the root
};

/// std::logic_error for an array along an axis that the table lacks, or of another size than its axes;
/// InputError if the file exists and is to be kept; IoError if it cannot be written.
void write_table_file(const std::string& path, const TableFile& table, ExistingFile existing);

}  // namespace saddleflow::archive

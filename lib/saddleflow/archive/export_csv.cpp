#include "saddleflow/archive/export_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/archive/schema.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::archive {
namespace {

/// "/events/event" -> "events", "/time" -> "time".
std::string table_name(const std::string& axis) {
  if (axis == "/snapshot_time") return "snapshots";
  const std::size_t slash = axis.rfind('/');
  if (slash == 0) return axis.substr(1);
  const std::string group = axis.substr(1, slash - 1), own = axis.substr(slash + 1);
  // Axes of a table's columns, and several of one group.
  return group == "problem" || own == "eigenvalue" || own == "sample" || own == "output"
             ? fmt::format("{}_{}", group, own)
             : group;
}

/// One dataset, cell by cell.
class CsvColumn {
 public:
  CsvColumn(const RunReader& run, const DatasetSpec& spec) : width_(run.width(spec.path.substr(1))) {
    const std::string name = spec.path.substr(1);
    if (spec.kind == Kind::real)
      reals_ = run.column(name);
    else
      integers_ = run.integer_column(name);
    if (spec.flags != FlagSet::none) meanings_ = flag_meanings(spec.flags, run.description());
    name_ = name.substr(name.rfind('/') + 1);
    matrix_ = spec.axes.size() > 1;
  }

  std::size_t rows() const {
    return width_ == 0 ? 0 : (reals_.size() + integers_.size()) / static_cast<std::size_t>(width_);
  }

  void add_header(std::string& line) const {
    if (!matrix_) line += "," + name_;
    for (std::int64_t k = 0; matrix_ && k < width_; ++k) line += fmt::format(",{}[{}]", name_, k);
  }

  void add_cells(std::size_t row, std::string& line) const {
    for (std::size_t k = 0; k < static_cast<std::size_t>(width_); ++k) {
      const std::size_t at = row * static_cast<std::size_t>(width_) + k;
      line += ",";
      if (integers_.empty())
        line += std::isnan(reals_[at]) ? std::string() : fmt::format("{}", reals_[at]);
      else
        line += word_of(integers_[at]);
    }
  }

 private:
  std::string word_of(std::int64_t value) const {
    for (std::size_t k = 0; k < meanings_.values.size(); ++k)
      if (meanings_.values[k] == value) return meanings_.names[k];
    return std::to_string(value);
  }

  std::int64_t width_;
  std::string name_;
  bool matrix_ = false;
  std::vector<double> reals_;
  std::vector<std::int64_t> integers_;
  FlagMeanings meanings_;
};

/// The datasets along each axis, the axis itself first.
std::map<std::string, std::vector<DatasetSpec>> tables_of(const RunReader& run, WeightColumns weights) {
  std::map<std::string, std::vector<DatasetSpec>> tables;
  std::vector<std::string> seen;
  for (const DatasetSpec& spec : all_specs()) {
    const bool per_weight = spec.axes.size() > 1 && spec.axes.back() == "/parameter";
    if ((per_weight && weights == WeightColumns::leave_out) || !run.has(spec.path.substr(1))) continue;
    if (std::ranges::find(seen, spec.path) != seen.end()) continue;
    seen.push_back(spec.path);
    std::vector<DatasetSpec>& table = tables[spec.axes.front()];
    table.insert(spec.is_scale() ? table.begin() : table.end(), spec);
  }
  return tables;
}

std::string csv_of(const RunReader& run, const std::vector<DatasetSpec>& specs) {
  std::vector<CsvColumn> columns;
  for (const DatasetSpec& spec : specs) columns.emplace_back(run, spec);
  const std::size_t rows = columns.front().rows();
  std::string text, line;
  for (const CsvColumn& column : columns) column.add_header(line);
  text += line.substr(1) + "\n";
  for (std::size_t row = 0; row < rows; ++row) {
    line.clear();
    for (const CsvColumn& column : columns) column.add_cells(row, line);
    text += line.substr(1) + "\n";
  }
  return rows == 0 ? std::string() : text;
}

}  // namespace

std::vector<std::string> export_csv(const RunReader& run, const std::string& folder, WeightColumns weights,
                                    ExistingFile existing) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [axis, specs] : tables_of(run, weights)) {
    std::string text = csv_of(run, specs);
    const std::string path = (std::filesystem::path(folder) / (table_name(axis) + ".csv")).string();
    if (text.empty()) continue;
    if (existing == ExistingFile::keep && std::filesystem::exists(path))
      throw InputError(path + ": the file exists; --force overwrites it");
    files.emplace_back(path, std::move(text));
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw IoError(folder + ": cannot be made: " + error.message());
  std::vector<std::string> paths;
  for (const auto& [path, text] : files) {
    const OutputLock mine(path);
    write_output(path, text, existing);
    paths.push_back(path);
  }
  return paths;
}

}  // namespace saddleflow::archive

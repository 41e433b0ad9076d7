// What flow-benchmark prints and writes.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "benchmark/curves.hpp"
#include "benchmark/unit_costs.hpp"

namespace saddleflow::benchmark {

void print_head();
/// `floor`: errors below it are not known.
void print_line(const Line& line, Real floor);
/// Best peer over library at errors 1e-2 ... 1e-10, as far as the references tell.
void print_ratios(const std::vector<Line>& lines, Real floor);

/// PREFIX.csv, a line a run, and PREFIX-ratios.csv; both grow case by case.
class CsvFiles {
 public:
  /// IoError where they cannot be written. An empty prefix: no files.
  explicit CsvFiles(const std::string& prefix);
  void add(const std::string& name, const std::vector<Line>& lines, Real floor);

 private:
  std::string prefix_;
  std::ofstream runs_, ratios_;
};

}  // namespace saddleflow::benchmark

// One case of flow-benchmark: references, runs of the library, runs of all peers.
#pragma once

#include <string>
#include <vector>

#include "benchmark/cases.hpp"
#include "benchmark/curves.hpp"

namespace saddleflow::benchmark {

struct ComparisonOptions {
  std::string root = ".";
  int repeat = 1;      ///< timings of every run, of which the least counts
  double budget = 10;  ///< a peer stops after so many times the library's time at the same rtol
};

struct Comparison {
  std::vector<Line> lines;
  Real floor = 0;  ///< largest relative difference of the references: smaller errors are not compared
};

/// Prints as it goes. NumericalError where a reference does not reach the end.
Comparison compare(const Case& c, const ComparisonOptions& options);

}  // namespace saddleflow::benchmark

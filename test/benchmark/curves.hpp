// Work-precision curves, and how much a peer's lies above the library's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow::benchmark {

/// One run as the tables show it.
struct Line {
  std::string method;
  Real scale = 0;  ///< of the absolute tolerance, see Case::scales; 0: the library
  Real rtol = 0, error = 0;
  bool finished = false;
  std::string remark;
  std::int64_t steps = 0, gradients = 0, values = 0, hessian_vectors = 0, hessians = 0, factorisations = 0;
  double equivalents = 0, seconds = 0;
  bool own() const { return scale == 0; }
};

enum class Cost { seconds, equivalents };
double cost_of(const Line& line, Cost cost);

/// What it takes `curve`, the finished runs of one method, to reach `error`: between two runs interpolated in
/// the logarithms of error and cost. The cheapest run where all are more exact; nothing where none is exact
/// enough.
std::optional<double> cost_at(const std::vector<Line>& curve, Real error, Cost cost);

struct Ratio {
  Real error = 0;
  std::optional<double> own, peer;  ///< costs
  std::string best;                 ///< the peer
  /// Where no peer reaches the error: all of them had spent at least this much, and were not there.
  double spent = 0;
};

/// The cheapest peer of all methods and absolute tolerances at this error.
Ratio ratio_at(const std::vector<Line>& lines, Real error, Cost cost);

}  // namespace saddleflow::benchmark

// What a stepper has done.
#pragma once

#include <cstdint>

namespace saddleflow {

class MemoryReader;
class MemoryWriter;

/// Steps by outcome and linear algebra; right-hand sides and products are counted by the system.
struct StepCounters {
  std::int64_t accepted = 0;
  std::int64_t rejected_error = 0;       ///< local error too large
  std::int64_t rejected_nonfinite = 0;   ///< a stage or the result was not finite
  std::int64_t rejected_indefinite = 0;  ///< Cholesky failed: step too long for the negative curvature
  std::int64_t factorizations = 0;
  std::int64_t jacobians = 0;  ///< Hessians or Jacobians asked for
  std::int64_t spectral_estimates = 0;
  std::int64_t switches = 0;  ///< between explicit and stiff
};

StepCounters operator+(StepCounters a, const StepCounters& b);

void save(MemoryWriter& memory, const StepCounters& counters);
StepCounters load_counters(MemoryReader& memory);

}  // namespace saddleflow

// The error of an integrated path against a closed form: one line of the accuracy table.
#pragma once

#include <string>

#include "reference/reference_cases.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

struct PathError {
  Real error = 0;  ///< largest relative error at accepted steps and in the middle of each (dense output)
  Real time = 0;   ///< where
  std::int64_t steps = 0, polar_steps = 0;
  Real end_error = 0;  ///< |time of the last step - t_end|
  WorkCounters work;
  std::string stop_reason;
};

/// Integrates `reference` with `stepper` ("auto", ...) at `rtol` as a study would, in a chart ("cartesian",
/// "auto", "polar").
PathError path_error(const reference::ReferenceCase& reference, const std::string& stepper, Real rtol,
                     const std::string& chart = "cartesian");

}  // namespace saddleflow::test

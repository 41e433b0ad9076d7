#include <algorithm>
#include <cmath>
#include <limits>

#include "validation/escape_angle.hpp"
#include "validation/ray_rate.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// Tolerances by which the time of a path is off, and how far below an error that must be for the error to be
// seen.
constexpr Real kErrorsOfTime = 10, kClearlyLess = 10;

/// The time at which the flow is where the limit path is at t = 0.
Real shifted_escape_time(const Problem& problem, const LimitDirection& limit, Real log_delta) {
  const Real value = limit.kkt.point.value;
  if (problem.degree() == 2) {
    const Real log_c0 = limit.flow.log_norm - 2 * value * limit.flow.time;
    return (-log_delta - log_c0) / (2 * value);
  }
  return std::exp(limit.flow.log_time + static_cast<Real>(2 - problem.degree()) * log_delta);
}

}  // namespace

std::vector<Real> generic_path_errors(Problem& problem, const Vector& u0, const LimitDirection& limit) {
  const EscapeOfPath escape = escape_of_path(problem, limit.kkt.point);
  std::vector<Real> errors;
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const Real log_delta = std::log(delta), shift = shifted_escape_time(problem, limit, log_delta);
    std::vector<Real> times;
    for (const LimitPathPoint& p : escape.path.samples) times.push_back(p.time + shift);
    const SmallRun run = follow_flow(problem, u0, log_delta, times);
    Real error = run.samples.size() == times.size() ? Real(0) : std::numeric_limits<Real>::quiet_NaN();
    for (std::size_t k = 0; k < run.samples.size(); ++k)
      error = std::max(error, (run.samples[k].weights() - escape.path.samples[k].weights).norm());
    // An error of rtol of the time, or of the NCF flow's tolerance, moves the point by so much of its own
    // way.
    const Real blurred = kErrorsOfTime * std::max(problem.rtol, kKktTolerance) * shift *
                         static_cast<Real>(problem.degree()) * limit.kkt.point.value;
    errors.push_back(blurred < error / kClearlyLess ? error : std::numeric_limits<Real>::quiet_NaN());
  }
  return errors;
}

}  // namespace saddleflow::claims

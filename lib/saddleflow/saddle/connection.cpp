#include "saddleflow/saddle/connection.hpp"

#include <string>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/approach.hpp"

namespace saddleflow {

namespace {

ApproachOptions approach_of(const ConnectionOptions& options) {
  ApproachOptions approach;
  approach.rtol = options.rtol;
  approach.enter = options.enter;
  approach.leave = options.leave;
  approach.steady = options.steady;
  approach.t_end = options.t_end;
  approach.max_steps = options.max_steps;
  approach.interrupt = options.interrupt;
  return approach;
}

}  // namespace

Connection follow_escape(Objective& objective, const CriticalPoint& from, const EscapeDirection& way,
                         int sign, const ConnectionOptions& options) {
  const Real unit = from.point().isZero(0) ? Real(1) : from.point().norm();
  const Vector start = from.point() + (sign * options.displacement * unit) * way.direction;
  const Approach approach = follow_to_critical_point(objective, start, approach_of(options));
  const bool not_certain = approach.sampled_decisions > 0;
  if (approach.outcome.failed() && !not_certain)
    throw NumericalError("unstable manifold: " + approach.outcome.message);
  Connection result;
  result.stop_reason = approach.outcome.stop_reason;
  result.work = approach.work;
  if (!approach.has_visit() || not_certain) return result;
  result.time = approach.time;
  result.closest = approach.proximity;
  result.end = analyse_critical_point(objective, approach.closest, options.analysis);
  result.work = result.work + result.end.work;
  result.arrived = result.end.is_critical();
  return result;
}

}  // namespace saddleflow

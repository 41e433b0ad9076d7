// The training flow from delta u0, in polar coordinates while it is small.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/stop_reason.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

/// A point of a trajectory, free of underflow.
struct FlowPoint {
  Real time = 0;
  Real log_norm = 0;
  Vector direction;           ///< w / ||w||
  Real largest_log_norm = 0;  ///< of all accepted steps and samples until then

  Vector weights() const;
};

struct SmallRun {
  std::vector<FlowPoint> samples;  ///< at the times asked for
  StopReason stop_reason;
};

/// psi(t, e^{log_delta} u0) at `times` (ascending, > 0), which ends at the last one. The step limit is the
/// study's; fewer samples than times then. Throws Interrupted; NumericalError when the integration fails.
SmallRun follow_flow(Problem& problem, const Vector& u0, Real log_delta, const std::vector<Real>& times);

/// Where the norm first reaches `norm`; none when it does not (collapse, step limit).
std::optional<FlowPoint> flow_at_norm(Problem& problem, const Vector& u0, Real log_delta, Real norm);
/// Where the loss first falls to `loss`.
std::optional<FlowPoint> flow_at_loss(Problem& problem, const Vector& u0, Real log_delta, Real loss);

}  // namespace saddleflow::claims

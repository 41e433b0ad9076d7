// How fast the flow from a small start on the ray of a KKT point tends to the limit path (P3).
#pragma once

#include <vector>

#include "saddleflow/saddle/limit_path.hpp"
#include "validation/limit_direction.hpp"
#include "validation/power_law.hpp"

namespace saddleflow::claims {

/// The limit path at a few times around its escape, t_half + (-2, -1, 0, 1, 2)/(D N*), t_half where its norm
/// is half of that of its first critical point.
struct EscapeOfPath {
  LimitPath path;
  Real half_norm = 0;  ///< the norm at the step nearest to t_half
  Vector half;         ///< the path there
  /// The path comes to no critical point, as that of data that are learnt for ever: it has no half-way then,
  /// and nothing else is filled in but the path.
  std::string problem;
};
EscapeOfPath escape_of_path(Problem& problem, const KktPoint& point);

struct RayRate {
  LimitDirection limit;
  std::string arrival;       ///< of the limit path: how it ended
  std::vector<Real> errors;  ///< per delta: max over the times of ||psi(t + T_delta, delta w*) - p(t)||
  PowerLaw law;
  std::string problem;
};
RayRate measure_ray(Problem& problem, const Vector& u0);

}  // namespace saddleflow::claims

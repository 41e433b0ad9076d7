// How near to the limit path a generic small start leaves the origin (P3).
#pragma once

#include <vector>

#include "validation/limit_direction.hpp"
#include "validation/power_law.hpp"

namespace saddleflow::claims {

struct EscapeAngle {
  LimitDirection limit;
  Real predicted = 0;  ///< Delta / (D N*)
  std::vector<Real>
      angles;  ///< per delta: between w and p where both have half the norm of the first critical point
  PowerLaw law;
  std::string problem;
};
EscapeAngle measure_angle(Problem& problem, const Vector& u0);

/// The whole path from the same start: max over a few times of ||psi(t + T, delta u0) - p(t)|| with
///   T = (ln(1/delta) - ln c_0) / (2 N*), c_0 = lim e^{-2 N* t} ||u(t)||, for D = 2,  t_blowup/delta^{D-2}
///   else.
/// NaN where T is not known to the accuracy needed.
std::vector<Real> generic_path_errors(Problem& problem, const Vector& u0, const LimitDirection& limit);

}  // namespace saddleflow::claims

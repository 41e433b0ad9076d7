// How near to the limit path a generic small start leaves the origin (P3).
#pragma once

#include <vector>

#include "saddleflow/claims/limit_direction.hpp"
#include "saddleflow/claims/power_law.hpp"

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

}  // namespace saddleflow::claims

// The trajectories of all deltas on one curve (P2).
#pragma once

#include <vector>

#include "validation/limit_direction.hpp"
#include "validation/power_law.hpp"

namespace saddleflow::claims {

struct RescaledCurve {
  LimitDirection limit;
  Real end = 0;  ///< of tau: the fraction asked for of the blow-up time, or of the collapse to a tenth
  std::vector<Real> distances;  ///< per delta: max over tau of ||s_delta(tau) - s(tau)|| / ||s(tau)||
  Real against_ncf = 0;         ///< the same of the reference s and the NCF flow's own integrator, at the end
  PowerLaw law;                 ///< of the distances
  std::string problem;          ///< why there is no more; empty when there is
};

/// s(tau) = w(tau/delta^{D-2})/delta at 40 times in (0, end]; the reference s has delta^D = 1e-40.
RescaledCurve compare_rescaled(Problem& problem, const Vector& u0, Real fraction);

}  // namespace saddleflow::claims

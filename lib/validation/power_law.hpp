// Exponents from measurements.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow::claims {

/// A law has two unknowns: what a fit through fewer points is worth cannot be seen.
inline constexpr Index kFewestPoints = 3;

/// error ~ factor * size^exponent by least squares of the logarithms.
struct PowerLaw {
  Real exponent = 0;
  Real log_factor = 0;
  Real scatter = 0;  ///< largest | ln(error) - ln(fit) |
  Index points = 0;  ///< that were used; fewer than two: no fit
  Real decades = 0;  ///< of size, that they span
};

/// Leaves out errors that are not above `floor` (those of the integration) or not finite.
PowerLaw fit_power_law(const std::vector<Real>& sizes, const std::vector<Real>& errors, Real floor);

}  // namespace saddleflow::claims

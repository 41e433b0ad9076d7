// Functions that seven looks along a step do not resolve: ripples of an explicit method on its stability
// limit, kinks.
#pragma once

#include <array>
#include <span>

#include "saddleflow/ode/event/looks.hpp"

namespace saddleflow {

/// The parts of a step that make the seven Chebyshev points thirteen.
inline constexpr std::array<Real, 6> kClosestLooks{Real(0.0170370868554659), Real(0.146446609406726),
                                                   Real(0.370590477448740),  Real(0.629409522551260),
                                                   Real(0.853553390593274),  Real(0.982962913144534)};

/// How far the polynomial through every second look is from those between: more than the error of that
/// through all.
Real interpolation_error(std::span<const Look> looks);

/// Whether that is a good part of all that the function varies by.
bool is_rough(std::span<const Look> looks);

}  // namespace saddleflow

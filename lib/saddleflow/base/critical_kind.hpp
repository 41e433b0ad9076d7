// What a critical point is, and how it is left.
#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

enum class CriticalKind {
  origin,      ///< w = 0
  saddle,      ///< there is a way down: a negative eigenvalue, a side of a kink to which the loss falls, or
               ///< a positive KKT point of its NCF
  minimum,     ///< none was found: a local minimum as far as second order and single neurons tell (whose
               ///< functions a network of one's own may not tell: CriticalPoint::unknown_ncfs)
  unresolved,  ///< no critical point within reach
  gradient_flat,  ///< ||grad L|| is stationary but not zero: no critical point
};

template <>
inline constexpr auto enum_table<CriticalKind> =
    named_enum<CriticalKind>("kind of critical point", {{CriticalKind::origin, "origin"},
                                                        {CriticalKind::saddle, "saddle"},
                                                        {CriticalKind::minimum, "minimum"},
                                                        {CriticalKind::unresolved, "unresolved"},
                                                        {CriticalKind::gradient_flat, "gradient_flat"}});

/// The others say that no critical point was found.
constexpr bool is_critical(CriticalKind kind) {
  return kind == CriticalKind::origin || kind == CriticalKind::saddle || kind == CriticalKind::minimum;
}

/// A way down from a critical point.
enum class EscapeKind {
  eigenvector,  ///< of a negative eigenvalue: both signs, growth e^{value t}
  correlation,  ///< positive KKT point of the NCF of a zero neuron, of a path of them through all layers,
                ///< or (at the origin) of the whole network
  descent,      ///< off a kink on which the point lies: first order, left at once
};

template <>
inline constexpr auto enum_table<EscapeKind> =
    named_enum<EscapeKind>("kind of escape direction", {{EscapeKind::eigenvector, "eigenvector"},
                                                        {EscapeKind::correlation, "correlation"},
                                                        {EscapeKind::descent, "descent"}});

}  // namespace saddleflow

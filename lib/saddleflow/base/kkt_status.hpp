// What an analysis of a KKT point answers.
#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// Of a KKT point of the NCF: signs of the eigenvalues of M = D N I - Hess N(u) on the tangent space.
enum class SecondOrderStatus {
  maximum,     ///< M > 0 apart from zero modes that symmetry forces
  degenerate,  ///< M >= 0, with zero modes beyond those: a family of KKT points
  saddle,      ///< M has a negative eigenvalue: the NCF flow leaves it along that direction
  unknown,     ///< at a kink of N's curvature, or the gradient vanishes: M says nothing
};

template <>
inline constexpr auto enum_table<SecondOrderStatus> =
    named_enum<SecondOrderStatus>("second-order status", {{SecondOrderStatus::maximum, "maximum"},
                                                          {SecondOrderStatus::degenerate, "degenerate"},
                                                          {SecondOrderStatus::saddle, "saddle"},
                                                          {SecondOrderStatus::unknown, "unknown"}});

/// One answer of an analysis: it holds, it does not, or the question does not arise.
enum class Verdict { no = 0, yes = 1, not_applicable = -1 };

template <>
inline constexpr auto enum_table<Verdict> = named_enum<Verdict>(
    "verdict", {{Verdict::not_applicable, "not_applicable"}, {Verdict::no, "no"}, {Verdict::yes, "yes"}});

}  // namespace saddleflow

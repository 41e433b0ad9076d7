// Piecewise linear functions made of one (leaky) ReLU a kink.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// The sides of the kinks of a PiecewiseLinear: y_k below zero, held at zero, or above.
using KinkSides = std::vector<std::int8_t>;

/// What PiecewiseLinear::units() are those of.
enum class UnitsOf { point, direction };

/// f(c) = g . c + sum_k b_k sigma(y_k),   y_k = a_k . c + h_k + sum_{j<k} C_kj sigma(y_j),   sigma(s) =
/// max(s, low s), the abs-normal form of A. Griewank (On stable piecewise linearization and generalized
/// algorithmic differentiation, 2013). The loss of a network with p = 1 has this form to first order at any
/// weights, one kink for each neuron and sample whose pre-activation is zero: g is the gradient with these
/// units cut off, a_k the gradient of z_k with the others cut off, b_k = dL/da_k and C_kj = dz_k/da_j past
/// the other kinks. The kinks come in the order of their layers.
struct PiecewiseLinear {
  Vector gradient;    ///< g, of the dimension m
  Matrix rows;        ///< a_k, kinks x m
  Vector shift;       ///< h, one a kink
  Matrix feed;        ///< C, kinks x kinks, strictly lower triangular
  Vector back;        ///< b, one a kink
  Vector back_noise;  ///< what rounding may have made of each b
  Real low = 0;       ///< slope of sigma below zero, < 1

  Index dimension() const { return rows.cols(); }
  Index count() const { return rows.rows(); }
  Real branch(Real s) const { return s > 0 ? s : low * s; }
  /// sigma' on a side; 0 for a kink that is held.
  Real slope(int side) const { return side > 0 ? Real(1) : side < 0 ? low : Real(0); }

  /// y at c.
  Vector signals(const Vector& c) const;
  /// y when the kinks keep these sides, whatever their signs; held ones pass nothing on.
  Vector signals(const Vector& c, const KinkSides& sides) const;
  /// Per kink, what y is a sum of at a point (or a direction, without the shift) of this length: rounding of
  /// y_k is a part of it.
  Vector units(Real length, UnitsOf of = UnitsOf::point) const;
  /// The derivative of y along u where the kinks are on these sides; held ones go with the sign of their own
  /// rate.
  Vector rates(const Vector& u, const KinkSides& sides) const;
};

/// f where the kinks stay on their sides, held ones cut off: y = rows c + shift, f = gradient . c + constant.
/// Rows that cancel to normal_tolerance() of their terms are zero, and their shifts.
struct LinearBranch {
  Vector gradient;
  Matrix rows;
  Vector shift;
};
LinearBranch branch_of(const PiecewiseLinear& f, const KinkSides& sides);

/// The one-sided derivative of f, as a function of the direction, at a point where y_k = 0 for the held kinks
/// and the others keep their sides. Its kinks are the held ones, in their order, its shift is zero.
PiecewiseLinear derivative_at(const PiecewiseLinear& f, const KinkSides& sides);
/// The held kinks, ascending.
std::vector<Index> held(const KinkSides& sides);

}  // namespace saddleflow

// The polynomial Leaky ReLU  sigma(s) = max(s, alpha s)^p  (THEORY.md, section 1) and its two derivatives.
#pragma once

#include <string>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/traits.hpp"

namespace saddleflow {

/// sigma(s) = max(s, slope*s)^power, slope <= 1, power >= 1 (an integer, at most 16).
/// power 1: ReLU (slope 0), Leaky ReLU, linear (slope 1), |s| (slope -1); power 2: squared ReLU (slope 0),
/// square (slope -1). sigma is p-homogeneous. On a kink (s = 0) the derivatives are those of the side s < 0,
/// for slope 0 hence 0, so that an exactly dead neuron stays dead.
class Activation {
 public:
  /// Throws InputError for a slope outside [-1, 1] or a power outside 1..16.
  Activation(Real slope, int power);
  Activation() : Activation(Real(1), 1) {}

  Real slope() const { return slope_; }
  int power() const { return power_; }
  bool is_linear() const { return power_ == 1 && slope_ == Real(1); }
  /// s^p: no kinks in any derivative.
  bool is_polynomial() const { return slope_ == Real(1) || (slope_ == Real(-1) && power_ % 2 == 0); }
  /// The gradient is locally Lipschitz iff p >= 2 or alpha = 1 (THEORY.md, section 1).
  bool is_smooth() const { return power_ >= 2 || slope_ == Real(1); }

  Real value(Real s) const;
  Real derivative(Real s) const;
  Real second_derivative(Real s) const;
  /// Of `count` pre-activations on end.
  void value(const Real* s, Index count, Real* out) const;
  void derivative(const Real* s, Index count, Real* out) const;
  void second_derivative(const Real* s, Index count, Real* out) const;
  /// Element-wise on a block of pre-activations; `out` is resized only when its shape differs.
  void value(const Matrix& s, Matrix& out) const;
  void derivative(const Matrix& s, Matrix& out) const;
  void second_derivative(const Matrix& s, Matrix& out) const;

  /// "squared ReLU", "leaky ReLU (slope 0.1)", ... for tables and reports.
  std::string description() const;

 private:
  Real slope_;
  int power_;
};

/// Of a network with this activation.
Smoothness smoothness_of(const Activation& activation);
/// Of its neurons, with outgoing weights.
SignSymmetry sign_symmetry_of(const Activation& activation);

}  // namespace saddleflow

// The gradient of the NCF as a function of the slopes that the activation is given at its kinks (p = 1).
#pragma once

#include <vector>

#include "saddleflow/network/kink.hpp"
#include "saddleflow/piecewise/piecewise_linear.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// g(s), s one slope a kink: the backward pass of N at u with s in place of sigma' at the kinks. With every
/// slope on its own in [alpha, 1] these are elements of the chain rule's outer set; the Clarke
/// subdifferential is the convex hull of those whose slopes are the sides that a direction from u gives them
/// (see model() and cells()). Both are one where the kinks are in one layer and their normals independent. g
/// is affine in the slopes of one layer and multi-affine in those of several.
///
/// For networks with the trait pre_activations and p = 1.
class SlopedGradient {
 public:
  /// On the kink: |w_k . a| <= kink_tolerance ||w_k|| ||a||, or below its rounding error. Kinks whose slope
  /// has no influence (no outgoing weights, no activation below) are left out. u has correlation.size()
  /// entries. The correlation must outlive this.
  SlopedGradient(const Correlation& correlation, const Vector& u, Real kink_tolerance);

  /// In the order layer, sample, neuron.
  const std::vector<Kink>& kinks() const { return kinks_; }
  bool has_kinks_in_several_layers() const {
    return !kinks_.empty() && kinks_.front().layer != kinks_.back().layer;
  }

  /// N(u).
  Real value() const;
  /// g(s), of the size of u.
  Vector gradient(const Vector& slopes) const;
  /// N to first order at u, less its gradient: the kinks with their normals, what they hear of one another,
  /// and what comes back to them, in the space of the parameters.
  PiecewiseLinear model() const;
  /// dg/ds, parameters x kinks.
  Matrix jacobian(const Vector& slopes) const;

 private:
  struct Hidden {
    Matrix z, a, slope;  // width x columns
  };

  void run_forward(Activation activation, Real kink_tolerance);
  void keep_kinks_that_matter(Real kink_tolerance);
  void add_normal(Index k, const std::vector<Matrix>& slopes, PiecewiseLinear& f) const;
  std::vector<Matrix> slopes_with(const Vector& slopes) const;
  /// What comes back to each hidden layer, W_{l+1}^T delta_{l+1}.
  std::vector<Matrix> backward(const std::vector<Matrix>& slopes) const;
  const Matrix& input_of(std::size_t l) const { return l == 0 ? inputs_ : hidden_[l - 1].a; }

  Layout layout_;  // of the parameters
  Vector u_;
  std::vector<Matrix> weights_;  // of the hidden layers
  Matrix inputs_, residual_;     // columns; z = -l'(0, Y), a column a sample
  const OuterLayer* outer_;
  std::vector<Hidden> hidden_;
  Real low_ = 0;
  std::vector<Kink> kinks_;
};

}  // namespace saddleflow

// Weight decay: the penalty (1/2) sum_l lambda_l ||W_l||^2 that is added to the loss.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

/// Its gradient is lambda_l W_l, its Hessian diagonal. With a positive lambda in every layer the origin is a
/// strict minimum of networks of degree above two, and so is, in the weights of a zero neuron, every critical
/// point that has one (THEORY.md, section 1).
class WeightDecay {
 public:
  /// None.
  WeightDecay() = default;
  /// One number for all layers, or one for each layer. InputError unless they are finite, none is negative
  /// and their number is right. Zeros alone are no decay.
  WeightDecay(const Layout& layout, const std::vector<Real>& by_layer);

  /// lambda of each weight times its factor, none of which is negative.
  WeightDecay scaled(const Vector& factors) const;

  bool empty() const { return coefficients_.size() == 0; }
  /// lambda of each weight; without decay no numbers.
  const Vector& coefficients() const { return coefficients_; }
  /// (1/2) sum_i lambda_i w_i^2.
  Real value(const Vector& w) const;
  /// g += lambda w. Without decay nothing.
  void add_product(const Vector& w, Vector& g) const;
  /// The lambda that all these weights share, 0 without decay; nothing where they differ.
  std::optional<Real> common(const std::vector<Index>& weights) const;
  /// The least lambda of a weight.
  Real least() const { return empty() ? Real(0) : coefficients_.minCoeff(); }

 private:
  Vector coefficients_;
};

}  // namespace saddleflow

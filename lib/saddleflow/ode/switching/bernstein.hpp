// Polynomials on [0, 1] in the Bernstein basis, where the signs of the coefficients bound the roots.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// sum_i c_i binom(n, i) x^i (1 - x)^{n - i}: inside the hull of its coefficients, and with at most as many
/// roots in (0, 1) as they have changes of sign (G. Farin, Curves and surfaces for CAGD, chapters 4 and 5).
class Bernstein {
 public:
  explicit Bernstein(std::vector<Real> coefficients) : c_(std::move(coefficients)) {}

  int degree() const { return static_cast<int>(c_.size()) - 1; }
  const std::vector<Real>& coefficients() const { return c_; }
  /// By de Casteljau's algorithm.
  Real operator()(Real x) const;
  /// (p(x) - p(0)) / x. Degree at least 1.
  Bernstein divided_by_x() const;
  /// The smallest x in (0, 1] at which the sign changes from that of the first coefficient, which is not
  /// zero; none where it does not. A root of even order is none. Found by subdivision, then to rounding by
  /// TOMS 748.
  std::optional<Real> first_crossing() const;

 private:
  std::vector<Real> c_;
};

/// The change from values at Chebyshev's extrema on [0, 1], ascending from 0 to 1, to coefficients.
class BernsteinFit {
 public:
  /// degree >= 1.
  explicit BernsteinFit(int degree);
  /// degree + 1 of them.
  const std::vector<Real>& nodes() const { return nodes_; }
  /// The polynomial with these values at the nodes.
  Bernstein operator()(const std::vector<Real>& values) const;
  /// Largest factor by which errors of the values grow into those of the coefficients: about 2^degree.
  Real amplification() const { return inverse_.cwiseAbs().rowwise().sum().maxCoeff(); }

 private:
  std::vector<Real> nodes_;
  Matrix inverse_;
};

}  // namespace saddleflow

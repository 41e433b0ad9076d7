// Polynomials of any degree as polynomials of a low one on parts of [0, 1].
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/switching/bernstein.hpp"

namespace saddleflow {

/// From values at Chebyshev's extrema on [0, 1] to Bernstein coefficients. These are 2^degree times as
/// sensitive as the values: 1e-12 of the largest at degree 12, 1e-7 at 30. So a polynomial of a high degree
/// is cut in halves until each part is one of a low degree to rounding, as its Chebyshev coefficients (which
/// are as well known as the values) tell; on a half they fall about twice as fast.
class PiecewiseFit {
 public:
  struct Piece {
    Real start = 0, length = 1;  ///< of its part of [0, 1]
    Bernstein polynomial;        ///< of (x - start) / length
  };

  /// degree >= 1.
  explicit PiecewiseFit(int degree);
  /// degree + 1 of them.
  const std::vector<Real>& nodes() const { return nodes_; }
  /// The pieces, ascending, of the polynomial with these values at the nodes.
  std::vector<Piece> operator()(const std::vector<Real>& values) const;
  /// What the values lose on their way to coefficients at this degree: the norm of the map.
  static Real amplification(int degree);

 private:
  void cut(const Vector& values, Real largest, Real start, Real length, std::vector<Piece>& pieces) const;

  std::vector<Real> nodes_;
  BernsteinFit low_;
  // Where the degree is high: from values to Chebyshev coefficients, and to values on the halves and at the
  // nodes of the low degree.
  Matrix coefficients_, left_, right_, to_low_;
};

}  // namespace saddleflow

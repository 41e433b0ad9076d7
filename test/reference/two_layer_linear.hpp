// V3: the matrix Riccati solution of a balanced two-layer linear network on whitened inputs (THEORY.md,
// section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// Gradient flow of (1/2)|W2 W1 - Sigma|^2 from W2^T W2 = W1 W1^T. With Q = [W1^T; W2] and F = [[0, Sigma^T],
/// [Sigma, 0]] the flow is Q' = FQ - (1/2) Q Q^T Q, and
///   QQ^T(t) = e^{Ft} Q0 [I + Q0^T (int_0^t e^{2Fs} ds) Q0]^{-1} Q0^T e^{Ft},
/// exact through every saddle. Evaluated in the eigenbasis F = V diag(lambda) V^T with Z = V^T Q0,
/// g = (e^{2 lambda t} - 1)/(2 lambda) and Y = diag(g)^{1/2} Z: the large factors cancel in
///   QQ^T = V diag(e^{lambda t}/sqrt g) [Y (I + Y^T Y)^{-1} Y^T] diag(e^{lambda t}/sqrt g) V^T,
/// and the bracket is the leading block of the projector on the columns of [Y; I], from a QR factorisation
/// with sorted rows and pivoted columns, which keeps the small rows accurate (Cox and Higham, BIT 38, 1998).
/// Valid up to |lambda| t of about 300.
class TwoLayerLinear {
 public:
  /// sigma k x d, w1 h x d, w2 k x h.
  TwoLayerLinear(const Matrix& sigma, const Matrix& w1, const Matrix& w2);
  /// QQ^T = [[W1^T W1, (W2 W1)^T], [W2 W1, W2 W2^T]], (d+k) x (d+k).
  Matrix gram(Real t) const;

 private:
  Vector eigenvalues_;
  Matrix eigenvectors_;
  Matrix start_;        // Q0
  Matrix coordinates_;  // Z
};

/// [W1^T; W2] [W1^T; W2]^T, what gram() gives at all times.
Matrix gram_of(const Matrix& w1, const Matrix& w2);

}  // namespace saddleflow::reference

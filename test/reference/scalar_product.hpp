// V1: gradient flow of (1/2)(ab - s)^2, the smallest network that leaves the origin (THEORY.md, section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

struct Pair {
  Real a = 0;
  Real b = 0;
};

/// The full solution for s > 0 and a0 + b0 > 0, balanced or not. c = a^2 - b^2 = (a+b)(a-b) is conserved,
/// hence P = (a+b)^2 obeys the Riccati equation P' = c^2/2 + 2sP - P^2/2; with K = sqrt(c^2 + 4s^2) and e =
/// e^{-Kt}
///   P(t) = [P0 (K+2s) + c^2 + e (K-2s)(P0 - K - 2s)] / [P0 + (K-2s) + e (K + 2s - P0)],
/// the formula of THEORY.md, V1, in a form without cancellation from balanced to arbitrarily unbalanced
/// starts.
class ScalarProduct {
 public:
  ScalarProduct(Real s, Real a0, Real b0);
  Pair state(Real t) const;

 private:
  Real s_, c_, start_;
};

/// q = ab of the balanced flow from q0 > 0: s/(1 + (s/q0 - 1) e^{-2st}).
Real balanced_product(Real s, Real q0, Real t);
/// ab on the limit path, which leaves the origin along (1,1)/sqrt 2 with e^{-st} |p| -> 1: s/(1 + 2s
/// e^{-2st}).
Real limit_path_product(Real s, Real t);
/// Time from h0 to h1 of the unbalanced flow, c > 0, where ab = (c/2) sinh(theta) and h = tanh(theta/2).
Real unbalanced_time(Real s, Real c, Real h0, Real h1);

}  // namespace saddleflow::reference

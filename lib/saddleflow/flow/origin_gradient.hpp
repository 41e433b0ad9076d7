// How far a flow is from that of the correlation function, which it follows near the origin.
#pragma once

#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

class OriginGradient {
 public:
  explicit OriginGradient(const Objective& objective) : correlation_(objective) {}

  /// |grad Phi_c(u) - grad N(u)| / |grad N(u)| with w = rho u, c = rho^D: the part of the gradient that the
  /// correlation function does not explain. It goes to 0 with rho whatever the problem, and is 1 at every
  /// critical point of the loss where grad N is not zero, however little the loss has fallen there.
  Real departure(const Vector& w);

 private:
  Correlation correlation_;
  Vector here_, at_origin_;
};

}  // namespace saddleflow

// V4: one neuron H = (w.x)^2 on equispaced points of the unit circle (THEORY.md, section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// Targets (w*.x)^2 with w* = (1, 0), n >= 5 samples, square loss (sum); theta = angle(w, w*), t' = nt/8,
/// k = tan^2 theta0:
///   tan theta = tan theta0 e^{-4t'},
///   |w|^2 = (e^{12t'} + k e^{4t'}) / ((1+k)/|w0|^2 + e^{12t'} - 1 + 3k (e^{4t'} - 1)).
/// Evaluated with decaying exponentials only. A start almost orthogonal to w* passes the saddle |w|^2 = 1/3.
class SquareNeuron {
 public:
  /// w0 = (along, across) with along > 0. Throws std::invalid_argument for fewer than 5 samples.
  SquareNeuron(Index samples, Real along, Real across);
  /// w(t), 2 numbers.
  Vector weights(Real t) const;

 private:
  Real rate_, along_, tangent_;
};

/// p(t) = w* e^{6t'}/sqrt(1 + e^{12t'}): the length of w on the limit path.
Real square_neuron_limit_path(Index samples, Real t);

}  // namespace saddleflow::reference

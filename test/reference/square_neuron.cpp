#include "reference/square_neuron.hpp"

#include <cmath>
#include <stdexcept>

namespace saddleflow::reference {

SquareNeuron::SquareNeuron(Index samples, Real along, Real across)
    : rate_(static_cast<Real>(samples) / 8), along_(along), tangent_(across / along) {
  if (samples < 5) throw std::invalid_argument("SquareNeuron: at least 5 samples");
}

Vector SquareNeuron::weights(Real t) const {
  using std::exp;
  using std::sqrt;
  const Real decay = exp(-4 * rate_ * t);
  const Real k = tangent_ * tangent_;
  const Real twice = k * decay * decay;  // k e^{-8t'}
  const Real memory = (1 / (along_ * along_) - 1 - 3 * k) * decay * decay * decay;
  const Real squared_norm = (1 + twice) / (memory + 1 + 3 * twice);
  const Real tangent = tangent_ * decay;
  const Real along = sqrt(squared_norm / (1 + tangent * tangent));
  Vector w(2);
  w << along, along * tangent;
  return w;
}

Real square_neuron_limit_path(Index samples, Real t) {
  using std::exp;
  using std::sqrt;
  return 1 / sqrt(1 + exp(-12 * static_cast<Real>(samples) / 8 * t));
}

}  // namespace saddleflow::reference

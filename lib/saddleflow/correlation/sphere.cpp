#include "saddleflow/correlation/sphere.hpp"

#include <cmath>

#include "saddleflow/base/interruption.hpp"

namespace saddleflow {

void CorrelationOnSphere::gradient(const Vector& x, Vector& g) const {
  correlation_.gradient(x, g);
  g *= sign_;
}

void CorrelationOnSphere::hessian(const Vector& u, Matrix& h) const {
  correlation_.hessian(u, h);
  h *= sign_;
}

SpherePoint SphereFunction::at(const Vector& u) const {
  check_interrupt();
  SpherePoint point;
  point.u = u.stableNormalized();
  gradient(point.u, point.gradient);
  const Real along = point.u.dot(point.gradient);
  point.value = along / degree();
  point.tangent = point.gradient - along * point.u;
  point.gradient_norm = point.gradient.norm();
  point.residual = point.gradient_norm > 0 ? point.tangent.norm() / point.gradient_norm : Real(0);
  return point;
}

Matrix SphereFunction::curvature(const SpherePoint& point) const {
  Matrix m;
  hessian(point.u, m);
  m = -m;
  m.diagonal().array() += degree() * point.value;
  return m;
}

// The root of rounding: of a neuron that N depends on by its square nothing smaller can be seen.
constexpr Real kDyingNeuron = Real(1e-8);

Vector without_dying_neurons(const Network& network, Vector u) {
  for (const Neuron& neuron : network.neurons()) {
    Real square = 0;
    for (const auto* side : {&neuron.incoming, &neuron.outgoing})
      for (const Index i : *side) square += u[i] * u[i];
    if (std::sqrt(square) > kDyingNeuron) continue;
    for (const auto* side : {&neuron.incoming, &neuron.outgoing})
      for (const Index i : *side) u[i] = 0;
  }
  return u;
}

}  // namespace saddleflow

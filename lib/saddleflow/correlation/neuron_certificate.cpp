#include "saddleflow/correlation/neuron_certificate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace saddleflow {
namespace {

struct Totals {
  Real squared_distance = 0, squared_gradient = 0;
};

/// The neuron's element, and its distance to lambda u_k, where lambda = D N of the whole.
void add_neuron(NeuronSum& sum, const Vector& u, Index k, Real lambda, ClarkeCertificate& all,
                Totals& totals) {
  const Vector part = sum.part(u, k);
  Vector element = Vector::Zero(part.size());
  if (!part.isZero(0)) {
    const ClarkeCertificate own = clarke_certificate(sum.neuron(), part);
    element = own.element;
    all.kinks += own.kinks;
    const Index before = all.slopes.size();
    all.slopes.conservativeResize(before + own.slopes.size());
    all.slopes.tail(own.slopes.size()) = own.slopes;
    all.converged = all.converged && own.converged;
    all.outer = all.outer || own.outer;
  }
  all.element(sum.parameters(k)) = element;
  totals.squared_distance += (element - lambda * part).squaredNorm();
  totals.squared_gradient += element.squaredNorm();
}

}  // namespace

ClarkeCertificate clarke_by_neurons(NeuronSum& sum, const Vector& u) {
  Correlation& whole = sum.whole();
  const Real lambda = static_cast<Real>(whole.network().degree()) * whole.value(u);
  ClarkeCertificate all;
  all.element = Vector::Zero(u.size());
  Totals totals;
  for (Index k = 0; k < sum.count(); ++k) add_neuron(sum, u, k, lambda, all, totals);
  const Real gradient = std::sqrt(totals.squared_gradient);
  const Real vanishing = kClarkeTolerance * whole.residual_at_origin().norm() * whole.columns().norm();
  if (totals.squared_distance > 0 && gradient > vanishing)
    all.residual = std::sqrt(totals.squared_distance) / gradient;
  all.stationary = clarke_verdict(all, kClarkeTolerance);
  return all;
}

}  // namespace saddleflow

#include "saddleflow/flow/observables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

void layer_norms(const Network& network, const Vector& w, Vector& out) {
  const Layout& layout = network.layout();
  out.resize(layout.layer_count());
  for (int l = 0; l < layout.layer_count(); ++l) out[l] = layout.matrix(w, l).norm();
}

void neuron_norms(const Network& network, const Vector& w, Vector& out) {
  const std::vector<Neuron>& neurons = network.neurons();
  out.resize(static_cast<Index>(neurons.size()));
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    Real sum = 0;
    for (Index i : neurons[k].incoming) sum += w[i] * w[i];
    for (Index i : neurons[k].outgoing) sum += w[i] * w[i];
    out[static_cast<Index>(k)] = std::sqrt(sum);
  }
}

// Below this fraction of its size at the origin the residual counts as fitted.
constexpr Real kFitted = Real(1e-4);

Real ratio(Real numerator, Real denominator) { return numerator == 0 ? Real(0) : numerator / denominator; }

}  // namespace

Probe::Probe(GradientFlow& flow, const Vector& x0) : flow_(flow) {
  const Vector& w = flow_.weights(x0);
  const Network& network = flow_.objective().network();
  initial_loss_ = flow_.objective().value(w);
  initial_balance_.resize(network.balance_count());
  balance_.resize(network.balance_count());
  gradient_.resize(w.size());
  product_.resize(w.size());
  network.balance(w, initial_balance_);
  const Matrix& targets = flow_.objective().data().targets;
  residual_.setZero(targets.rows(), targets.cols());
  curvature_ = residual_;
  flow_.objective().loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, residual_);
  origin_residual_ = kFitted * residual_.norm();
}

void Probe::update_loss_derivative(const Vector& w) {
  Objective& objective = flow_.objective();
  objective.loss().derivative(objective.outputs(w), objective.data().targets, residual_);
}

Real Probe::residual_scale() const { return residual_.norm() + origin_residual_; }

void Probe::observe(const Vector& x, Observables& out) {
  const Vector& w = flow_.weights(x);
  Objective& objective = flow_.objective();
  const Network& network = objective.network();
  out.loss = objective.gradient(w, gradient_);
  out.gradient_norm = gradient_.norm();
  out.weight_norm = w.norm();
  update_loss_derivative(w);
  out.proximity = ratio(out.gradient_norm * out.weight_norm, objective.outputs(w).norm() * residual_scale());
  largest_square_norm_ = std::max(largest_square_norm_, w.squaredNorm());
  network.balance(w, balance_);
  const Real change = balance_.size() == 0 ? Real(0) : (balance_ - initial_balance_).cwiseAbs().maxCoeff();
  out.balance_drift = ratio(change, largest_square_norm_);
  out.energy_drift = ratio(std::abs(initial_loss_ - out.loss - x[w.size()]), initial_loss_);
  layer_norms(network, w, out.layer_norm);
  neuron_norms(network, w, out.neuron_norm);
}

// With g = grad L, w' = -g:  d||g||/dt = -g^T Hess g / ||g||,  d||H||/dt = -<H, J g> / ||H||,
// d||l'||/dt = -<l', l'' o J g> / ||l'||,  d||w||/dt = -<w, g> / ||w||.
Real Probe::proximity_rate(const Vector& x) {
  const Vector& w = flow_.weights(x);
  Objective& objective = flow_.objective();
  objective.gradient(w, gradient_);
  const Real square = gradient_.squaredNorm();
  if (square == 0) return 0;
  objective.hessian_vector(w, gradient_, product_);
  const Matrix& tangent = objective.output_tangent(w, gradient_);
  const Matrix& outputs = objective.outputs(w);
  update_loss_derivative(w);
  objective.loss().second_derivative(outputs, objective.data().targets, curvature_);
  const Real residual_norm = residual_.norm();
  const Real of_gradient = -gradient_.dot(product_) / square;
  const Real of_outputs = -ratio(outputs.cwiseProduct(tangent).sum(), outputs.squaredNorm());
  const Real of_residual = -ratio(residual_.cwiseProduct(curvature_).cwiseProduct(tangent).sum(),
                                  residual_norm * residual_scale());
  const Real of_weights = -w.dot(gradient_) / w.squaredNorm();
  return of_gradient + of_weights - of_outputs - of_residual;
}

Real Probe::misalignment(const Vector& x) {
  const Vector& w = flow_.weights(x);
  flow_.objective().gradient(w, gradient_);
  const Real gradient_norm = gradient_.norm();
  if (gradient_norm == 0) return 0;
  const Real radial = w.dot(gradient_) / w.squaredNorm();
  product_ = gradient_ - radial * w;
  // Moving towards the origin along the ray (N < 0) is as misaligned as can be.
  return radial > 0 ? Real(1) : product_.norm() / gradient_norm;
}

Quantity::Quantity(const std::string& name, const Network& network, const std::string& key) : name_(name) {
  const auto bracket = name.find('[');
  const std::string stem = name.substr(0, bracket);
  const std::vector<std::pair<const char*, Kind>> plain = {{"loss", Kind::loss},
                                                           {"gradient_norm", Kind::gradient_norm},
                                                           {"weight_norm", Kind::weight_norm},
                                                           {"proximity", Kind::proximity},
                                                           {"balance_drift", Kind::balance_drift},
                                                           {"energy_drift", Kind::energy_drift}};
  if (bracket == std::string::npos) {
    for (const auto& [known, kind] : plain)
      if (stem == known) {
        kind_ = kind;
        return;
      }
  } else if ((stem == "layer_norm" || stem == "neuron_norm") && name.back() == ']') {
    kind_ = stem == "layer_norm" ? Kind::layer : Kind::neuron;
    const Index count =
        kind_ == Kind::layer ? network.layout().layer_count() : static_cast<Index>(network.neurons().size());
    const std::string digits = name.substr(bracket + 1, name.size() - bracket - 2);
    if (!digits.empty() && digits.size() < 10 &&
        digits.find_first_not_of("0123456789") == std::string::npos) {
      index_ = std::stoi(digits);
      if (index_ < count) return;
    }
    throw InputError(
        fmt::format("{}: index in '{}' is out of range, expected 0 to {}", key, name, count - 1));
  }
  throw InputError(
      fmt::format("{}: unknown quantity '{}', expected loss, gradient_norm, weight_norm, proximity, "
                  "balance_drift, energy_drift, layer_norm[l] or neuron_norm[k]",
                  key, name));
}

Real Quantity::of(const Observables& o) const {
  switch (kind_) {
    case Kind::loss:
      return o.loss;
    case Kind::gradient_norm:
      return o.gradient_norm;
    case Kind::weight_norm:
      return o.weight_norm;
    case Kind::proximity:
      return o.proximity;
    case Kind::balance_drift:
      return o.balance_drift;
    case Kind::energy_drift:
      return o.energy_drift;
    case Kind::layer:
      return o.layer_norm[index_];
    case Kind::neuron:
      return o.neuron_norm[index_];
  }
  return 0;
}

bool Quantity::is_cheap() const {
  return kind_ == Kind::weight_norm || kind_ == Kind::layer || kind_ == Kind::neuron;
}

}  // namespace saddleflow

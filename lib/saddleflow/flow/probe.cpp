#include "saddleflow/flow/probe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace saddleflow {

namespace {

void layer_norms(const Network& network, const Vector& w, Vector& out) {
  const Layout& layout = network.layout();
  out.resize(layout.layer_count());
  for (int l = 0; l < layout.layer_count(); ++l) out[l] = layout.matrix(w, l).reshaped().stableNorm();
}

// Far above the smallest number, and so small that what is measured near the origin does not depend on it.
constexpr Real kLeastUnit = Real(1e-100);

// What a decay adds to the unit of r: sum_i lambda_i w_i^2, which is to the penalty what the radial
// derivative of the loss is to the loss (Euler). With decay the chart is Cartesian.
Real decay_size(const WeightDecay& decay, const Vector& w) {
  return decay.empty() ? Real(0) : 2 * decay.value(w);
}

// d/dt of it along w' = -g.
Real decay_rate(const WeightDecay& decay, const Vector& w, const Vector& g) {
  if (decay.empty()) return 0;
  return -2 * decay.coefficients().cwiseProduct(w).dot(g);
}

Real ratio(Real numerator, Real denominator) { return numerator == 0 ? Real(0) : numerator / denominator; }

}  // namespace

Probe::Probe(GradientFlow& flow, const Vector& x0, PolarFlow* polar, Vector units)
    : flow_(flow),
      polar_(polar),
      units_(std::move(units)),
      cartesian_view_(flow),
      polar_view_(polar),
      balance_(flow.objective().network(), flow.objective().decay()),
      margins_(flow.objective().loss()),
      attained_(flow.objective().loss().traits().attained),
      separable_(flow.objective().loss().traits().separable),
      own_scale_(flow.objective().loss().function().own_scale()) {
  ChartView& at = view(x0);
  initial_loss_ = at.loss();
  balance_.start(at.point(), at.log_unit());
  gradient_.resize(at.point().size());
  product_.resize(at.point().size());
  const Matrix& targets = flow_.objective().data().targets;
  residual_.setZero(targets.rows(), targets.cols());
  flow_.objective().loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, residual_);
  origin_residual_ = kFittedResidual * residual_.norm();
}

ChartView& Probe::view(const Vector& x) {
  const bool polar =
      polar_ != nullptr && x.size() == polar_->state_size() && x.size() != flow_.parameter_count() + 1;
  ChartView& chosen = polar ? static_cast<ChartView&>(polar_view_) : cartesian_view_;
  chosen.look(x);
  return chosen;
}

void Probe::update_loss_derivative(ChartView& at) {
  const Objective& objective = flow_.objective();
  if (at.output_unit() == 1) {
    objective.loss().derivative(at.outputs(), objective.data().targets, residual_);
    return;
  }
  scaled_ = at.output_unit() * at.outputs();
  objective.loss().derivative(scaled_, objective.data().targets, residual_);
}

Real Probe::residual_scale() const { return residual_.norm() + origin_residual_; }

Real Probe::radial_size(ChartView& at) {
  const auto products = at.outputs().cwiseProduct(residual_);
  radial_ = separable_ ? Matrix(products) : Matrix(products.colwise().sum());
  return radial_.cwiseAbs().sum();
}

// d/dt of ln radial_size(): both factors of the products change.
Real Probe::radial_rate(ChartView& at, const Matrix& tangent) {
  const Real size = radial_size(at);
  multiply(curvature_, tangent, scaled_);
  const Matrix change =
      at.output_unit() * scaled_.cwiseProduct(at.outputs()) + residual_.cwiseProduct(tangent);
  const Matrix signs = radial_.cwiseSign();
  const Real sum =
      separable_ ? change.cwiseProduct(signs).sum() : change.colwise().sum().cwiseProduct(signs).sum();
  return -ratio(sum, size);
}

void Probe::observe(const Vector& x, Observables& out, std::optional<Real> time) {
  ChartView& at = view(x);
  const Vector& point = at.point();
  const Real unit = std::exp(at.log_unit()), size = point.stableNorm();
  const auto degree = static_cast<Real>(flow_.objective().network().degree());
  at.gradient(gradient_);  // before the loss: one forward pass serves both
  out.loss = at.loss();
  const Real slope = gradient_.stableNorm();
  out.gradient_norm = std::exp((degree - 1) * at.log_unit()) * slope;
  out.weight_norm = unit * size;
  out.log_weight_norm = at.log_unit() + std::log(size);
  out.proximity = proximity_of(at);
  out.kkt_residual = ratio((gradient_ - (point / size).dot(gradient_) * (point / size)).stableNorm(), slope);
  // With decay the chart is Cartesian: the point is the state. Rates change neither the penalty nor its name.
  if (!flow_.objective().decay().empty()) out.penalty = flow_.objective().decay().value(point);
  if (margins_.applies()) {
    const MarginMeasures m =
        margins_.measure(at.outputs(), at.output_unit(), flow_.objective().data().targets, size,
                         flow_.objective().network().degree(), out.kkt_residual);
    out.normalised_margin = m.normalised;
    out.margin_kkt_residual = m.kkt_residual;
  }
  out.energy_drift = ratio(std::abs(initial_loss_ - out.loss - at.energy()), initial_loss_);
  layer_norms(flow_.objective().network(), point, out.layer_norm);
  neuron_norms(flow_.objective().network(), point, out.neuron_norm);
  out.balance_drift = balance_.drift(point, at.log_unit(), out.neuron_norm, time);
  if (units_.size() > 0) measure_weights(point, std::exp((degree - 1) * at.log_unit()), out);
  if (at.log_unit() == 0) return;
  out.layer_norm *= unit;
  out.neuron_norm *= unit;
  if (units_.size() > 0) {
    out.log_weight_norm = at.log_unit() + std::log(out.weight_norm);
    out.weight_norm *= unit;
  }
}

// Of the weights, in place of the coordinates, in units of the chart; `slope_unit` is that of a gradient.
void Probe::measure_weights(const Vector& point, Real slope_unit, Observables& out) {
  const Vector w = point.cwiseProduct(units_);
  out.gradient_norm = slope_unit * gradient_.cwiseQuotient(units_).stableNorm();
  out.weight_norm = w.stableNorm();
  out.log_weight_norm = std::log(out.weight_norm);
  layer_norms(flow_.objective().network(), w, out.layer_norm);
  neuron_norms(flow_.objective().network(), w, out.neuron_norm);
}

// In units of the chart slope and radial part of the gradient are rho^{-D} times their size, beside a loss
// that is not. Near the origin, where rho^D may have no number, the loss is that of the origin and r does not
// depend on it.
Real Probe::own_unit(ChartView& at) { return std::max(at.output_unit(), kLeastUnit); }

ProximityScale Probe::own_proximity(ChartView& at) {
  const Vector& w = at.point();
  const Real unit = own_unit(at), of_decay = decay_size(flow_.objective().decay(), w);
  return own_scale_->proximity({at.loss() - of_decay / 2, unit * gradient_.stableNorm() * w.stableNorm(),
                                unit * w.dot(gradient_) - of_decay});
}

// d/dt of ln S, with dL/dt = -||g||^2, d<w, g>/dt = -||g||^2 - <w, Hess g> and that of the slope; loss and
// radial part are those without the penalty.
Real Probe::own_scale_rate(ChartView& at) {
  const Vector& w = at.point();
  const ProximityScale scale = own_proximity(at);
  const Real square = gradient_.squaredNorm(), slope = std::sqrt(square) * w.norm();  // in units of the chart
  const Real of_slope = -gradient_.dot(product_) / square - w.dot(gradient_) / w.squaredNorm();
  const WeightDecay& decay = flow_.objective().decay();
  const Real of_decay = decay_rate(decay, w, gradient_);
  return ratio(own_unit(at) * (scale.by_loss * -square + scale.by_slope * slope * of_slope -
                               scale.by_radial * (square + w.dot(product_))) -
                   (scale.by_loss / 2 + scale.by_radial - 1) * of_decay,
               scale.size + decay_size(decay, w));
}

Real Probe::proximity_of(ChartView& at) {
  const Real of_decay = decay_size(flow_.objective().decay(), at.point());
  if (own_scale_ != nullptr)
    return ratio(own_unit(at) * gradient_.stableNorm() * at.point().stableNorm(),
                 own_proximity(at).size + of_decay);
  update_loss_derivative(at);
  return ratio(gradient_.stableNorm() * at.point().stableNorm(),
               (attained_ ? at.outputs().norm() * residual_scale() : radial_size(at)) + of_decay);
}

Real Probe::proximity(const Vector& x) {
  ChartView& at = view(x);
  at.gradient(gradient_);
  return proximity_of(at);
}

Real Probe::loss(const Vector& x) { return view(x).loss(); }

Real Probe::log_norm(const Vector& x) {
  ChartView& at = view(x);
  const Real size =
      units_.size() == 0 ? at.point().stableNorm() : at.point().cwiseProduct(units_).stableNorm();
  return at.log_unit() + std::log(size);
}

Vector Probe::weights(const Vector& x) {
  ChartView& at = view(x);
  return at.log_unit() == 0 ? at.point() : Vector(std::exp(at.log_unit()) * at.point());
}

Vector Probe::recorded(const Vector& x) {
  return units_.size() == 0 ? weights(x) : Vector(weights(x).cwiseProduct(units_));
}

// With g = grad L, w' = -g:  d||g||/dt = -g^T Hess g / ||g||,  d||H||/dt = -<H, J g> / ||H||,
// d||l'||/dt = -<l', l'' o J g> / ||l'||,  d||w||/dt = -<w, g> / ||w||; radial_size() likewise. In units of
// rho every term has the factor rho^{D-2}, left out here.
Real Probe::proximity_rate(const Vector& x) {
  ChartView& at = view(x);
  at.gradient(gradient_);
  const Real square = gradient_.squaredNorm();
  if (square == 0 || at.point().squaredNorm() == 0) return 0;
  at.hessian_vector(gradient_, product_);
  const Real of_gradient = -gradient_.dot(product_) / square;
  const Real of_weights = -at.point().dot(gradient_) / at.point().squaredNorm();
  if (own_scale_ != nullptr) return of_gradient + of_weights - own_scale_rate(at);
  const Matrix& tangent = at.output_tangent(gradient_);
  const Matrix& outputs = at.outputs();
  update_loss_derivative(at);
  const Objective& objective = flow_.objective();
  scaled_ = at.output_unit() * outputs;
  objective.loss().curvature(scaled_, objective.data().targets, curvature_);
  // Of S = A + B, B that of the decay: d ln S = (A d ln A + dB) / S.
  const Real of_decay = decay_rate(objective.decay(), at.point(), gradient_);
  const auto with_decay = [&](Real rate) {
    if (objective.decay().empty()) return rate;
    const Real size = attained_ ? outputs.norm() * residual_scale() : radial_size(at);
    return ratio(size * rate + of_decay, size + decay_size(objective.decay(), at.point()));
  };
  if (!attained_) return of_gradient + of_weights - with_decay(radial_rate(at, tangent));
  const Real residual_norm = residual_.norm();
  const Real of_outputs = -ratio(outputs.cwiseProduct(tangent).sum(), outputs.squaredNorm());
  const Real of_residual =
      -ratio(at.output_unit() * bilinear(residual_, curvature_, tangent), residual_norm * residual_scale());
  return of_gradient + of_weights - with_decay(of_outputs + of_residual);
}

Real Probe::misalignment(const Vector& x) {
  ChartView& at = view(x);
  at.gradient(gradient_);
  const Vector& w = at.point();
  const Real gradient_norm = gradient_.norm();
  if (gradient_norm == 0) return 0;
  const Real radial = w.dot(gradient_) / w.squaredNorm();
  product_ = gradient_ - radial * w;
  // Moving towards the origin along the ray (N < 0) is as misaligned as can be.
  return radial > 0 ? Real(1) : product_.norm() / gradient_norm;
}

}  // namespace saddleflow

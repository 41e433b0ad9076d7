#include "saddleflow/problem/objective.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/problem/fitting_data.hpp"
#include "saddleflow/problem/loss_rounding.hpp"

namespace saddleflow {

Objective::Objective(std::shared_ptr<const Network> network, Dataset data, Loss loss, WeightDecay decay)
    : data_(std::move(data)),
      loss_(std::move(loss)),
      decay_(std::move(decay)),
      pass_(fitting(std::move(network), data_, loss_), data_.inputs, "weights"),
      gradient_(size()) {
  if (!decay_.empty() && decay_.coefficients().size() != size())
    throw InputError(fmt::format("decay: found numbers for {} weights, expected {}",
                                 decay_.coefficients().size(), size()));
  for (Matrix* m : {&residual_, &tangent_residual_}) m->setZero(data_.targets.rows(), data_.targets.cols());
  loss_.curvature(pass_.outputs(), data_.targets, curvature_);  // makes its matrices
}

Objective::~Objective() = default;

bool Objective::run_forward(const Vector& w) {
  if (!pass_.move_to(w)) return false;
  value_ = loss_.value(pass_.outputs(), data_.targets) + decay_.value(w);
  has_gradient_ = false;
  return true;
}

void Objective::ensure_forward(const Vector& w) {
  if (run_forward(w)) ++counters_.values;
}

void Objective::ensure_gradient(const Vector& w) {
  run_forward(w);
  if (has_gradient_) return;
  loss_.derivative(pass_.outputs(), data_.targets, residual_);
  pass_.kernel().backward(residual_, gradient_);
  decay_.add_product(w, gradient_);
  if (sliding_ && !sliding_->empty()) make_tangent();
  has_gradient_ = true;
  ++counters_.gradients;
}

void Objective::make_tangent() {
  sliding_->update(*pass_.state());
  cut_ = gradient_;
  sliding_->project(gradient_);
}

Real Objective::loss_at_origin() const { return loss_.at_origin(data_.targets); }

Real Objective::value(const Vector& w) {
  ensure_forward(w);
  return value_;
}

Real Objective::gradient(const Vector& w, Vector& g) {
  ensure_gradient(w);
  g = gradient_;
  return value_;
}

void Objective::multiply_hessian(const Vector& w, const Vector& v, Vector& out) {
  ensure_gradient(w);
  loss_.curvature(pass_.outputs(), data_.targets, curvature_);
  multiply(curvature_, pass_.kernel().tangent(v), tangent_residual_);
  pass_.kernel().tangent_backward(tangent_residual_, out);
  decay_.add_product(v, out);
  ++counters_.hessian_vectors;
}

void Objective::hessian_vector(const Vector& w, const Vector& v, Vector& out) {
  if (!sliding_ || sliding_->empty()) {
    multiply_hessian(w, v, out);
    return;
  }
  ensure_gradient(w);
  tangent_ = v;
  sliding_->project(tangent_);
  multiply_hessian(w, tangent_, out);
  if (!sliding_->is_flat()) {
    sliding_->multipliers(cut_, multipliers_);
    sliding_->subtract_curvature(*pass_.state(), multipliers_, tangent_, out);
  }
  sliding_->project(out);
}

void Objective::hessian(const Vector& w, Matrix& out) {
  ensure_forward(w);
  loss_.derivative(pass_.outputs(), data_.targets, residual_);
  loss_.curvature(pass_.outputs(), data_.targets, curvature_);
  pass_.kernel().hessian(residual_, curvature_, out);
  if (!decay_.empty()) out.diagonal() += decay_.coefficients();
  ++counters_.hessians;
  if (!sliding_ || sliding_->empty()) return;
  ensure_gradient(w);
  if (!sliding_->is_flat()) {
    sliding_->multipliers(cut_, multipliers_);
    sliding_->subtract_curvature(*pass_.state(), multipliers_, out);
  }
  sliding_->project_both_sides(out);
}

Real Objective::hessian_error(const Vector& w) {
  ensure_forward(w);
  return pass_.kernel().hessian_error();
}

void Objective::set_mode(const ActivationPattern& pattern, const std::vector<Kink>& sliding) {
  if (!sliding.empty() && !network().traits().kinked())
    throw InputError("sliding: the gradient of this network is continuous, nothing slides");
  pass_.kernel().set_pattern(&pattern);
  if (!sliding_) sliding_ = std::make_unique<SlidingManifold>(network().layout(), columns());
  sliding_->set_kinks(sliding);
  pass_.forget();
}

void Objective::clear_mode() {
  pass_.kernel().set_pattern(nullptr);
  sliding_.reset();
  pass_.forget();
}

void Objective::sliding_slopes(const Vector& w, Vector& out) {
  ensure_gradient(w);
  if (!sliding_ || sliding_->empty())
    out.resize(0);
  else
    sliding_->slopes(*pass_.state(), cut_, network().activation().slope(), 1, out);
}

void Objective::least_norm_slopes(const Vector& w, Vector& slopes, Vector& back) {
  ensure_gradient(w);
  slopes.resize(0);
  back.resize(0);
  if (sliding_ && !sliding_->empty())
    sliding_->least_norm(*pass_.state(), cut_, network().activation().slope(), 1, slopes, back);
}

void Objective::pattern_scales(const Vector& w, Vector& offset, Vector& factor) {
  ensure_gradient(w);
  offset.resize(0);
  factor.resize(0);
  if (sliding_ && !sliding_->empty())
    sliding_->pattern_scales(*pass_.state(), network().activation().slope(), 1, offset, factor);
}

// A sample that is fitted as well as rounding allows sends back nothing but rounding, of either sign.
const SlidingManifold* Objective::on_kinks(const Vector& w, CutPass& pass) {
  ensure_gradient(w);
  if (!sliding_ || sliding_->empty()) return nullptr;
  loss_.derivative(pass_.outputs(), data_.targets, residual_);
  loss_.curvature(pass_.outputs(), data_.targets, curvature_);
  derivative_rounding(pass_.outputs(), residual_, curvature_, noise_);
  pass = {pass_.state(), &cut_, &noise_, network().activation().slope()};
  return sliding_.get();
}

void Objective::project_to_mode(const Vector& w, Vector& v) {
  if (!sliding_ || sliding_->empty()) return;
  ensure_gradient(w);
  sliding_->project(v);
}

const FeedForwardState* Objective::state_at(const Vector& w) {
  ensure_forward(w);
  return pass_.whole_state();
}

const FeedForwardState* Objective::kept_state_at(const Vector& w) {
  ensure_forward(w);
  return pass_.state();
}

const Matrix& Objective::outputs(const Vector& w) {
  ensure_forward(w);
  return pass_.outputs();
}

const Matrix& Objective::output_tangent(const Vector& w, const Vector& v) {
  ensure_forward(w);
  ++counters_.hessian_vectors;
  return pass_.kernel().tangent(v);
}

// Forward and backward: a multiplication and an addition each, of every weight with every column.
Real Objective::gradient_operations() const {
  if (!network().traits().homogeneous) return 0;
  return 4 * static_cast<Real>(size()) * static_cast<Real>(pass_.columns().cols());
}

// n^2 operations a column, as much as n / 4 gradients. That was measured for 220 to 11 000 weights, one to
// four layers, one and three outputs: n / 2 (three layers of 3 020) to n / 5 (gradient-benchmark).
Real Objective::hessian_operations() const { return gradient_operations() * static_cast<Real>(size()) / 4; }

}  // namespace saddleflow

#include "saddleflow/problem/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/problem/loss_rounding.hpp"

namespace saddleflow {
namespace {

/// Equal representation. The padding of a long double has no defined content, hence the comparison by value
/// there (under which NaN is never equal: such weights are evaluated again, to the same NaN).
bool same_bits(const Vector& a, const Vector& b) {
  if (a.size() != b.size()) return false;
  if constexpr (std::numeric_limits<Real>::digits == 53)
    return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)) == 0;
  else
    return std::equal(a.data(), a.data() + a.size(), b.data(),
                      [](Real x, Real y) { return x == y && std::signbit(x) == std::signbit(y); });
}

void check_fit(const Network& network, const Dataset& data) {
  if (data.targets.rows() != network.output_count())
    throw InputError(fmt::format("{}: found {} targets a sample, expected the {} outputs of the network",
                                 data.origin, data.targets.rows(), network.output_count()));
  if (data.inputs.cols() != data.targets.cols() || data.inputs.cols() == 0)
    throw InputError(fmt::format(
        "{}: found {} input columns and {} target columns, expected as many of each, at least one",
        data.origin, data.inputs.cols(), data.targets.cols()));
  if (!data.inputs.allFinite())
    throw InputError(fmt::format("{}: found a number that is not finite among the inputs", data.origin));
}

}  // namespace

Objective::Objective(std::shared_ptr<const Network> network, Dataset data, Loss loss)
    : network_(std::move(network)), data_(std::move(data)), loss_(std::move(loss)) {
  check_fit(*network_, data_);
  loss_.check_targets(data_.targets);
  kernel_ = network_->kernel(data_.inputs);
  w_.resize(size());
  gradient_.resize(size());
  for (Matrix* m : {&residual_, &outputs_, &tangent_residual_})
    m->setZero(data_.targets.rows(), data_.targets.cols());
  loss_.curvature(outputs_, data_.targets, curvature_);  // makes its matrices
}

Objective::~Objective() = default;

bool Objective::at(const Vector& w) const { return has_forward_ && same_bits(w, w_); }

bool Objective::run_forward(const Vector& w) {
  if (at(w)) return false;
  if (w.size() != size())
    throw InputError(fmt::format("weights: found {} numbers, expected the {} parameters of the network",
                                 w.size(), size()));
  w_ = w;
  outputs_ = kernel_->forward(w_);
  value_ = loss_.value(outputs_, data_.targets);
  has_forward_ = true;
  has_gradient_ = false;
  return true;
}

void Objective::ensure_forward(const Vector& w) {
  if (run_forward(w)) ++counters_.values;
}

void Objective::ensure_gradient(const Vector& w) {
  run_forward(w);
  if (has_gradient_) return;
  loss_.derivative(outputs_, data_.targets, residual_);
  kernel_->backward(residual_, gradient_);
  if (sliding_ && !sliding_->empty()) make_tangent();
  has_gradient_ = true;
  ++counters_.gradients;
}

void Objective::make_tangent() {
  sliding_->update(*kernel_->feed_forward_state());
  cut_ = gradient_;
  sliding_->project(gradient_);
}

Real Objective::loss_at_origin() const {
  return loss_.value(Matrix::Zero(data_.targets.rows(), data_.targets.cols()), data_.targets);
}

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
  loss_.curvature(outputs_, data_.targets, curvature_);
  multiply(curvature_, kernel_->tangent(v), tangent_residual_);
  kernel_->tangent_backward(tangent_residual_, out);
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
    sliding_->subtract_curvature(*kernel_->feed_forward_state(), multipliers_, tangent_, out);
  }
  sliding_->project(out);
}

void Objective::hessian(const Vector& w, Matrix& out) {
  ensure_forward(w);
  loss_.derivative(outputs_, data_.targets, residual_);
  loss_.curvature(outputs_, data_.targets, curvature_);
  kernel_->hessian(residual_, curvature_, out);
  ++counters_.hessians;
  if (!sliding_ || sliding_->empty()) return;
  ensure_gradient(w);
  if (!sliding_->is_flat()) {
    sliding_->multipliers(cut_, multipliers_);
    sliding_->subtract_curvature(*kernel_->feed_forward_state(), multipliers_, out);
  }
  sliding_->project_both_sides(out);
}

void Objective::set_mode(const ActivationPattern& pattern, const std::vector<Kink>& sliding) {
  if (!sliding.empty() && !network_->traits().kinked())
    throw InputError("sliding: the gradient of this network is continuous, nothing slides");
  kernel_->set_pattern(&pattern);
  if (!sliding_) sliding_ = std::make_unique<SlidingManifold>(network_->layout(), columns());
  sliding_->set_kinks(sliding);
  has_forward_ = has_gradient_ = false;
}

void Objective::clear_mode() {
  kernel_->set_pattern(nullptr);
  sliding_.reset();
  has_forward_ = has_gradient_ = false;
}

void Objective::sliding_slopes(const Vector& w, Vector& out) {
  ensure_gradient(w);
  if (!sliding_ || sliding_->empty())
    out.resize(0);
  else
    sliding_->slopes(*kernel_->feed_forward_state(), cut_, network_->activation().slope(), 1, out);
}

void Objective::least_norm_slopes(const Vector& w, Vector& slopes, Vector& back) {
  ensure_gradient(w);
  slopes.resize(0);
  back.resize(0);
  if (sliding_ && !sliding_->empty())
    sliding_->least_norm(*kernel_->feed_forward_state(), cut_, network_->activation().slope(), 1, slopes,
                         back);
}

void Objective::pattern_scales(const Vector& w, Vector& offset, Vector& factor) {
  ensure_gradient(w);
  offset.resize(0);
  factor.resize(0);
  if (sliding_ && !sliding_->empty())
    sliding_->pattern_scales(*kernel_->feed_forward_state(), network_->activation().slope(), 1, offset,
                             factor);
}

// A sample that is fitted as well as rounding allows sends back nothing but rounding, of either sign.
const SlidingManifold* Objective::on_kinks(const Vector& w, CutPass& pass) {
  ensure_gradient(w);
  if (!sliding_ || sliding_->empty()) return nullptr;
  loss_.derivative(outputs_, data_.targets, residual_);
  loss_.curvature(outputs_, data_.targets, curvature_);
  derivative_rounding(outputs_, residual_, curvature_, noise_);
  pass = {kernel_->feed_forward_state(), &cut_, &noise_, network_->activation().slope()};
  return sliding_.get();
}

void Objective::project_to_mode(const Vector& w, Vector& v) {
  if (!sliding_ || sliding_->empty()) return;
  ensure_gradient(w);
  sliding_->project(v);
}

const FeedForwardState* Objective::state_at(const Vector& w) {
  ensure_forward(w);
  return kernel_->feed_forward_state();
}

const Matrix& Objective::columns() const {
  const FeedForwardState* state = kernel_->feed_forward_state();
  return state != nullptr ? state->inputs : data_.inputs;
}

const OuterLayer* Objective::outer_layer() const {
  const FeedForwardState* state = kernel_->feed_forward_state();
  return state != nullptr ? state->outer.get() : nullptr;
}

const Matrix& Objective::outputs(const Vector& w) {
  ensure_forward(w);
  return outputs_;
}

const Matrix& Objective::output_tangent(const Vector& w, const Vector& v) {
  ensure_forward(w);
  ++counters_.hessian_vectors;
  return kernel_->tangent(v);
}

}  // namespace saddleflow

#include "saddleflow/problem/correlation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {

Correlation::Correlation(const Objective& objective)
    : data_(objective.data()),
      loss_(objective.loss()),
      pass_(objective.shared_network(), data_.inputs, "direction"),
      gradient_(size()) {
  const Matrix zero = Matrix::Zero(data_.targets.rows(), data_.targets.cols());
  for (Matrix* m : {&z_, &scaled_, &derivative_, &tangent_residual_}) *m = zero;
  loss_.derivative(zero, data_.targets, z_);
  z_ = -z_;
  loss_at_origin_ = loss_.at_origin(data_.targets);
  loss_.curvature(zero, data_.targets, curvature_);  // makes its matrices
}

Correlation::~Correlation() = default;

void Correlation::set_output_scale(Real c) {
  if (!(c >= 0) || !std::isfinite(c))
    throw InputError(
        fmt::format("correlation: output scale {}, expected a finite number >= 0", static_cast<double>(c)));
  if (c == c_) return;
  c_ = c;
  has_gradient_ = false;  // the outputs at unit scale stay what they are
}

bool Correlation::run_forward(const Vector& u) {
  require_homogeneous(network(), "correlation function");
  if (!pass_.move_to(u)) return false;
  has_gradient_ = false;
  return true;
}

void Correlation::ensure_forward(const Vector& u) {
  if (run_forward(u)) ++counters_.values;
}

void Correlation::ensure_gradient(const Vector& u) {
  run_forward(u);
  if (has_gradient_) return;
  scaled_ = c_ * pass_.outputs();
  loss_.derivative(scaled_, data_.targets, derivative_);
  pass_.kernel().backward(derivative_, gradient_);
  gradient_ = -gradient_;
  has_gradient_ = true;
  ++counters_.gradients;
}

Real Correlation::value(const Vector& u) {
  ensure_forward(u);
  if (c_ == 0) return z_.cwiseProduct(pass_.outputs()).sum();
  scaled_ = c_ * pass_.outputs();
  return (loss_at_origin_ - loss_.value(scaled_, data_.targets)) / c_;
}

Real Correlation::gradient(const Vector& u, Vector& g) {
  ensure_gradient(u);
  g = gradient_;
  return u.dot(g) / static_cast<Real>(network().degree());
}

void Correlation::hessian_vector(const Vector& u, const Vector& v, Vector& out) {
  ensure_gradient(u);
  const Matrix& tangent = pass_.kernel().tangent(v);
  if (c_ == 0) {
    tangent_residual_.setZero();
  } else {
    scaled_ = c_ * pass_.outputs();
    loss_.curvature(scaled_, data_.targets, curvature_);
    multiply(curvature_, tangent, tangent_residual_);
    tangent_residual_ *= c_;
  }
  pass_.kernel().tangent_backward(tangent_residual_, out);
  out = -out;
  ++counters_.hessian_vectors;
}

void Correlation::hessian(const Vector& u, Matrix& out) {
  ensure_forward(u);
  scaled_ = c_ * pass_.outputs();
  loss_.derivative(scaled_, data_.targets, derivative_);
  loss_.curvature(scaled_, data_.targets, curvature_);
  curvature_ *= c_;
  pass_.kernel().hessian(derivative_, curvature_, out);
  out = -out;
  ++counters_.hessians;
}

const Matrix& Correlation::outputs(const Vector& u) {
  ensure_forward(u);
  return pass_.outputs();
}

const Matrix& Correlation::loss_derivative(const Vector& u) {
  ensure_forward(u);
  scaled_ = c_ * pass_.outputs();
  loss_.derivative(scaled_, data_.targets, derivative_);
  return derivative_;
}

const FeedForwardState* Correlation::state_at(const Vector& u) {
  ensure_forward(u);
  return pass_.whole_state();
}

const FeedForwardState* Correlation::kept_state_at(const Vector& u) {
  ensure_forward(u);
  return pass_.state();
}

const Matrix& Correlation::output_tangent(const Vector& u, const Vector& v) {
  ensure_gradient(u);
  ++counters_.hessian_vectors;
  return pass_.kernel().tangent(v);
}

void Correlation::scale_derivative(const Vector& u, Vector& out) {
  ensure_forward(u);
  scaled_ = c_ * pass_.outputs();
  loss_.curvature(scaled_, data_.targets, curvature_);
  multiply(curvature_, pass_.outputs(), tangent_residual_);
  pass_.kernel().backward(tangent_residual_, out);
  out = -out;
  has_gradient_ = false;  // the kernel now holds another residual
  ++counters_.gradients;
}

}  // namespace saddleflow

#include "saddleflow/problem/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"

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
    : network_(std::move(network)), data_(std::move(data)), loss_(loss) {
  check_fit(*network_, data_);
  loss_.check_targets(data_.targets);
  kernel_ = network_->kernel(data_.inputs);
  w_.resize(size());
  gradient_.resize(size());
  for (Matrix* m : {&residual_, &curvature_, &outputs_, &tangent_residual_})
    m->resize(data_.targets.rows(), data_.targets.cols());
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
  has_gradient_ = true;
  ++counters_.gradients;
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

void Objective::hessian_vector(const Vector& w, const Vector& v, Vector& out) {
  ensure_gradient(w);
  loss_.second_derivative(outputs_, data_.targets, curvature_);
  tangent_residual_ = curvature_.cwiseProduct(kernel_->tangent(v));
  kernel_->tangent_backward(tangent_residual_, out);
  ++counters_.hessian_vectors;
}

void Objective::hessian(const Vector& w, Matrix& out) {
  ensure_forward(w);
  loss_.derivative(outputs_, data_.targets, residual_);
  loss_.second_derivative(outputs_, data_.targets, curvature_);
  kernel_->hessian(residual_, curvature_, out);
  ++counters_.hessians;
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

#include "skeleton/bregman.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace saddleflow::pursuit_test {

namespace {

constexpr int kSweeps = 20000, kSteps = 200;
constexpr Real kStill = Real(1e-14), kExact = Real(4e-16);

}  // namespace

Bregman::Bregman(Dataset data, Loss loss, Real h)
    : data_(std::move(data)),
      inputs_(data_.inputs.transpose()),
      loss_(loss),
      h_(h),
      s_(Vector::Zero(data_.inputs.rows())),
      beta_(s_),
      outputs_(Matrix::Zero(1, data_.inputs.cols())),
      moved_(outputs_) {}

/// dL/d beta_j with beta_j = b, and its derivative.
Bregman::Slope Bregman::slope(Index j, Real b) {
  moved_.row(0) = outputs_.row(0) + (b - beta_[j]) * inputs_.col(j).transpose();
  loss_.derivative(moved_, data_.targets, r_);
  loss_.curvature(moved_, data_.targets, curvature_);
  return {r_.row(0).dot(inputs_.col(j)), curvature_.diagonal.row(0).dot(inputs_.col(j).cwiseAbs2())};
}

/// Zero where |s_j - h slope(0)| <= 1, else the root of slope(b) + (sign b - s_j) / h.
Real Bregman::best(Index j) {
  const Real at_zero = s_[j] - h_ * slope(j, 0).value;
  if (std::abs(at_zero) <= 1) return 0;
  const Real sign = at_zero > 0 ? 1 : -1;
  Real low = 0, high = std::numeric_limits<Real>::infinity(), b = std::max(Real(0), sign * beta_[j]);
  for (int k = 0; k < kSteps; ++k) {
    const Slope found = slope(j, sign * b);
    const Real value = sign * (found.value + (sign - s_[j]) / h_);
    (value < 0 ? low : high) = b;
    Real next = b - value / found.derivative;
    if (std::abs(next - b) <= kExact * next) return sign * next;
    if (!(next > low && next < high))
      next = high < std::numeric_limits<Real>::infinity() ? (low + high) / 2 : 2 * low + 1;
    b = next;
  }
  return sign * b;
}

Real Bregman::merit(const Vector& beta, const Matrix& outputs) const {
  return loss_.value(outputs, data_.targets) + (beta.cwiseAbs().sum() - s_.dot(beta)) / h_;
}

/// Coordinates of nearly parallel inputs take thousands of sweeps. A Newton step of all that are not zero
/// saves them, where it leaves their signs and does not raise the merit; the sweeps decide when to end.
void Bregman::move_all() {
  std::vector<Index> active;
  for (Index j = 0; j < beta_.size(); ++j)
    if (beta_[j] != 0) active.push_back(j);
  if (active.empty()) return;
  loss_.derivative(outputs_, data_.targets, r_);
  loss_.curvature(outputs_, data_.targets, curvature_);
  const Matrix x = inputs_(Eigen::all, active);
  const Vector b = beta_(active), sign = b.cwiseSign();
  const Vector gradient = x.transpose() * r_.row(0).transpose() + (sign - s_(active)) / h_;
  const Matrix hessian = x.transpose() * curvature_.diagonal.row(0).asDiagonal() * x;
  const Vector next = b - hessian.llt().solve(gradient);
  if (!next.allFinite() || next.cwiseSign() != sign) return;
  Vector moved = beta_;
  moved(active) = next;
  const Matrix outputs = moved.transpose() * data_.inputs;
  if (merit(moved, outputs) > merit(beta_, outputs_)) return;
  beta_ = moved;
  outputs_ = outputs;
}

void Bregman::step() {
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    Real moved = 0;
    for (Index j = 0; j < beta_.size(); ++j) {
      const Real b = best(j);
      moved = std::max(moved, std::abs(b - beta_[j]));
      outputs_.row(0) += (b - beta_[j]) * inputs_.col(j).transpose();
      beta_[j] = b;
    }
    if (moved <= kStill * (1 + beta_.norm())) break;
    move_all();
  }
  outputs_ = beta_.transpose() * data_.inputs;
  loss_.derivative(outputs_, data_.targets, r_);
  s_ -= h_ * data_.inputs * r_.transpose();
}

Real slow_cone_loss(const Dataset& data, const Loss& loss, const Vector& sigma, Real bound) {
  const Real length = 1 / data.inputs.squaredNorm();  // of the curvature: at most 1 a sample
  Vector x = Vector::Zero(sigma.size());
  Matrix r;
  for (int k = 0; k < 100'000; ++k) {
    const Vector beta = x.cwiseProduct(sigma);
    loss.derivative(beta.transpose() * data.inputs, data.targets, r);
    x = (x - length * Vector(data.inputs * r.transpose()).cwiseProduct(sigma)).cwiseMax(0).cwiseMin(bound);
  }
  return loss.value(x.cwiseProduct(sigma).transpose() * data.inputs, data.targets);
}

}  // namespace saddleflow::pursuit_test

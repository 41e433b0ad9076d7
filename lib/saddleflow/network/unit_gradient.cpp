#include "saddleflow/network/unit_gradient.hpp"

#include <cmath>

namespace saddleflow {

UnitGradient::UnitGradient(const Layout& layout, const Kink& kink) : layout_(layout), kink_(kink) {
  const auto count = static_cast<std::size_t>(kink.layer + 1);
  delta_.resize(count);
  back_.resize(count);
  for (int l = 0; l <= kink.layer; ++l) {
    const Index width = layout.layer(l).rows;
    delta_[static_cast<std::size_t>(l)].setZero(width);
    back_[static_cast<std::size_t>(l)].setZero(width);
  }
  delta_.back()[kink.neuron] = 1;
}

void UnitGradient::update(const FeedForwardState& state) {
  for (int l = kink_.layer; l > 0; --l) {
    Vector& below = back_[static_cast<std::size_t>(l - 1)];
    below.noalias() = layout_.matrix(state.w, l).transpose() * delta(l);
    delta_[static_cast<std::size_t>(l - 1)] = below.cwiseProduct(state.layer(l - 1).slope.col(kink_.sample));
  }
}

void UnitGradient::gradient(const FeedForwardState& state, Vector& out) const {
  out.setZero(layout_.size());
  for (int l = 0; l <= kink_.layer; ++l)
    layout_.matrix(out, l).noalias() = delta(l) * state.input_of(l).col(kink_.sample).transpose();
}

// To first order: what each layer adds by its own sums, and what it passes on.
Real UnitGradient::uncertainty(const FeedForwardState& state, Real known) const {
  const Index i = kink_.sample;
  std::vector<Vector> of_delta(delta_.size());
  of_delta.back().setZero(delta_.back().size());
  for (int l = kink_.layer; l > 0; --l) {
    const auto at = static_cast<std::size_t>(l);
    const Vector through =
        layout_.matrix(state.w, l).cwiseAbs().transpose() * (of_delta[at] + known * delta(l).cwiseAbs());
    of_delta[at - 1] = through.cwiseProduct(state.layer(l - 1).slope.col(i).cwiseAbs());
  }
  Vector of_input = Vector::Zero(state.inputs.rows());
  Real squared = 0;
  for (int l = 0; l <= kink_.layer; ++l) {
    const Vector input = state.input_of(l).col(i).cwiseAbs();
    const Vector& error = of_delta[static_cast<std::size_t>(l)];
    const Real block = delta(l).norm() * (of_input + known * input).norm() + error.norm() * input.norm();
    squared += block * block;
    if (l == kink_.layer) break;
    const Vector sums = layout_.matrix(state.w, l).cwiseAbs() * (of_input + known * input);
    of_input = sums.cwiseProduct(state.layer(l).slope.col(i).cwiseAbs());
  }
  return std::sqrt(squared);
}

Real UnitGradient::rate(const FeedForwardState& state, const Vector& v) const {
  Real sum = 0;
  for (int l = 0; l < kink_.layer; ++l)
    sum += delta(l).dot(layout_.matrix(v, l) * state.input_of(l).col(kink_.sample));
  const int top = kink_.layer;
  return sum + layout_.matrix(v, top).row(kink_.neuron).dot(state.input_of(top).col(kink_.sample));
}

// The tangent of the forward pass at the sample, then that of the backward pass.
void UnitGradient::curvature_vector(const FeedForwardState& state, const Vector& v, Vector& out) const {
  out.setZero(layout_.size());
  const Index i = kink_.sample;
  const int top = kink_.layer;
  std::vector<Vector> da(static_cast<std::size_t>(top) + 1);
  for (int l = 0; l < top; ++l) {
    Vector dz = layout_.matrix(v, l) * state.input_of(l).col(i);
    if (l > 0) dz += layout_.matrix(state.w, l) * da[static_cast<std::size_t>(l - 1)];
    da[static_cast<std::size_t>(l)] = state.layer(l).slope.col(i).cwiseProduct(dz);
  }
  Vector ddelta = Vector::Zero(layout_.layer(top).rows);
  for (int l = top; l >= 0; --l) {
    MatrixView block = layout_.matrix(out, l);
    block.noalias() = ddelta * state.input_of(l).col(i).transpose();
    if (l == 0) return;
    block.noalias() += delta(l) * da[static_cast<std::size_t>(l - 1)].transpose();
    const Vector dback =
        layout_.matrix(v, l).transpose() * delta(l) + layout_.matrix(state.w, l).transpose() * ddelta;
    ddelta = dback.cwiseProduct(state.layer(l - 1).slope.col(i));
  }
}

}  // namespace saddleflow

#include "saddleflow/network/unit_gradient.hpp"

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

#include "saddleflow/network/gradient_rounding.hpp"

namespace saddleflow {
namespace {

/// Bounds of what comes back to hidden layer l from `delta`, of the next layer or of the outputs.
Matrix back_size(const Layout& layout, const FeedForwardState& state, int l, const Matrix& delta) {
  if (l + 1 == static_cast<int>(state.hidden.size())) return state.outer->pull_back_size(state.w, delta);
  const Matrix absolute = layout.matrix(state.w, l + 1).cwiseAbs();
  return absolute.transpose() * delta;
}

}  // namespace

GradientRounding gradient_rounding(const Layout& layout, const FeedForwardState& state, const Matrix& noise) {
  const auto top = static_cast<int>(state.hidden.size());
  GradientRounding rounding;
  rounding.rows.resize(state.hidden.size());
  const auto length = [&](const Matrix& delta, int l) {
    return Vector(delta * state.input_of(l).colwise().norm().transpose());
  };
  rounding.all = state.outer->gradient_size(noise, state.input_of(top));
  Matrix delta = noise;
  for (int l = top - 1; l >= 0; --l) {
    const Matrix back = back_size(layout, state, l, delta);
    delta = back.cwiseProduct(state.layer(l).slope.cwiseAbs());
    Vector& rows = rounding.rows[static_cast<std::size_t>(l)];
    rows = length(delta, l);
    rounding.all += rows.sum();
  }
  return rounding;
}

}  // namespace saddleflow

#include "saddleflow/network/gradient_rounding.hpp"

namespace saddleflow {

Matrix absolute_weights(const Layout& layout, const FeedForwardState& state, int l, Index outputs) {
  if (l < layout.layer_count()) return layout.matrix(state.w, l).cwiseAbs();
  return Matrix::Ones(outputs, state.layer(l - 1).z.rows());
}

GradientRounding gradient_rounding(const Layout& layout, const FeedForwardState& state, const Matrix& noise) {
  const auto top = static_cast<int>(state.hidden.size());
  GradientRounding rounding;
  rounding.rows.resize(state.hidden.size());
  const auto length = [&](const Matrix& delta, int l) {
    return Vector(delta * state.input_of(l).colwise().norm().transpose());
  };
  Matrix delta = noise;
  if (top < layout.layer_count()) rounding.all = length(delta, top).sum();
  for (int l = top - 1; l >= 0; --l) {
    const Matrix back = absolute_weights(layout, state, l + 1, noise.rows()).transpose() * delta;
    delta = back.cwiseProduct(state.layer(l).slope.cwiseAbs());
    Vector& rows = rounding.rows[static_cast<std::size_t>(l)];
    rows = length(delta, l);
    rounding.all += rows.sum();
  }
  return rounding;
}

}  // namespace saddleflow

// What a forward pass of a feed-forward network leaves behind for the passes that build on it.
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/outer_layer.hpp"

namespace saddleflow {

/// One hidden layer, every matrix width x columns. `back` = W_{l+1}^T delta_{l+1}, of the last one what comes
/// back through the outer layer; the prefix d is the tangent. What no call has needed yet is empty, and so is
/// what a kernel keeps no longer than it works on a block of columns (of layered networks da, dback and
/// ddelta).
struct HiddenState {
  Matrix z, a, slope, curvature, back, delta;
  Matrix dz, da, dback, ddelta;
};

/// Columns first ... first + count - 1.
struct ColumnRange {
  Index first, count;
};

/// The entries of these columns, one after the other.
inline Eigen::Map<Eigen::Array<Real, Eigen::Dynamic, 1>> flat(Matrix& m, const ColumnRange& range) {
  return {m.data() + range.first * m.rows(), range.count * m.rows()};
}
inline Eigen::Map<const Eigen::Array<Real, Eigen::Dynamic, 1>> flat(const Matrix& m,
                                                                    const ColumnRange& range) {
  return {m.data() + range.first * m.rows(), range.count * m.rows()};
}

/// a, slope and second derivative of a layer from its z in these columns: of the activation, or, with
/// `factors`, of the branches that an ActivationPattern keeps.
void set_activations(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                     HiddenState& layer);
void set_slopes(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                HiddenState& layer);
/// `out`: room for the entries of these columns.
void set_curvatures(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                    const HiddenState& layer, Real* out);

/// Hidden layers see columns: the samples, or several a sample (see OuterLayer), as the patches of a
/// convolution. `hidden` may be as many as there are weight matrices: where outer weights are no parameters.
struct FeedForwardState {
  Vector w;       ///< weights of the pass
  Matrix inputs;  ///< of the first layer of weights: fan-in x columns
  std::vector<HiddenState> hidden;
  std::shared_ptr<const OuterLayer> outer;  ///< from the last hidden layer to the outputs

  HiddenState& layer(int l) { return hidden[static_cast<std::size_t>(l)]; }
  const HiddenState& layer(int l) const { return hidden[static_cast<std::size_t>(l)]; }
  /// Input of weight matrix l (counted from 0): the inputs or the activations of hidden layer l-1.
  const Matrix& input_of(int l) const { return l == 0 ? inputs : layer(l - 1).a; }
};

}  // namespace saddleflow

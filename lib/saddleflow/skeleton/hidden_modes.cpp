#include "saddleflow/skeleton/hidden_modes.hpp"

#include <algorithm>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

namespace {

/// An orthogonal matrix whose first columns span those of `columns`, which are orthonormal.
Matrix completed(const Matrix& columns) {
  Matrix basis = Matrix::Identity(columns.rows(), columns.rows());
  PivotedQr(columns).apply(basis);
  return basis;
}

/// Of every hidden layer: numbers within it.
struct Sides {
  std::vector<std::vector<Index>> active, inactive;
};

Sides sides_of(const Network& network, const std::vector<Index>& inactive) {
  const auto layers = static_cast<std::size_t>(network.neurons().back().layer) + 1;
  Sides sides{std::vector<std::vector<Index>>(layers), std::vector<std::vector<Index>>(layers)};
  for (std::size_t k = 0; k < network.neurons().size(); ++k) {
    const Neuron& neuron = network.neurons()[k];
    const bool is_inactive = std::binary_search(inactive.begin(), inactive.end(), static_cast<Index>(k));
    auto& side = is_inactive ? sides.inactive : sides.active;
    side[static_cast<std::size_t>(neuron.layer)].push_back(neuron.index);
  }
  return sides;
}

}  // namespace

TurnedToModes turned_to_modes(const Network& network, const Vector& w, Real least) {
  const Layout& layout = network.layout();
  TurnedToModes result{0, Vector(w.size())};
  Matrix below = Matrix::Identity(network.input_count(), network.input_count());
  for (int l = 0; l < layout.layer_count(); ++l) {
    const Matrix layer = layout.matrix(w, l);
    Matrix above = Matrix::Identity(layer.rows(), layer.rows());
    if (l + 1 < layout.layer_count()) {
      const ThinSvd svd = thin_svd(layer);
      if (l == 0) result.rank = (svd.values.array() > least * svd.values[0]).count();
      above = completed(svd.u.leftCols(result.rank));
    }
    layout.matrix(result.weights, l) = above.transpose() * layer * below;
    below = above;
  }
  return result;
}

// With I + [[0, -a^T], [a, 0]] for a hidden layer, active neurons first, weights from inactive neurons to
// active ones of the next layer become e + M a^T, those from active neurons of the layer below to inactive
// ones f + a M.
Vector disconnected(const Network& network, const Vector& active, const Vector& riders,
                    const std::vector<Index>& inactive) {
  const Sides sides = sides_of(network, inactive);
  const Layout& layout = network.layout();
  const int last = layout.layer_count() - 1;
  Vector result = Vector::Zero(riders.size());
  for (int l = 1; l < last; ++l) {
    const auto below = static_cast<std::size_t>(l) - 1, above = below + 1;
    const auto weights = layout.matrix(riders, l);
    const Matrix between = layout.matrix(active, l)(sides.active[above], sides.active[below]);
    layout.matrix(result, l)(sides.inactive[above], sides.inactive[below]) =
        weights(sides.inactive[above], sides.inactive[below]);
    if (l == 1) {
      const Matrix turn =
          -minimum_norm_least_squares(between, weights(sides.active[above], sides.inactive[below]));
      layout.matrix(result, 0)(sides.inactive[below], Eigen::all) =
          layout.matrix(riders, 0)(sides.inactive[below], Eigen::all) +
          turn.transpose() * layout.matrix(active, 0)(sides.active[below], Eigen::all);
    }
    if (l + 1 == last) {
      const Matrix turn = -minimum_norm_least_squares(
          between.transpose(), weights(sides.inactive[above], sides.active[below]).transpose());
      layout.matrix(result, last)(Eigen::all, sides.inactive[above]) =
          layout.matrix(riders, last)(Eigen::all, sides.inactive[above]) +
          layout.matrix(active, last)(Eigen::all, sides.active[above]) * turn;
    }
  }
  return result;
}

}  // namespace saddleflow

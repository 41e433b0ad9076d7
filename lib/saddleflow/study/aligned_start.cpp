#include "saddleflow/study/aligned_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

namespace {

// Singular values below this part of the largest one are rounding: sums over the samples.
constexpr Real kZeroMode = Real(1e-12);

bool multiplies_matrices(const Network& network) {
  const Layout& layout = network.layout();
  for (int l = 1; l < layout.layer_count(); ++l)
    if (layout.layer(l).cols != layout.layer(l - 1).rows) return false;
  return network.traits().mixes() ||
         (layout.layer_count() == 1 && network.end_to_end_map(Vector::Zero(layout.size())));
}

/// S with N(u) = <S, W_m ... W_1>: row i is the derivative by a row of W_1, where the other matrices hand
/// that row through to output i.
Matrix derivative_by_product(Correlation& correlation) {
  const Layout& layout = correlation.network().layout();
  const int m = layout.layer_count();
  const Index outputs = layout.layer(m - 1).rows;
  Matrix s(outputs, layout.layer(0).cols);
  Vector gradient(layout.size());
  for (Index i = 0; i < outputs; ++i) {
    Vector u = Vector::Zero(layout.size());
    for (int l = 1; l < m; ++l) layout.matrix(u, l)(l + 1 == m ? i : 0, 0) = 1;
    correlation.gradient(u, gradient);
    const Vector& known = gradient;
    s.row(i) = layout.matrix(known, 0).row(m == 1 ? i : 0);
  }
  return s;
}

Index checked_rank(std::optional<Index> rank, Index most, const char* what) {
  if (most < 1) throw InputError(fmt::format("init.kind: found \"aligned\", but there are no {}", what));
  if (rank && *rank > most)
    throw InputError(
        fmt::format("init.rank: found {}, expected at most {}, the number of {}", *rank, most, what));
  return rank.value_or(most);
}

Vector aligned_matrices(Correlation& correlation, std::optional<Index> wanted, std::uint64_t seed) {
  const Layout& layout = correlation.network().layout();
  const int m = layout.layer_count();
  const ThinSvd svd = thin_svd(derivative_by_product(correlation));
  Index most = (svd.values.array() > kZeroMode * svd.values[0]).count();
  for (int l = 0; l + 1 < m; ++l) most = std::min(most, layout.layer(l).rows);
  const Index rank = checked_rank(wanted, most, "modes that data and widths admit");
  Random random(seed);
  Vector w(layout.size());
  Matrix right = svd.v.leftCols(rank);
  for (int l = 0; l < m; ++l) {
    const Matrix left =
        l + 1 == m ? Matrix(svd.u.leftCols(rank)) : random.orthonormal_columns(layout.layer(l).rows, rank);
    layout.matrix(w, l) = left * right.transpose();
    right = left;
  }
  return w.normalized();
}

/// Directions of positive value of one neuron, the best first.
std::vector<Vector> growing_directions(const Objective& objective, Index neuron, std::uint64_t seed) {
  const std::optional<NeuronFunction> function = objective.network().neuron_function(neuron);
  if (!function)
    throw InputError(fmt::format("init.kind: found \"aligned\" with {}, whose neurons have no function known",
                                 objective.network().kind()));
  Dataset data = objective.data();
  data.inputs = Matrix(data.inputs(function->inputs, Eigen::all));
  const Objective alone(function->network, std::move(data), objective.loss());
  Correlation correlation(alone);
  KktSearchOptions options;
  options.seed = seed;
  options.descend = false;
  std::vector<Vector> directions;
  if (correlation.residual_at_origin().isZero(0)) return directions;
  for (const KktEntry& entry : find_kkt_points(correlation, options).entries)
    if (entry.point.value > 0 && !entry.point.null) directions.push_back(entry.point.direction);
  return directions;
}

void put_neuron(const Network& network, Index k, const Vector& direction, Vector& w) {
  w(neuron_parameters(network, k)) = direction;
}

Vector aligned_neurons(const Objective& objective, std::optional<Index> rank, std::uint64_t seed) {
  const Network& network = objective.network();
  const auto count = static_cast<Index>(network.neurons().size());
  Vector w = Vector::Zero(network.parameter_count());
  if (network.traits().permutable()) {
    const std::vector<Vector> directions = growing_directions(objective, 0, seed);
    const Index used =
        checked_rank(rank, static_cast<Index>(directions.size()), "KKT points of positive value of a neuron");
    for (Index k = 0; k < count; ++k)
      put_neuron(network, k, directions[static_cast<std::size_t>(k % used)], w);
    return w.normalized();
  }
  if (rank)
    throw InputError(fmt::format("init.rank: found {} with {}, every neuron of which has its own input",
                                 *rank, network.kind()));
  for (Index k = 0; k < count; ++k) {
    const std::vector<Vector> directions = growing_directions(objective, k, seed);
    if (!directions.empty()) put_neuron(network, k, directions.front(), w);
  }
  if (!(w.norm() > 0))
    throw InputError("init.kind: found \"aligned\", but no neuron has a KKT point of positive value");
  return w.normalized();
}

}  // namespace

Vector aligned_direction(const Objective& objective, std::optional<Index> rank, std::uint64_t seed) {
  const Network& network = objective.network();
  require_homogeneous(network, "init.kind: found \"aligned\"");
  if (multiplies_matrices(network)) {
    Correlation correlation(objective);
    return aligned_matrices(correlation, rank, seed);
  }
  if (!network.traits().separable)
    throw InputError(
        fmt::format("init.kind: found \"aligned\" with {}, expected linear layers or a network "
                    "that is a sum over the neurons of one hidden layer (trait separable)",
                    network.description()));
  return aligned_neurons(objective, rank, seed);
}

}  // namespace saddleflow

#include "saddleflow/study/structured_start.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

namespace saddleflow {

namespace {

Matrix low_rank_layer(const LayerShape& shape, Index rank, Real eps, Random& random) {
  const Index r = std::min({rank, shape.rows, shape.cols});
  const Matrix left = random.normal_matrix(shape.rows, r), right = random.normal_matrix(r, shape.cols);
  return (left * right).normalized() + eps * random.normal_matrix(shape.rows, shape.cols).normalized();
}

void require_rank(const Network& network, const std::vector<int>& matrices, Index rank) {
  if (matrices.empty())
    throw InputError(
        fmt::format("init.kind: found \"low_rank\" with {}, whose weights are no matrices", network.kind()));
  Index largest = 0;
  for (const int l : matrices) {
    const LayerShape& shape = network.layout().layer(l);
    largest = std::max(largest, std::min(shape.rows, shape.cols));
  }
  if (rank > largest)
    throw InputError(fmt::format(
        "init.rank: found {}, expected at most {}, the largest rank of a weight matrix", rank, largest));
}

/// Where the parameters of `narrow` lie in `wide`: neuron by neuron where the outputs are sums over neurons,
/// place by place in a layered network.
std::vector<Index> places_in(const Network& wide, const Network& narrow) {
  std::vector<Index> places(static_cast<std::size_t>(narrow.parameter_count()), Index(-1));
  const auto put = [&](Index from, Index to) { places[static_cast<std::size_t>(from)] = to; };
  if (wide.traits().layered) {
    for (Index i = 0; i < narrow.parameter_count(); ++i) {
      const ParameterPlace place = narrow.layout().place(i);
      const LayerShape& shape = wide.layout().layer(place.layer);
      put(i, shape.offset + place.column * shape.rows + place.row);
    }
    return places;
  }
  if (!wide.traits().separable)
    throw InputError(
        fmt::format("init.added_scale: found a {} network, expected one with the trait layered or separable",
                    wide.kind()));
  for (std::size_t k = 0; k < narrow.neurons().size(); ++k) {
    const Neuron &from = narrow.neurons()[k], &to = wide.neurons()[k];
    for (std::size_t i = 0; i < from.incoming.size(); ++i) put(from.incoming[i], to.incoming[i]);
    for (std::size_t i = 0; i < from.outgoing.size(); ++i) put(from.outgoing[i], to.outgoing[i]);
  }
  return places;
}

void require_wider(const Network& network, const std::vector<Index>& widths) {
  const std::vector<Index> own = hidden_widths(network);
  bool fits = own.size() == widths.size() && own != widths;
  for (std::size_t l = 0; fits && l < own.size(); ++l) fits = widths[l] <= own[l];
  if (!fits)
    throw InputError(fmt::format(
        "init.added_scale: found hidden widths {} in the file and {} in the study, expected a wider network",
        fmt::join(widths, ", "), fmt::join(own, ", ")));
}

}  // namespace

Vector low_rank_direction(const Network& network, Index rank, Real eps, std::uint64_t seed) {
  const std::vector<int> matrices = network.weight_matrices();
  require_rank(network, matrices, rank);
  Random random(seed);
  const Layout& layout = network.layout();
  Vector w(layout.size());
  for (int l = 0; l < layout.layer_count(); ++l) {
    const LayerShape& shape = layout.layer(l);
    const bool is_matrix = std::find(matrices.begin(), matrices.end(), l) != matrices.end();
    layout.matrix(w, l) = is_matrix ? low_rank_layer(shape, rank, eps, random)
                                    : Matrix(random.normal_matrix(shape.rows, shape.cols).normalized());
  }
  return w.normalized();
}

Vector with_layer_norms(const Network& network, Vector w, const std::vector<Real>& norms) {
  const Layout& layout = network.layout();
  if (static_cast<int>(norms.size()) != layout.layer_count())
    throw InputError(fmt::format("init.layer_scales: found {} numbers, expected {}, one for each layer of {}",
                                 norms.size(), layout.layer_count(), network.description()));
  for (int l = 0; l < layout.layer_count(); ++l) {
    const Real found = layout.matrix(w, l).norm(), norm = norms[static_cast<std::size_t>(l)];
    if (!(found > 0) && norm > 0)
      throw InputError(fmt::format("init.layer_scales: layer {} of the start is zero", l + 1));
    if (found > 0) layout.matrix(w, l) *= norm / found;
  }
  if (!(w.norm() > 0)) throw InputError("init.layer_scales: found zeros alone, expected a number above 0");
  return w.normalized();
}

Vector perturbed(const Vector& w, Real eps, std::uint64_t seed) {
  Random random(seed);
  return w + eps * w.norm() * random.unit_vector(w.size());
}

Vector widened(const Network& network, const std::vector<Index>& widths, const Vector& narrow,
               Real added_norm, std::uint64_t seed) {
  require_wider(network, widths);
  const std::shared_ptr<const Network> smaller = network.with_hidden_widths(widths);
  const std::vector<Index> places = places_in(network, *smaller);
  Vector w = Random(seed).unit_vector(network.parameter_count());
  w(places).setZero();
  w *= added_norm / w.norm();
  w(places) = narrow;
  return w;
}

}  // namespace saddleflow

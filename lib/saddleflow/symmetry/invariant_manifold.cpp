#include "saddleflow/symmetry/invariant_manifold.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/symmetry/neuron_clusters.hpp"
#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow {
namespace {

constexpr Real kNoManifold = std::numeric_limits<Real>::quiet_NaN();

/// The degree of what one neuron adds in its own weights.
int degree_of_neuron(const Network& network) {
  if (network.traits().separable) return network.degree();
  const bool ends = network.neurons().front().outgoing.empty();
  return network.activation().power() + (ends ? 0 : 1);
}

ClusterProblem neurons_of(const Network& network, const Vector& w, int layer) {
  const NeuronSymmetry symmetry(network);
  const Matrix in = symmetry.incoming(layer, w), out = symmetry.outgoing(layer, w);
  ClusterProblem problem;
  problem.neurons.resize(in.cols() + out.cols(), in.rows());
  problem.neurons << in.transpose(), out.transpose();
  problem.incoming = in.cols();
  problem.sign = symmetry.sign();
  const int degree = degree_of_neuron(network);
  problem.rays = degree == 2;
  problem.zero_costs = in.rowwise().squaredNorm();
  if (degree <= 2) problem.zero_costs += out.rowwise().squaredNorm();
  if (degree < 2) problem.zero_costs.setConstant(std::numeric_limits<Real>::infinity());
  return problem;
}

/// Entry h: the root of the sum of all but the h largest.
Vector tails(Vector squares, Index width) {
  std::ranges::sort(squares, std::greater());
  Vector distances = Vector::Zero(width + 1);
  Real sum = 0;
  for (Index h = squares.size(); h-- > 0;) {
    sum += squares[h];
    distances[h] = std::sqrt(sum);
  }
  return distances;
}

Vector scaled_distances(ManifoldKind kind, const ClusterProblem& problem) {
  switch (kind) {
    case ManifoldKind::rank:
      return tails(singular_values(problem.neurons).array().square(), problem.size());
    case ManifoldKind::neurons:
      return tails(problem.zero_costs, problem.size());
    case ManifoldKind::rays:
    case ManifoldKind::equal:
      break;
  }
  const Vector costs = cluster_costs(problem);
  return costs.unaryExpr(
      [](Real cost) { return cost < std::numeric_limits<Real>::infinity() ? std::sqrt(cost) : kNoManifold; });
}

}  // namespace

ManifoldKind manifold_kind(const Network& network) {
  const NetworkTraits traits = network.traits();
  if (traits.rotates()) return ManifoldKind::rank;
  if (!traits.permutable()) return ManifoldKind::neurons;
  return degree_of_neuron(network) == 2 ? ManifoldKind::rays : ManifoldKind::equal;
}

bool has_invariant_manifolds(const Network& network) {
  return !network.neurons().empty() && network.traits().homogeneous;
}

Vector manifold_distances(const Network& network, const Vector& w, int layer) {
  if (layer < 0 || layer >= network.hidden_layer_count())
    throw std::out_of_range("manifold_distances: no such hidden layer");
  // In units of the largest weight, squares neither underflow nor overflow.
  const Real size = w.size() > 0 && w.allFinite() ? w.cwiseAbs().maxCoeff() : kNoManifold;
  const ClusterProblem problem = neurons_of(network, size > 0 ? Vector(w / size) : w, layer);
  if (!(size >= 0)) return Vector::Constant(problem.size() + 1, kNoManifold);
  return (size > 0 ? size : Real(1)) * scaled_distances(manifold_kind(network), problem);
}

}  // namespace saddleflow

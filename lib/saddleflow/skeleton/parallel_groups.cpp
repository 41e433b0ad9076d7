#include "saddleflow/skeleton/parallel_groups.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/correlation/separable.hpp"

namespace saddleflow {

namespace {

// Sine of the angle between neurons of one direction, to which NCF flows settle them.
constexpr Real kParallel = Real(1e-6);

bool parallel(const Vector& a, const Vector& b) {
  return (a.stableNormalized() - b.stableNormalized()).norm() <= kParallel;
}

void put_neuron(const Network& network, Vector& w, Index k, const Vector& weights) {
  w(neuron_parameters(network, k)) = weights;
}

}  // namespace

std::vector<ParallelGroup> parallel_groups(const Network& network, const Vector& w,
                                           const std::vector<Index>& neurons) {
  std::vector<ParallelGroup> groups;
  for (const Index k : neurons) {
    const Vector own = neuron_weights(network, w, k);
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const ParallelGroup& group) {
      return network.degree() == 2 && parallel(neuron_weights(network, w, group.neurons[0]), own);
    });
    ParallelGroup& group = same == groups.end() ? groups.emplace_back() : *same;
    group.neurons.push_back(k);
    group.shares.push_back(own.norm());
  }
  for (ParallelGroup& group : groups) {
    Eigen::Map<Vector> shares(group.shares.data(), static_cast<Index>(group.shares.size()));
    shares /= shares.norm();
  }
  return groups;
}

Vector gathered(const Network& network, const Vector& w, const std::vector<ParallelGroup>& groups) {
  Vector result = w;
  for (const ParallelGroup& group : groups) {
    const Vector first = neuron_weights(network, w, group.neurons[0]);
    for (const Index k : group.neurons) put_neuron(network, result, k, Vector::Zero(first.size()));
    put_neuron(network, result, group.neurons[0], first / group.shares[0]);
  }
  return result;
}

Vector distributed(const Network& network, const Vector& w, const std::vector<ParallelGroup>& groups) {
  Vector result = w;
  for (const ParallelGroup& group : groups) {
    const Vector first = neuron_weights(network, w, group.neurons[0]);
    for (std::size_t i = 0; i < group.neurons.size(); ++i)
      put_neuron(network, result, group.neurons[i], group.shares[i] * first);
  }
  return result;
}

}  // namespace saddleflow

#include "saddleflow/network/weights_of_neurons.hpp"

#include <algorithm>

namespace saddleflow {

std::vector<Index> weights_of(const Neuron& neuron) {
  std::vector<Index> all = neuron.incoming;
  all.insert(all.end(), neuron.outgoing.begin(), neuron.outgoing.end());
  return all;
}

bool partitions_weights(const Network& network) {
  std::vector<int> owners(static_cast<std::size_t>(network.parameter_count()), 0);
  for (const Neuron& neuron : network.neurons())
    for (const Index i : weights_of(neuron)) ++owners[static_cast<std::size_t>(i)];
  return std::all_of(owners.begin(), owners.end(), [](int count) { return count == 1; });
}

}  // namespace saddleflow

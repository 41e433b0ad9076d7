#include "saddleflow/network/neuron_groups.hpp"

namespace saddleflow {

ParameterGroups incoming_and_outgoing_groups(const std::vector<Neuron>& neurons, Index parameters) {
  ParameterGroups groups;
  groups.first.assign(static_cast<std::size_t>(parameters), -1);
  groups.second.assign(static_cast<std::size_t>(parameters), -1);
  const auto put = [&groups](const std::vector<Index>& weights) {
    for (const Index i : weights) groups.first[static_cast<std::size_t>(i)] = groups.count;
    ++groups.count;
  };
  for (const Neuron& neuron : neurons) put(neuron.incoming);
  for (const Neuron& neuron : neurons) put(neuron.outgoing);
  return groups;
}

}  // namespace saddleflow

#include "saddleflow/correlation/neuron_sum.hpp"

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/network/weights_of_neurons.hpp"

namespace saddleflow {

bool NeuronSum::applies_to(const Network& network) {
  return is_separable(network) && network.degree() >= 2 && network.neurons().size() >= 2 &&
         partitions_weights(network);
}

NeuronSum::NeuronSum(Correlation& whole) : whole_(whole) {
  const Network& network = whole.network();
  neuron_ =
      std::make_unique<Correlation>(Objective(network.with_hidden_widths({1}), whole.data(), whole.loss()));
  for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k)
    parameters_.push_back(neuron_parameters(network, k));
}

NeuronSum::~NeuronSum() { whole_.set_counters(whole_.counters() + in_whole_networks(take_work(), count())); }

WorkCounters NeuronSum::take_work() {
  const WorkCounters work = neuron_->counters();
  neuron_->set_counters({});
  return work;
}

WorkCounters in_whole_networks(const WorkCounters& of_neuron, Index count) {
  const auto part = [count](std::int64_t calls) { return (calls + count - 1) / count; };
  return {part(of_neuron.values), part(of_neuron.gradients), part(of_neuron.hessian_vectors),
          part(of_neuron.hessians)};
}

}  // namespace saddleflow

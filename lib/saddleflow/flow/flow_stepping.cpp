#include "saddleflow/flow/flow_stepping.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/network/means_network.hpp"

namespace saddleflow {
namespace {

// Rounding of a step of dop853, in units of epsilon |x|: twelve stages of it, with coefficients up to
// forty. With less, its steps hang where rounding is all the error they have, well below the stability
// limit that hands a plateau over to the stiff method.
constexpr Real kRoundingOfDop853 = 1000;

// Where the activation is linear on either side a neuron's incoming weights may pass through zero in finite
// time (balance leaves them the difference to the outgoing ones) and must not be resolved down to that: the
// neuron's size is that of both.
ErrorGroups whole_neurons(const Network& network) {
  ErrorGroups groups;
  const auto size = static_cast<std::size_t>(network.parameter_count());
  groups.first.assign(size, -1);
  groups.second.assign(size, -1);
  const auto put = [&groups](const std::vector<Index>& parameters, int neuron) {
    for (const Index parameter : parameters) {
      const auto i = static_cast<std::size_t>(parameter);
      (groups.first[i] < 0 ? groups.first[i] : groups.second[i]) = neuron;
    }
  };
  const std::vector<Neuron>& neurons = network.neurons();
  groups.count = static_cast<int>(neurons.size());
  for (int k = 0; k < groups.count; ++k) put(neurons[static_cast<std::size_t>(k)].incoming, k);
  for (int k = 0; k < groups.count; ++k) put(neurons[static_cast<std::size_t>(k)].outgoing, k);
  return groups;
}

// The loss is a function of degree p + 1 in the weights of an inactive neuron of a layered network, and of
// that of the network if the outputs are a sum over neurons.
Growth growth_of(const Network& network) {
  Growth growth;
  if (network.neurons().empty()) return growth;
  ErrorGroups groups = whole_neurons(network);
  growth.first = std::move(groups.first);
  growth.second = std::move(groups.second);
  growth.count = groups.count;
  const NetworkTraits traits = network.traits();
  const int degree = traits.separable ? network.degree() : network.activation().power() + 1;
  if (traits.homogeneous && degree >= 2) growth.degree = degree;
  return growth;
}

/// The neurons of a layer, if the network is the same with any two of them exchanged.
ExchangeableGroups exchangeable_neurons(const Network& network) {
  ExchangeableGroups groups;
  if (!network.traits().permutable()) return groups;
  for (const Neuron& neuron : network.neurons()) {
    std::vector<Index> members = neuron.incoming;
    members.insert(members.end(), neuron.outgoing.begin(), neuron.outgoing.end());
    groups.members.push_back(std::move(members));
    groups.kinds.push_back(neuron.layer);
  }
  return groups;
}

}  // namespace

StepperOptions flow_stepping(const Network& network, Real rtol, Real energy_unit, Real kappa) {
  StepperOptions options;
  const ParameterGroups groups = network.groups();
  options.groups = PiecewiseFlow::applies_to(network)
                       ? whole_neurons(network)
                       : ErrorGroups{groups.first, groups.second, groups.count, {}};
  options.error.rtol = rtol;
  options.error.displacement = kappa * std::sqrt(rtol);
  options.error.quadratures = 1;
  options.error.quadrature_scale = energy_unit > 0 ? energy_unit : Real(1);
  options.growth = growth_of(network);
  options.exchangeable = exchangeable_neurons(network);
  options.smooth = network.traits().polynomial();
  options.kinked = PiecewiseFlow::applies_to(network);
  if (options.smooth) options.error.rounding = kRoundingOfDop853;
  return options;
}

void separate_lone_inputs(const Objective& objective, ErrorGroups& groups) {
  const Network& network = objective.network();
  if (groups.first.empty() || network.neurons().empty() || network.activation().power() < 2) return;
  if (as_means(network) != nullptr) return;  // its data are no samples
  const Matrix& inputs = objective.columns();
  const LayerShape& first = network.layout().layer(0);
  if (first.cols != inputs.rows()) return;
  for (Index a = 0; a < first.cols; ++a) {
    bool lone = true;
    for (Index i = 0; lone && i < inputs.cols(); ++i)
      lone = inputs(a, i) == 0 || (inputs.col(i).array() != 0).count() == 1;
    for (Index j = 0; lone && j < first.rows; ++j)
      groups.first[static_cast<std::size_t>(first.offset + a * first.rows + j)] = groups.count++;
  }
}

}  // namespace saddleflow

#include "saddleflow/correlation/separable.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/network/weights_of_neurons.hpp"

namespace saddleflow {
namespace {

/// The entry that `point` is, appended if there is none.
Index entry_of(Correlation& correlation, const KktPoint& point, Real tolerance, KktTable& table) {
  for (std::size_t k = 0; k < table.entries.size(); ++k) {
    const KktPoint& known = table.entries[k].point;
    if (!known.null && equivalent(correlation, known.direction, point.direction))
      return static_cast<Index>(k);
  }
  table.entries.push_back(certify(correlation, point, tolerance));
  return static_cast<Index>(table.entries.size()) - 1;
}

NeuronFate fate_of(Correlation& correlation, const Vector& weights, const KktSearchOptions& options,
                   KktTable& table) {
  NeuronFate fate;
  if (!(weights.stableNorm() > 0)) {
    fate.dies = true;
    fate.flow.end = NcfEnd::stands;
    fate.flow.direction = weights;
    return fate;
  }
  fate.start_value = correlation.value(weights.stableNormalized());
  // The limit is polished, so the flow need only tell the basin; kinks make its steps short.
  NcfFlowOptions flow_options;
  flow_options.steps = correlation.network().traits().kinked() ? kBasinSteps : kNcfSteps;
  fate.flow = follow_ncf_flow(correlation, weights, flow_options);
  fate.dies = fate.flow.end == NcfEnd::stands || fate.flow.end == NcfEnd::collapsed;
  if (fate.dies) return fate;
  const KktPoint point = polish_kkt_point(correlation, fate.flow.direction, options.tolerance);
  fate.dies = point.null;
  fate.unresolved = point.residual > options.tolerance;
  if (!fate.dies && !fate.unresolved) fate.limit = entry_of(correlation, point, options.tolerance, table);
  return fate;
}

}  // namespace

bool is_separable(const Network& network) {
  const NetworkTraits traits = network.traits();
  return traits.separable && traits.permutable();
}

std::vector<Index> neuron_parameters(const Network& network, Index k) {
  return weights_of(network.neurons()[static_cast<std::size_t>(k)]);
}

Vector neuron_weights(const Network& network, const Vector& w, Index k) {
  return w(neuron_parameters(network, k));
}

SeparableAnalysis analyse_neurons(const Objective& objective, const Vector& w,
                                  const KktSearchOptions& options) {
  const Network& network = objective.network();
  if (!is_separable(network))
    throw InputError(
        fmt::format("decomposition by neurons: found {} with {} weight matrices, expected one "
                    "hidden layer of neurons that can change places (traits separable and permutable)",
                    network.kind(), network.layout().layer_count()));
  if (w.size() != objective.size())
    throw InputError(fmt::format("weights: found {} numbers, expected {}", w.size(), objective.size()));
  SeparableAnalysis analysis;
  analysis.neuron = network.with_hidden_widths({1});
  const Objective alone(analysis.neuron, objective.data(), objective.loss());
  Correlation correlation(alone);
  analysis.limits = find_kkt_points(correlation, options);
  for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k)
    analysis.fates.push_back(fate_of(correlation, neuron_weights(network, w, k), options, analysis.limits));
  return analysis;
}

}  // namespace saddleflow

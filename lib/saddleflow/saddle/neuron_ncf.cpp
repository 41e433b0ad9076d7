#include "saddleflow/saddle/neuron_ncf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "saddleflow/network/means_network.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/saddle/layer_signals.hpp"

namespace saddleflow {

namespace {

// Zero neurons of a layer that are looked at together. One is what a rank-one KKT point needs; with a second
// those are found that have two, of either sign say. More of them make the search larger for copies of these
// directions.
constexpr std::size_t kMostTogether = 2;

std::vector<Index> nonzero_rows(const Matrix& m) {
  std::vector<Index> rows;
  for (Index i = 0; i < m.rows(); ++i)
    if (!m.row(i).isZero(0)) rows.push_back(i);
  return rows;
}

// The residual is that of a square loss with zero outputs: -l'(0, y) = y.
std::shared_ptr<Objective> with_residual(std::shared_ptr<const Network> network, const Matrix& inputs,
                                         const Matrix& residual) {
  Dataset data;
  data.inputs = inputs;
  data.targets = residual;
  data.origin = "saddle";
  return std::make_shared<Objective>(std::move(network), std::move(data), Loss());
}

void build_hidden(const LayerSignals& signals, const Activation& activation, NeuronNcf& ncf) {
  ncf.fed_by = nonzero_rows(signals.below);
  ncf.feeds = nonzero_rows(signals.residual);
  if (ncf.fed_by.empty() || ncf.feeds.empty()) return;
  const Matrix inputs = signals.below(ncf.fed_by, Eigen::all);
  const Matrix residual = signals.residual(ncf.feeds, Eigen::all);
  ncf.neuron = with_residual(feed_forward({inputs.rows(), 1, residual.rows()}, activation), inputs, residual);
}

Matrix output_residual(const Objective& objective, const Vector& w) {
  Objective copy(objective.shared_network(), objective.data(), objective.loss());
  Matrix residual;
  objective.loss().derivative(copy.outputs(w), objective.data().targets, residual);
  return -residual;
}

// What layer_signals() needs.
bool shows_layers(const Network& network) {
  const NetworkTraits traits = network.traits();
  return traits.layered && traits.pre_activations;
}

// Of a network that is a sum over its neurons; nothing where the network does not tell.
void build_separable(const Objective& objective, const Vector& w, NeuronNcf& ncf) {
  std::optional<NeuronProblem> problem = neuron_problem(
      objective.network(), ncf.neurons[0], w, objective.data().inputs, output_residual(objective, w));
  if (!problem) return;
  const Neuron& neuron = objective.network().neurons()[static_cast<std::size_t>(ncf.neurons[0])];
  for (std::size_t i = 0; i < neuron.incoming.size(); ++i) ncf.fed_by.push_back(static_cast<Index>(i));
  for (std::size_t i = 0; i < neuron.outgoing.size(); ++i) ncf.feeds.push_back(static_cast<Index>(i));
  ncf.neuron = with_residual(std::move(problem->network), problem->inputs, problem->residual);
}

// Neurons that share one function.
std::vector<NeuronNcf> grouped(const Network& network, const std::vector<Index>& zero_neurons) {
  const bool alone = !network.traits().permutable();
  std::map<Index, NeuronNcf> groups;
  for (const Index k : zero_neurons) {
    const int layer = network.neurons()[static_cast<std::size_t>(k)].layer;
    NeuronNcf& group = groups[alone ? k : Index(layer)];
    group.layer = layer;
    group.neurons.push_back(k);
  }
  std::vector<NeuronNcf> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

// One list of neuron indices per layer of weights' ends: inputs, zero neurons of each hidden layer, outputs.
std::vector<std::vector<Index>> path_places(const Network& network, const std::vector<Index>& zero_neurons) {
  const std::vector<Index> sizes = network.layer_sizes();
  std::vector<std::vector<Index>> places(sizes.size());
  for (const std::size_t end : {std::size_t(0), sizes.size() - 1})
    for (Index i = 0; i < sizes[end]; ++i) places[end].push_back(i);
  for (const Index k : zero_neurons) {
    const Neuron& neuron = network.neurons()[static_cast<std::size_t>(k)];
    std::vector<Index>& layer = places[static_cast<std::size_t>(neuron.layer) + 1];
    if (layer.size() < kMostTogether) layer.push_back(neuron.index);
  }
  return places;
}

// Exponential growth reaches norm 1 when the rest of the way, ln(1/rho) / (2N), is done.
Real log_departure_time(const NcfFlowResult& flow, const NeuronNcf& ncf) {
  constexpr Real never = std::numeric_limits<Real>::infinity();
  if (!(flow.value > kLeastValue * correlation_unit(*ncf.neuron))) return never;
  if (flow.end == NcfEnd::blow_up) return flow.log_time;
  if (flow.end != NcfEnd::grows || ncf.degree() != 2) return never;
  return std::log(std::max(flow.time - flow.log_norm / (2 * flow.value), Real(0)));
}

}  // namespace

Vector NeuronNcf::weights_of(const Network& network, const Vector& w, Index k) const {
  const Neuron& place = network.neurons()[static_cast<std::size_t>(k)];
  Vector ab(static_cast<Index>(fed_by.size() + feeds.size()));
  Index at = 0;
  for (const Index i : fed_by) ab[at++] = w[place.incoming[static_cast<std::size_t>(i)]];
  for (const Index i : feeds) ab[at++] = w[place.outgoing[static_cast<std::size_t>(i)]];
  return ab;
}

Vector NeuronNcf::embed(const Network& network, const Vector& ab, Index k) const {
  const Neuron& place = network.neurons()[static_cast<std::size_t>(k)];
  Vector w = Vector::Zero(network.parameter_count());
  Index at = 0;
  for (const Index i : fed_by) w[place.incoming[static_cast<std::size_t>(i)]] = ab[at++];
  for (const Index i : feeds) w[place.outgoing[static_cast<std::size_t>(i)]] = ab[at++];
  return w;
}

bool has_neuron_ncf(const Network& network, Index neuron) {
  return shows_layers(network) || has_neuron_problem(network, neuron);
}

std::vector<NeuronNcf> neuron_ncfs(const Objective& objective, const Vector& w,
                                   const std::vector<Index>& zero_neurons, const KktSearchOptions& options,
                                   const ActivationPattern* pattern) {
  const Network& network = objective.network();
  const Vector kept = put_to_zero(network, w, zero_neurons);
  std::vector<LayerSignals> signals;
  const bool layered = shows_layers(network);
  if (layered) signals = layer_signals(objective, kept, pattern);
  std::vector<NeuronNcf> result;
  for (NeuronNcf& ncf : grouped(network, zero_neurons)) {
    if (layered)
      build_hidden(signals[static_cast<std::size_t>(ncf.layer)], network.activation(), ncf);
    else
      build_separable(objective, kept, ncf);
    if (!ncf.neuron) continue;
    Correlation correlation(*ncf.neuron);
    ncf.table = find_kkt_points(correlation, options);
    result.push_back(std::move(ncf));
  }
  return result;
}

std::optional<PathNcf> path_ncf(const Objective& objective, const Vector& w,
                                const std::vector<Index>& zero_neurons, const KktSearchOptions& options) {
  const Network& network = objective.network();
  const Layout& layout = network.layout();
  if (!network.traits().layered || layout.layer_count() < 3) return std::nullopt;
  const std::vector<std::vector<Index>> places = path_places(network, zero_neurons);
  std::vector<Index> sizes;
  for (const std::vector<Index>& layer : places) {
    if (layer.empty()) return std::nullopt;
    sizes.push_back(static_cast<Index>(layer.size()));
  }
  PathNcf path;
  for (int l = 0; l < layout.layer_count(); ++l)
    for (const Index column : places[static_cast<std::size_t>(l)])
      for (const Index row : places[static_cast<std::size_t>(l) + 1])
        path.parameters.push_back(layout.layer(l).offset + column * layout.layer(l).rows + row);
  path.network = with_residual(feed_forward(sizes, network.activation()), objective.data().inputs,
                               output_residual(objective, put_to_zero(network, w, zero_neurons)));
  Correlation correlation(*path.network);
  path.table = find_kkt_points(correlation, options);
  return path;
}

std::vector<Departure> predict_departures(const Network& network, const std::vector<NeuronNcf>& ncfs,
                                          const Vector& w) {
  std::vector<Departure> departures;
  for (const NeuronNcf& ncf : ncfs) {
    Correlation correlation(*ncf.neuron);
    for (const Index k : ncf.neurons) {
      const Vector ab = ncf.weights_of(network, w, k);
      const Real largest = ab.cwiseAbs().maxCoeff();
      if (!(largest > 0)) continue;
      Departure d;
      const WorkCounters before = correlation.counters();
      d.layer = ncf.layer;
      d.neuron = k;
      d.flow = follow_ncf_flow(correlation, ab);
      d.work = correlation.counters() - before;
      d.log_time = log_departure_time(d.flow, ncf);
      d.alignment = d.flow.direction.dot((ab / largest).normalized());
      departures.push_back(std::move(d));
    }
  }
  std::stable_sort(departures.begin(), departures.end(),
                   [](const Departure& a, const Departure& b) { return a.log_time < b.log_time; });
  return departures;
}

}  // namespace saddleflow

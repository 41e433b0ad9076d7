#include "example_pursuit.hpp"

#include <array>
#include <cmath>

#include "saddleflow/network/birth_order.hpp"

namespace saddleflow::report {

namespace {

using namespace saddleflow::archive;
using Place = saddleflow::ParameterPlace;

constexpr std::int64_t rounds = 6, steps_a_round = 60;
/// Hidden layer that grows in each round after round 0.
constexpr std::array<int, rounds - 1> growth{0, 1, 0, 0, 1};

BirthOrder order_after(int inputs, std::int64_t round) {
  BirthOrder order(Layout({{1, inputs}, {1, 1}, {1, 1}}));
  for (std::int64_t k = 0; k < round; ++k) order.append_neuron(growth[static_cast<std::size_t>(k)]);
  return order;
}

double loss_at_end(std::int64_t round) { return round < 0 ? 1.5 : std::pow(0.22, double(round + 1)); }

/// In the order of birth; every neuron has a size and a direction of its own, and grows in its round.
std::vector<double> weights(const BirthOrder& order, double newest) {
  std::vector<double> w;
  for (const Place& place : order.places()) {
    const auto seed = double(3 * place.layer + 5 * place.row + 7 * place.column);
    w.push_back(std::sin(1.3 + 2.1 * seed) / (1 + 0.3 * double(place.row)));
  }
  const std::vector<Place> neurons = order.neurons();
  const Place& last = neurons.back();
  for (std::size_t i = 0; i < w.size(); ++i) {
    const Place& p = order.places()[i];
    if (p.layer == last.layer && p.row == last.row) w[i] *= newest;
  }
  return w;
}

std::vector<double> neuron_norms(const BirthOrder& order, double newest) {
  std::vector<double> norms;
  for (const Place& neuron : order.neurons()) norms.push_back(1.1 / (1 + 0.2 * double(neuron.row)));
  norms.back() *= newest;
  return norms;
}

void describe(RunDescription& d, int inputs, const BirthOrder& order) {
  const Layout layout = order.layout();
  d.title = "a network that grows";
  d.command = "example_pursuit";
  d.network_kind = "feed_forward";
  d.network_traits = {"layered", "pre_activations", "growable", "permutations"};
  d.activation = "squared ReLU";
  d.layer_sizes = {inputs, layout.layer(0).rows, layout.layer(1).rows, 1};
  d.slope = 0;
  d.power = 2;
  d.degree = 7;
  for (const Place& place : order.places()) {
    d.parameter_layer.push_back(place.layer);
    d.parameter_row.push_back(place.row);
    d.parameter_column.push_back(place.column);
  }
  for (const Place& neuron : order.neurons()) {
    d.neuron_layer.push_back(neuron.layer);
    d.neuron_index.push_back(neuron.row);
  }
  d.layer_count = 3;
  d.loss = "square";
  d.reduction = "mean";
  d.data_origin = "made up";
  d.sample_count = d.output_count = 1;
  d.input_count = inputs;
  d.inputs.assign(static_cast<std::size_t>(inputs), 1.0);
  d.targets = {1.0};
  d.toml = d.toml_user = "title = \"a network that grows\"\n";
  d.event_kinds = {"end"};
  d.stepper_names = {"dopri5", "rodas5p"};
}

/// The loss rests near that of the point before, then falls to that of the next one.
void add_steps(PursuitRecord& record, int inputs, std::int64_t k) {
  const BirthOrder order = order_after(inputs, k);
  const double before = loss_at_end(k - 1), after = loss_at_end(k);
  for (std::int64_t i = 0; i < steps_a_round; ++i) {
    const double t = double(i) / double(steps_a_round - 1), grown = 1 / (1 + std::exp(25 * (0.6 - t)));
    TimeRow row;
    row.time = 10 * (double(k) + t);
    row.step = k * steps_a_round + i;
    row.loss = before + (after - before) * grown;
    row.gradient_norm = 1e-6 + before * grown * (1 - grown);
    row.weight_norm = 1 + 0.2 * double(k) + 0.2 * grown;
    row.step_size = 0.2;
    row.proximity = row.balance_drift = row.energy_drift = not_known;
    row.layer_norm = {1.0, 0.9, 0.8};
    row.neuron_norm = neuron_norms(order, 1e-3 + grown);
    record.times.push_back(row);
  }
}

RoundRow round(std::int64_t k, int inputs, StepRows steps) {
  const Layout layout = order_after(inputs, k).layout();
  RoundRow row;
  row.loss_before = loss_at_end(k - 1);
  row.loss_start = row.loss_before * (1 - 1e-6);
  row.loss_after = loss_at_end(k);
  row.added_layer = k == 0 ? -1 : growth[static_cast<std::size_t>(k - 1)];
  row.added_neurons = k == 0 ? 2 : 1;
  row.value = 0.4 * std::pow(0.45, double(k));
  row.kkt_residual = 3e-15;
  row.basin_share = 0.75 - 0.1 * double(k);
  row.kind = k + 1 < rounds ? 1 : 2;
  row.gradient_norm = 2e-13;
  row.relative_gradient = 4e-14;
  row.index_negative = k + 1 < rounds ? 1 + k % 2 : 0;
  row.index_zero_explained = k + 2;
  row.index_zero_unexplained = k == 3 ? 1 : 0;
  row.index_positive = 5 * (k + 1);
  row.eigenvalue_gap = 3e7;
  row.lambda_min = k + 1 < rounds ? -0.02 / double(k + 1) : 0.003;
  row.neurons = {layout.layer(0).rows, layout.layer(1).rows, -1};
  row.active_neurons = row.neurons;
  row.next_value = k + 1 < rounds ? 0.4 * std::pow(0.45, double(k + 1)) : 0;
  row.flow_time = 10;
  row.stop = k + 1 < rounds ? 0 : 1;
  row.snapshot_start = 2 * k;
  row.snapshot = 2 * k + 1;
  row.gradients = 400 * (k + 1);
  row.hessian_vectors = 50 * k;
  row.hessians = 12;
  if (steps == StepRows::left_out) return row;
  row.first_time = k * steps_a_round;
  row.test_loss = row.loss_after + 0.01 * double(k + 1);
  row.test_error = 0.5 * std::pow(0.6, double(k)) + 0.02;
  return row;
}

}  // namespace

PursuitRecord example_pursuit(int inputs, StepRows steps) {
  PursuitRecord record;
  describe(record.description, inputs, order_after(inputs, rounds - 1));
  for (std::int64_t k = 0; k < rounds; ++k) {
    const BirthOrder order = order_after(inputs, k);
    record.snapshots.push_back({10 * double(k), weights(order, 1e-3)});
    record.snapshots.push_back({10 * double(k + 1), weights(order, 1)});
    record.rounds.push_back(round(k, inputs, steps));
    if (steps == StepRows::recorded) add_steps(record, inputs, k);
  }
  record.summary.stop_reason = "reached_loss";
  record.summary.numbers = {{"gradients", 8400}, {"hessians", 72}};
  return record;
}

}  // namespace saddleflow::report

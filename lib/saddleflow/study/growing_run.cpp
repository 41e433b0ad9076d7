#include "saddleflow/study/growing_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

/// Inputs, then what each matrix emits.
std::vector<Index> widths(const Layout& layout) {
  std::vector<Index> out{layout.layer(0).cols};
  for (int l = 0; l < layout.layer_count(); ++l) out.push_back(layout.layer(l).rows);
  return out;
}

Vector real_vector(const std::vector<double>& numbers) {
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Index>(numbers.size())).cast<Real>();
}

}  // namespace

BirthOrder birth_order(const archive::RunReader& run) {
  const archive::RunDescription& d = run.description();
  try {
    return {d.parameter_layer, d.parameter_row, d.parameter_column};
  } catch (const InputError& error) {
    throw InputError(run.path() + ": /network: " + error.what());
  }
}

void set_birth_order(archive::RunDescription& description, const BirthOrder& order) {
  archive::RunDescription& d = description;
  d.growing = true;
  d.parameter_layer = d.parameter_row = d.parameter_column = d.neuron_layer = d.neuron_index = {};
  for (const ParameterPlace& place : order.places()) {
    d.parameter_layer.push_back(place.layer);
    d.parameter_row.push_back(place.row);
    d.parameter_column.push_back(place.column);
  }
  for (const ParameterPlace& neuron : order.neurons()) {
    d.neuron_layer.push_back(neuron.layer);
    d.neuron_index.push_back(neuron.row);
  }
}

Vector stored_weights(const archive::RunReader& run, std::int64_t row, const Network& network) {
  const std::vector<double> stored = run.row("weights", row);
  if (!run.description().growing) return real_vector(stored);
  const BirthOrder order = birth_order(run);
  const Index born = order.born(stored);
  const std::vector<Index> found = widths(order.layout(born)), expected = widths(network.layout());
  if (found != expected)
    throw InputError(fmt::format("{}: /weights: row {} is of a network of {}, expected {}", run.path(), row,
                                 fmt::join(found, "-"), fmt::join(expected, "-")));
  return order.canonical(real_vector(stored).head(born));
}

void require_fixed_network(const archive::RunReader& run, const std::string& what) {
  if (!run.description().growing) return;
  throw InputError(fmt::format(
      "{}: its network grows, expected a fixed one for {}; a study with init.kind = \"run\" starts from any "
      "of its snapshots",
      run.path(), what));
}

}  // namespace saddleflow

#include "saddleflow/network/network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

void require_interchangeable(const Network& network, std::string_view what) {
  const NetworkTraits traits = network.traits();
  if (!traits.separable || !traits.permutable())
    throw InputError(
        fmt::format("{}: found {}, expected a network that is a sum over neurons which can change places "
                    "(traits separable and permutable)",
                    what, network.kind()));
}

/// The parameters of these neurons, in the order that they have in the network of these neurons alone.
std::vector<Index> parameters_by_place(const Network& whole, const Network& part,
                                       const std::vector<Index>& kept) {
  std::vector<Index> parameters(static_cast<std::size_t>(part.parameter_count()));
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const Neuron& from = whole.neurons()[static_cast<std::size_t>(kept[k])];
    const Neuron& to = part.neurons()[k];
    for (const auto side : {&Neuron::incoming, &Neuron::outgoing})
      for (std::size_t i = 0; i < (to.*side).size(); ++i)
        parameters[static_cast<std::size_t>((to.*side)[i])] = (from.*side)[i];
  }
  return parameters;
}

}  // namespace

Real ConservedQuantity::value(const Vector& w) const {
  Real sum = 0;
  for (const QuadraticTerm& term : terms) {
    const Real product =
        term.first == term.second ? w(term.first).squaredNorm() : w(term.first).dot(w(term.second));
    sum += term.coefficient * product;
  }
  return sum;
}

std::vector<ConservedQuantity> balances_of(const std::vector<Neuron>& neurons, int power, Balanced which) {
  std::vector<ConservedQuantity> balances;
  const auto p = static_cast<Real>(power);
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const std::size_t first = which == Balanced::each ? k : 0;
    for (std::size_t j = first; j <= k; ++j) {
      const Neuron &a = neurons[j], &b = neurons[k];
      if (a.layer != b.layer) continue;
      balances.push_back({{{1, b.incoming, a.incoming}, {-p, b.outgoing, a.outgoing}},
                          {static_cast<Index>(k), static_cast<Index>(j)}});
    }
  }
  return balances;
}

std::string Network::description() const {
  const std::string sigma = traits().pre_activations ? activation().description() + ", " : "";
  return fmt::format("{} {}, {}degree {}", kind(), fmt::join(layer_sizes(), "-"), sigma, degree());
}

int Network::input_degree() const {
  int degree = 1;
  for (int l = 0; l < hidden_layer_count(); ++l) degree *= activation().power();
  return degree;
}

std::vector<Index> Network::layer_sizes() const { return {input_count(), output_count()}; }

ParameterGroups Network::groups() const {
  ParameterGroups groups;
  const auto size = static_cast<std::size_t>(parameter_count());
  groups.first.assign(size, -1);
  groups.second.assign(size, -1);
  const auto put = [&groups](const std::vector<Index>& parameters) {
    if (parameters.empty()) return;
    for (const Index parameter : parameters) {
      const auto i = static_cast<std::size_t>(parameter);
      (groups.first[i] < 0 ? groups.first[i] : groups.second[i]) = groups.count;
    }
    ++groups.count;
  };
  for (const Neuron& neuron : neurons()) put(neuron.incoming);
  for (const Neuron& neuron : neurons()) put(neuron.outgoing);
  std::vector<Index> others;
  for (std::size_t i = 0; i < size; ++i)
    if (groups.first[i] < 0) others.push_back(static_cast<Index>(i));
  put(others);
  return groups;
}

std::shared_ptr<const Network> Network::with_hidden_widths(const std::vector<Index>&) const {
  throw InputError(fmt::format(
      "hidden widths: found {}, a family of networks whose hidden layers have one width only", kind()));
}

SubNetwork Network::sub_network(const std::vector<std::vector<Index>>& kept) const {
  require_interchangeable(*this, "subset of hidden neurons");
  if (kept.size() != 1 || kept[0].empty())
    throw InputError(
        fmt::format("subset of hidden neurons: found {} lists, expected one that is not empty", kept.size()));
  SubNetwork result{with_hidden_widths({static_cast<Index>(kept[0].size())}), {}};
  result.parameters = parameters_by_place(*this, *result.network, kept[0]);
  return result;
}

const std::vector<Neuron>& Network::neurons() const {
  static const std::vector<Neuron> none;
  return none;
}

std::optional<NeuronFunction> Network::neuron_function(Index) const {
  const NetworkTraits known = traits();
  if (!known.separable || !known.permutable()) return std::nullopt;
  NeuronFunction result{with_hidden_widths({1}), std::vector<Index>(static_cast<std::size_t>(input_count()))};
  std::iota(result.inputs.begin(), result.inputs.end(), Index(0));
  return result;
}

std::vector<int> Network::weight_matrices() const {
  const NetworkTraits known = traits();
  int count = 0;
  if (known.layered)
    count = layout().layer_count();
  else if (known.pre_activations)
    count = hidden_layer_count();
  std::vector<int> layers(static_cast<std::size_t>(count));
  std::iota(layers.begin(), layers.end(), 0);
  return layers;
}

std::optional<Matrix> Network::end_to_end_map(const Vector& w) const {
  if (!traits().layered || !activation().is_linear()) return std::nullopt;
  Matrix product = layout().matrix(w, 0);
  for (int l = 1; l < layout().layer_count(); ++l) product = layout().matrix(w, l) * product;
  return product;
}

std::vector<Neuron> layered_neurons(const Layout& layout) {
  const auto entry = [](const LayerShape& shape, Index row, Index column) {
    return shape.offset + row + column * shape.rows;
  };
  std::vector<Neuron> neurons;
  for (int l = 0; l + 1 < layout.layer_count(); ++l) {
    const LayerShape& in = layout.layer(l);
    const LayerShape& out = layout.layer(l + 1);
    for (Index k = 0; k < in.rows; ++k) {
      Neuron neuron{l, k, {}, {}};
      for (Index j = 0; j < in.cols; ++j) neuron.incoming.push_back(entry(in, k, j));
      for (Index i = 0; i < out.rows; ++i) neuron.outgoing.push_back(entry(out, i, k));
      neurons.push_back(std::move(neuron));
    }
  }
  return neurons;
}

Vector balances(const Network& network, const Vector& w) {
  const std::vector<ConservedQuantity> conserved = network.conserved();
  Vector values(static_cast<Index>(conserved.size()));
  for (std::size_t n = 0; n < conserved.size(); ++n) values[static_cast<Index>(n)] = conserved[n].value(w);
  return values;
}

void require_homogeneous(const Network& network, std::string_view what) {
  if (!network.traits().homogeneous)
    throw InputError(
        fmt::format("{}: found {}, which is not homogeneous in its weights, expected a network that is "
                    "(trait homogeneous)",
                    what, network.kind()));
}

void require_known_kinks(const Network& network, std::string_view what) {
  if (network.traits().has_unknown_kinks())
    throw InputError(fmt::format(
        "{}: found {}, whose gradient jumps at kinks that it does not show, expected pre-activations "
        "(trait pre_activations)",
        what, network.kind()));
}

std::vector<Index> hidden_widths(const Network& network) {
  std::vector<Index> widths;
  for (const Neuron& neuron : network.neurons()) {
    const auto layer = static_cast<std::size_t>(neuron.layer);
    if (widths.size() <= layer) widths.resize(layer + 1, 0);
    ++widths[layer];
  }
  return widths;
}

}  // namespace saddleflow

#include "saddleflow/study/parameterisation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

namespace saddleflow {

namespace {

[[noreturn]] void refuse_parameterisation(InitKind kind, const std::string& message) {
  throw InputError(fmt::format("init.kind: found \"{}\" with {}", name_of(kind), message));
}

/// Hidden layers of a network that the kind is meant for.
void require_layers(InitKind kind, const Network& network) {
  if (kind == InitKind::standard) return;
  if (!network.traits().layered)
    refuse_parameterisation(kind,
                            network.kind() + ", expected a network with the trait layered (feed_forward)");
  const int hidden = network.hidden_layer_count();
  if (kind == InitKind::mean_field && hidden != 1)
    refuse_parameterisation(kind,
                            fmt::format("{} hidden layers, expected one (mup takes any number)", hidden));
  if ((kind == InitKind::mup || kind == InitKind::width_scaled) && hidden < 1)
    refuse_parameterisation(kind, "no hidden layer, expected at least one");
}

Real common_width(const Network& network) {
  const std::vector<Index> widths = hidden_widths(network);
  if (std::any_of(widths.begin(), widths.end(), [&](Index width) { return width != widths.front(); }))
    refuse_parameterisation(InitKind::width_scaled, fmt::format("hidden widths {}, expected one width of all",
                                                                fmt::join(widths, ", ")));
  return static_cast<Real>(widths.front());
}

}  // namespace

bool is_parameterisation(InitKind kind) {
  using enum InitKind;
  return kind == standard || kind == ntk || kind == mean_field || kind == mup || kind == width_scaled;
}

std::vector<Real> layer_deviations(InitKind kind, const Network& network, Real gamma) {
  if (!is_parameterisation(kind))
    throw std::logic_error(fmt::format("init.kind: {} is no parameterisation", name_of(kind)));
  require_layers(kind, network);
  const Layout& layout = network.layout();
  if (kind == InitKind::width_scaled)
    return std::vector<Real>(static_cast<std::size_t>(layout.layer_count()),
                             std::pow(common_width(network), -gamma / 2));
  std::vector<Real> deviations;
  for (int l = 0; l < layout.layer_count(); ++l) {
    const auto fan_in = static_cast<Real>(layout.layer(l).cols);
    const bool last = l + 1 == layout.layer_count();
    Real variance = 1 / fan_in;
    if (kind == InitKind::standard && !last) variance = 2 / fan_in;
    if ((kind == InitKind::mean_field || kind == InitKind::mup) && last) variance /= fan_in;
    deviations.push_back(std::sqrt(variance));
  }
  return deviations;
}

std::vector<Real> layer_rates(InitKind kind, const Network& network) {
  if (kind != InitKind::ntk && kind != InitKind::mean_field && kind != InitKind::mup) return {};
  require_layers(kind, network);
  const Layout& layout = network.layout();
  std::vector<Real> rates;
  for (int l = 0; l < layout.layer_count(); ++l) {
    const LayerShape& shape = layout.layer(l);
    if (kind == InitKind::ntk || l + 1 == layout.layer_count())
      rates.push_back(1 / static_cast<Real>(shape.cols));
    else
      rates.push_back(l == 0 ? static_cast<Real>(shape.rows) : Real(1));
  }
  return rates;
}

Vector parameterised_weights(InitKind kind, const Network& network, std::uint64_t seed, Real gamma) {
  const std::vector<Real> deviations = layer_deviations(kind, network, gamma);
  Random random(seed);
  const Layout& layout = network.layout();
  Vector w(network.parameter_count());
  for (int l = 0; l < layout.layer_count(); ++l)
    layout.matrix(w, l) = deviations[static_cast<std::size_t>(l)] *
                          random.normal_matrix(layout.layer(l).rows, layout.layer(l).cols);
  return w;
}

}  // namespace saddleflow

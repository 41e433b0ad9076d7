#include "saddleflow/flow/observables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

Quantity::Quantity(const std::string& name, const Network& network, const std::string& key) : name_(name) {
  const auto bracket = name.find('[');
  const std::string stem = name.substr(0, bracket);
  const std::vector<std::pair<const char*, Kind>> plain = {{"loss", Kind::loss},
                                                           {"gradient_norm", Kind::gradient_norm},
                                                           {"weight_norm", Kind::weight_norm},
                                                           {"proximity", Kind::proximity},
                                                           {"kkt_residual", Kind::kkt_residual},
                                                           {"balance_drift", Kind::balance_drift},
                                                           {"energy_drift", Kind::energy_drift}};
  if (bracket == std::string::npos) {
    for (const auto& [known, kind] : plain)
      if (stem == known) {
        kind_ = kind;
        return;
      }
  } else if ((stem == "layer_norm" || stem == "neuron_norm") && name.back() == ']') {
    kind_ = stem == "layer_norm" ? Kind::layer : Kind::neuron;
    const Index count =
        kind_ == Kind::layer ? network.layout().layer_count() : static_cast<Index>(network.neurons().size());
    constexpr std::size_t kTooLong = std::numeric_limits<int>::digits10 + 1;  // may be no int
    const std::string digits = name.substr(bracket + 1, name.size() - bracket - 2);
    if (!digits.empty() && digits.size() < kTooLong &&
        digits.find_first_not_of("0123456789") == std::string::npos) {
      index_ = std::stoi(digits);
      if (index_ < count) return;
    }
    throw InputError(
        fmt::format("{}: index in '{}' is out of range, expected 0 to {}", key, name, count - 1));
  }
  throw InputError(
      fmt::format("{}: unknown quantity '{}', expected loss, gradient_norm, weight_norm, proximity, "
                  "kkt_residual, balance_drift, energy_drift, layer_norm[l] or neuron_norm[k]",
                  key, name));
}

Real Quantity::of(const Observables& o) const {
  switch (kind_) {
    case Kind::loss:
      return o.loss;
    case Kind::gradient_norm:
      return o.gradient_norm;
    case Kind::weight_norm:
      return o.weight_norm;
    case Kind::proximity:
      return o.proximity;
    case Kind::kkt_residual:
      return o.kkt_residual;
    case Kind::balance_drift:
      return o.balance_drift;
    case Kind::energy_drift:
      return o.energy_drift;
    case Kind::layer:
      return o.layer_norm[index_];
    case Kind::neuron:
      return o.neuron_norm[index_];
  }
  return 0;
}

Quantity::Needs Quantity::needs() const {
  if (kind_ == Kind::weight_norm || kind_ == Kind::layer || kind_ == Kind::neuron) return Needs::weights;
  return kind_ == Kind::loss ? Needs::loss : Needs::gradient;
}

Real Quantity::of_weights(const Network& network, const Vector& w) const {
  if (kind_ == Kind::layer) return network.layout().matrix(w, static_cast<int>(index_)).stableNorm();
  if (kind_ != Kind::neuron) return w.stableNorm();
  const Neuron& neuron = network.neurons()[static_cast<std::size_t>(index_)];
  Real norm = 0;
  for (const Index i : neuron.incoming) norm = std::hypot(norm, w[i]);
  for (const Index i : neuron.outgoing) norm = std::hypot(norm, w[i]);
  return norm;
}

}  // namespace saddleflow

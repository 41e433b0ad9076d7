#include "saddleflow/flow/balance_gauge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace saddleflow {
namespace {

constexpr Real kNothing = -std::numeric_limits<Real>::infinity();

template <class Visit>
void for_each_weight(const Neuron& neuron, const Visit& visit) {
  for (const Index i : neuron.incoming) visit(i);
  for (const Index i : neuron.outgoing) visit(i);
}

Real largest_weight(const Neuron& neuron, const Vector& w) {
  Real largest = 0;
  for_each_weight(neuron, [&](Index i) { largest = std::max(largest, std::abs(w[i])); });
  return largest;
}

/// sum_i (w[a_i] / s) (w[b_i] / t).
Real scaled_product(const std::vector<Index>& a, const std::vector<Index>& b, const Vector& w, Real s,
                    Real t) {
  Real sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (w[a[i]] / s) * (w[b[i]] / t);
  return sum;
}

std::vector<Index> weights_of(const ConservedQuantity& quantity) {
  std::vector<Index> weights;
  for (const QuadraticTerm& term : quantity.terms)
    for (const std::vector<Index>* part : {&term.first, &term.second})
      weights.insert(weights.end(), part->begin(), part->end());
  return weights;
}

}  // namespace

void neuron_norms(const Network& network, const Vector& w, Vector& out) {
  const std::vector<Neuron>& neurons = network.neurons();
  out.setZero(static_cast<Index>(neurons.size()));
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const Real largest = largest_weight(neurons[k], w);
    if (largest == 0) continue;
    Real sum = 0;
    for_each_weight(neurons[k], [&](Index i) { sum += (w[i] / largest) * (w[i] / largest); });
    out[static_cast<Index>(k)] = largest * std::sqrt(sum);
  }
}

BalanceGauge::BalanceGauge(const Network& network, const WeightDecay& decay)
    : network_(network),
      log_largest_(Vector::Constant(static_cast<Index>(network.neurons().size()), kNothing)) {
  for (ConservedQuantity& quantity : network.conserved())
    if (const std::optional<Real> lambda = decay.common(weights_of(quantity))) {
      decay_rates_.push_back(2 * *lambda);
      conserved_.push_back(std::move(quantity));
    }
}

// now_[k] e^{log_scale_[k]} is the invariant of pair k.
void BalanceGauge::measure(const Vector& point, Real log_unit) {
  const std::vector<Neuron>& neurons = network_.neurons();
  scratch_.resize(static_cast<Index>(neurons.size()));
  for (std::size_t k = 0; k < neurons.size(); ++k)
    scratch_[static_cast<Index>(k)] = largest_weight(neurons[k], point);
  const auto count = static_cast<Index>(conserved_.size());
  now_.setZero(count);
  log_scale_ = Vector::Constant(count, kNothing);
  for (Index n = 0; n < count; ++n) {
    const ConservedQuantity& quantity = conserved_[static_cast<std::size_t>(n)];
    const Real s = scratch_[quantity.neurons.first], t = scratch_[quantity.neurons.second];
    if (s == 0 || t == 0) continue;
    for (const QuadraticTerm& term : quantity.terms)
      now_[n] += term.coefficient * scaled_product(term.first, term.second, point, s, t);
    log_scale_[n] = 2 * log_unit + std::log(s) + std::log(t);
  }
}

void BalanceGauge::remember(const Vector& norms, Real log_unit) {
  for (Index k = 0; k < norms.size(); ++k)
    if (norms[k] > 0) log_largest_[k] = std::max(log_largest_[k], log_unit + std::log(norms[k]));
}

void BalanceGauge::start(const Vector& point, Real log_unit) {
  measure(point, log_unit);
  initial_ = now_;
  initial_log_scale_ = log_scale_;
}

Real BalanceGauge::drift(const Vector& point, Real log_unit, const Vector& norms, std::optional<Real> time) {
  measure(point, log_unit);
  remember(norms, log_unit);
  Real largest = 0;
  for (Index n = 0; n < now_.size(); ++n) {
    const auto [j, k] = conserved_[static_cast<std::size_t>(n)].neurons;
    const Real rate = decay_rates_[static_cast<std::size_t>(n)];
    if (rate > 0 && !time) continue;
    const Real size = log_largest_[j] + log_largest_[k];
    if (size == kNothing) continue;
    const Real now = now_[n] * std::exp(log_scale_[n] - size);
    const Real then =
        initial_[n] * std::exp(initial_log_scale_[n] - size - (rate > 0 ? rate * *time : Real(0)));
    largest = std::max(largest, std::abs(now - then));
  }
  return largest;
}

}  // namespace saddleflow

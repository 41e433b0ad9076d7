#include "saddleflow/study/flow_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/weighted_neurons.hpp"
#include "saddleflow/problem/scaled_outputs.hpp"
#include "saddleflow/study/build.hpp"

namespace saddleflow {
namespace {

// Samples on which the degree of a layer is measured, and how near a whole number it must be: rounding is far
// below.
constexpr Index kSamples = 3;
constexpr Real kWhole = Real(1e-6);

[[noreturn]] void refuse(const StudyTable& study, const Network& network) {
  study.fail("flow.rate",
             fmt::format("found rates of layers for a {} network, expected one that is homogeneous in "
                         "each layer of weights, on any inputs",
                         network.kind()));
}

std::unique_ptr<Kernel> plain_kernel(const StudyTable& study, const Network& network, const Matrix& inputs) {
  try {
    return network.kernel(inputs);
  } catch (const InputError&) {  // its inputs are no samples
    refuse(study, network);
  }
}

/// d with H(x; W with twice the layer l) = 2^d H(x; W); fails where there is none.
Real degree_of_layer(const StudyTable& study, const Network& network, int l) {
  // Positive numbers, which no unit of a ReLU network cuts off.
  Random random(1);
  const Matrix inputs = random.normal_matrix(network.input_count(), kSamples).cwiseAbs();
  Vector w = random.normal_matrix(network.parameter_count(), 1).cwiseAbs();
  const std::unique_ptr<Kernel> kernel = plain_kernel(study, network, inputs);
  const Matrix before = kernel->forward(w);
  network.layout().matrix(w, l) *= 2;
  const Matrix after = kernel->forward(w);
  const Real degree = std::round(std::log2(after.norm() / before.norm()));
  if (!(before.norm() > 0) || !((after - std::exp2(degree) * before).norm() <= kWhole * after.norm()))
    refuse(study, network);
  return degree;
}

}  // namespace

FlowRates::FlowRates(const StudyTable& study, const Network& network)
    : loss_(build_loss(study)), decay_(build_decay(study, network)) {
  take_layers(study, network);
  take_neurons(study, network);
}

void FlowRates::take_layers(const StudyTable& study, const Network& network) {
  std::vector<Real> rates = study.per_layer("flow.rate");
  const int layers = network.layout().layer_count();
  if (rates.size() == 1) rates.assign(static_cast<std::size_t>(layers), rates.front());
  if (std::ssize(rates) != layers)
    study.fail("flow.rate",
               fmt::format("found {} numbers, expected one, or one for each of the {} layers of weights",
                           rates.size(), layers));
  if (std::ranges::all_of(rates, [](Real rate) { return rate == 1; })) return;
  units_.resize(network.parameter_count());
  std::vector<Real> decays;
  for (int l = 0; l < layers; ++l) {
    const Real rate = rates[static_cast<std::size_t>(l)];
    network.layout().matrix(units_, l).setConstant(std::sqrt(rate));
    output_factor_ *= std::pow(rate, degree_of_layer(study, network, l) / 2);
    decays.push_back(decay_.empty() ? Real(0)
                                    : rate * decay_.coefficients()[network.layout().layer(l).offset]);
  }
  decay_ = WeightDecay(network.layout(), decays);
  loss_ = Loss(scaled_outputs(loss_.shared_function(), output_factor_), loss_.reduction());
}

void FlowRates::take_neurons(const StudyTable& study, const Network& network) {
  const std::string key = "flow.neuron_rate";
  if (!study.has(key)) return;
  const std::vector<Real> rates = study.reals(key);
  const NetworkTraits traits = network.traits();
  if (!traits.layered || network.layout().layer_count() != 2)
    study.fail(key, fmt::format("found rates of neurons for {}, expected a feed-forward network with one "
                                "hidden layer",
                                network.description()));
  const std::vector<Neuron>& neurons = network.neurons();
  if (rates.size() != neurons.size())
    study.fail(key,
               fmt::format("found {} numbers, expected one for each of the {} neurons of the hidden layer",
                           rates.size(), neurons.size()));
  if (std::ranges::all_of(rates, [](Real rate) { return rate == 1; })) return;
  if (empty()) units_.setOnes(network.parameter_count());
  Vector by_weight = Vector::Ones(network.parameter_count());
  neuron_factors_.resize(static_cast<Index>(rates.size()));
  for (std::size_t k = 0; k < rates.size(); ++k) {
    by_weight(neurons[k].incoming).setConstant(rates[k]);
    by_weight(neurons[k].outgoing).setConstant(rates[k]);
    // H(x; W) of the neuron is of degree p in the incoming weights and of degree 1 in the outgoing ones.
    neuron_factors_[static_cast<Index>(k)] =
        std::pow(rates[k], static_cast<Real>(network.activation().power() + 1) / 2);
  }
  units_ = units_.cwiseProduct(by_weight.cwiseSqrt());
  decay_ = decay_.scaled(by_weight);
}

Vector FlowRates::coordinates(const Vector& weights) const {
  return empty() ? weights : Vector(weights.cwiseQuotient(units_));
}

Vector FlowRates::weights(const Vector& coordinates) const {
  return empty() ? coordinates : Vector(coordinates.cwiseProduct(units_));
}

Objective FlowRates::objective(std::shared_ptr<const Network> network, Dataset data) const {
  if (neuron_factors_.size() > 0) network = weighted_neurons(std::move(network), neuron_factors_);
  return Objective(std::move(network), std::move(data), loss_, decay_);
}

}  // namespace saddleflow

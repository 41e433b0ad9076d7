#include "saddleflow/study/pursuit_setup.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

PursuitOptions build_options(const StudyTable& study, const Network& family) {
  PursuitOptions o;
  o.starts = study.integer("pursuit.starts");
  o.seed = static_cast<std::uint64_t>(study.integer("pursuit.seed"));
  o.layer_rule = study.choice<PursuitOptions::LayerRule>("pursuit.layer_rule");
  const std::vector<Index> widths = hidden_widths(family);
  const auto layers = static_cast<std::int64_t>(widths.size());
  if (study.integer("pursuit.layer") > layers)
    study.fail("pursuit.layer", fmt::format("found {}, expected 1 to {}, the hidden layers of network.layers",
                                            study.integer("pursuit.layer"), layers));
  o.fixed_layer = static_cast<int>(study.integer("pursuit.layer")) - 1;
  o.neuron_rule = study.choice<PursuitOptions::NeuronRule>("pursuit.neurons");
  o.fraction = study.real("pursuit.fraction");
  o.scale = study.real("pursuit.scale");
  o.loss = study.real("pursuit.loss");
  o.valley_gradient = study.real("pursuit.valley");
  o.least_value = study.real("pursuit.least_value");
  o.budget = study.has("pursuit.budget") ? study.integers("pursuit.budget") : widths;
  if (o.budget.size() != widths.size())
    study.fail("pursuit.budget", fmt::format("found {} numbers, expected {}, one a hidden layer",
                                             o.budget.size(), widths.size()));
  MinimiseOptions& m = o.minimise;
  m.minimiser = study.choice<Minimiser>("pursuit.minimiser");
  m.destination = study.choice<Destination>("pursuit.destination");
  m.rtol = study.real("flow.rtol");
  m.max_steps = study.integer("pursuit.max_steps");
  m.learning_rate = study.real("pursuit.learning_rate");
  m.iterations = study.integer("pursuit.iterations");
  return o;
}

std::shared_ptr<const Network> build_family(const StudyTable& study) {
  require_no_decay(study, "Neuron Pursuit");
  require_one_rate(study, "Neuron Pursuit");
  auto network = build_network(study);
  if (!can_grow(*network))
    study.fail("network.kind",
               "found " + network->kind() + (network->neurons().empty() ? " without a hidden layer" : "") +
                   ", expected feed_forward with hidden layers: only these grow neuron by neuron (trait "
                   "growable)");
  return network;
}

}  // namespace

PursuitSetup build_pursuit(const StudyTable& study) {
  const auto family = build_family(study);
  return build_pursuit(study, build_data(study, *family));
}

PursuitSetup build_pursuit(const StudyTable& study, ProblemData data) {
  auto family = build_family(study);
  PursuitOptions options = build_options(study, *family);
  return {std::move(family), std::move(data), build_loss(study), std::move(options)};
}

}  // namespace saddleflow

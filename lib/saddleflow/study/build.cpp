#include "saddleflow/study/build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/network/families.hpp"
#include "saddleflow/ode/stepper/registry.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/problem/population.hpp"
#include "saddleflow/study/population_study.hpp"

namespace saddleflow {

bool has_bias(const StudyTable& study) { return study.text("network.bias") == "first"; }

namespace {

NetworkSpec network_spec(const StudyTable& study, const NetworkFamily& family) {
  NetworkSpec spec;
  spec.layers = study.integers("network.layers");
  if (has_bias(study)) {
    if (!family.takes_bias)
      study.fail("network.bias",
                 fmt::format("found \"first\" with network.kind = \"{}\", which takes no bias", family.kind));
    if (!spec.layers.empty()) ++spec.layers.front();
  }
  spec.activation = Activation(study.real("network.slope"), static_cast<int>(study.integer("network.power")));
  for (const Key& key : family.keys) {
    const std::string path = "network." + key.path;
    if (!study.has(path)) continue;
    if (key.type == KeyType::integer)
      spec.own.emplace(key.path, study.integer(path));
    else
      spec.own.emplace(key.path, study.text(path));
  }
  return spec;
}

/// Keys of other families say that the study means another network.
void check_foreign_keys(const StudyTable& study, const NetworkFamily& family) {
  for (const NetworkFamily& other : network_families())
    for (const Key& key : other.keys) {
      const bool own = std::any_of(family.keys.begin(), family.keys.end(),
                                   [&](const Key& k) { return k.path == key.path; });
      if (!own && study.has("network." + key.path))
        study.fail("network." + key.path, fmt::format("is a key of {} networks, found network.kind = \"{}\"",
                                                      other.kind, family.kind));
    }
}

}  // namespace

std::shared_ptr<const Network> build_network(const StudyTable& study) {
  const NetworkFamily family = network_family(study.text("network.kind"));
  check_foreign_keys(study, family);
  if (is_population(study)) return build_population_network(study);
  try {
    return family.make(network_spec(study, family));
  } catch (const NetworkKeyError& error) {
    study.fail("network." + error.key(), error.what());
  }
}

Loss build_loss(const StudyTable& study) {
  if (is_population(study)) {
    const auto network = build_network(study);
    return population_loss(build_dataset(study, *network).targets, network->degree());
  }
  return make_loss(study.text("loss.kind"),
                   study.text("loss.reduction") == "mean" ? Reduction::mean : Reduction::sum);
}

WeightDecay build_decay(const StudyTable& study, const Network& network) {
  try {
    return WeightDecay(network.layout(), study.per_layer("flow.decay"));
  } catch (const InputError& error) {
    study.fail("flow.decay", error.what());
  }
}

void require_one_rate(const StudyTable& study, const std::string& what) {
  for (const Real rate : study.per_layer("flow.rate"))
    if (rate != 1)
      study.fail("flow.rate", fmt::format("found {}, expected 1: {} is for flows without rates of the layers",
                                          static_cast<double>(rate), what));
  if (!study.has("flow.neuron_rate")) return;
  for (const Real rate : study.reals("flow.neuron_rate"))
    if (rate != 1)
      study.fail("flow.neuron_rate",
                 fmt::format("found {}, expected 1: {} is for flows without rates of the neurons",
                             static_cast<double>(rate), what));
}

void require_no_decay(const StudyTable& study, const std::string& what) {
  const std::vector<Real> decay = study.per_layer("flow.decay");
  if (std::ranges::any_of(decay, [](Real lambda) { return lambda != 0; }))
    study.fail("flow.decay", fmt::format("found {}, expected 0: {} is for flows without weight decay",
                                         static_cast<double>(*std::ranges::max_element(decay)), what));
}

namespace {

// 4e5 steps for a plateau that a method of order five takes 2e3 for; beyond, rounding is all the error it
// has.
constexpr Real kFinestOfSecondOrder = Real(1e-10);

bool is_of_second_order(const StepperEntry& stepper) { return stepper.order == 2; }

/// Whoever chooses it.
void check_second_order(const StudyTable& study, bool large) {
  const StepperEntry stepper = stepper_entry(study.text("flow.stepper"));
  const Real rtol = study.real("flow.rtol");
  if (rtol >= kFinestOfSecondOrder) return;
  if (is_of_second_order(stepper))
    study.fail("flow.rtol",
               fmt::format("found {:g} with flow.stepper = \"{}\", which has order two, expected at least "
                           "{:g} or another stepper",
                           rtol, stepper.name, kFinestOfSecondOrder));
  if (large && !stepper.when_large.empty() && is_of_second_order(stepper_entry(stepper.when_large)))
    study.fail(
        "flow.rtol",
        fmt::format("found {:g} with flow.stepper = \"{}\" and more than flow.dense_limit weights, "
                    "where stiff steps are those of {} (order two), expected at least {:g} or a larger "
                    "flow.dense_limit",
                    rtol, stepper.name, stepper.when_large, kFinestOfSecondOrder));
}

}  // namespace

StepperOptions build_stepper_options(const StudyTable& study, const Network& network, Real rtol,
                                     Real energy_unit) {
  StepperOptions options = flow_stepping(network, rtol, energy_unit, study.real("flow.kappa"));
  options.error.theta = study.real("flow.theta");
  options.error.floor = study.real("flow.floor");
  options.max_step = study.real("flow.max_step");
  options.dense_limit = static_cast<int>(study.integer("flow.dense_limit"));
  const Index weights = network.parameter_count();
  if (weights <= options.dense_limit)
    require_memory(study.name() + ": flow.dense_limit", "entries of the Hessian", {weights, weights});
  check_second_order(study, weights > options.dense_limit);
  return options;
}

namespace {

LevelOptions build_level(const StudyTable& study, std::size_t i) {
  const std::string prefix = fmt::format("events.level[{}].", i);
  LevelOptions level;
  level.quantity = study.text(prefix + "quantity");
  level.value = study.real(prefix + "value");
  level.direction = study.choice<Direction>(prefix + "direction");
  level.terminal = study.boolean(prefix + "terminal");
  level.cooldown = study.real(prefix + "cooldown");
  return level;
}

}  // namespace

FlowEventOptions build_event_options(const StudyTable& study) {
  FlowEventOptions options;
  options.escape = study.choices<EscapeBy>("events.escape.by");
  options.escape_fraction = study.real("events.escape.fraction");
  options.escape_norm = study.real("events.escape.norm");
  options.escape_angle = study.real("events.escape.angle");
  options.escape_terminal = study.boolean("events.escape.terminal");
  options.saddles = study.boolean("events.saddle.enabled");
  options.saddle_enter = study.real("events.saddle.enter");
  options.saddle_leave = study.real("events.saddle.leave");
  if (options.saddle_leave <= options.saddle_enter)
    study.fail("events.saddle.leave", fmt::format("found {}, expected more than events.saddle.enter = {}",
                                                  static_cast<double>(options.saddle_leave),
                                                  static_cast<double>(options.saddle_enter)));
  options.saddle_prominence = study.real("events.saddle.prominence");
  if (options.saddle_prominence != 0 && options.saddle_prominence <= 1)
    study.fail("events.saddle.prominence", fmt::format("found {}, expected more than 1, or 0 for none",
                                                       static_cast<double>(options.saddle_prominence)));
  options.saddle_leaves_terminal = static_cast<int>(study.integer("events.saddle.stop_after"));
  options.steady = study.boolean("events.steady.enabled");
  options.steady_threshold = study.real("events.steady.threshold");
  options.steady_terminal = study.boolean("events.steady.terminal");
  for (std::size_t i = 0; i < study.count("events.level"); ++i)
    options.levels.push_back(build_level(study, i));
  return options;
}

}  // namespace saddleflow

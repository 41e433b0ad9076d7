#include "saddleflow/study/build.hpp"

#include <fmt/format.h>

#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/integrate/flow_stepping.hpp"
#include "saddleflow/problem/loss_registry.hpp"

namespace saddleflow {

std::shared_ptr<const Network> build_network(const StudyTable& study) {
  const std::string kind = study.text("network.kind");
  const std::vector<Index> layers = study.integers("network.layers");
  const Activation activation(study.real("network.slope"), static_cast<int>(study.integer("network.power")));
  if (kind == "diagonal_linear") {
    if (layers.size() != 1)
      study.fail(
          "network.layers",
          fmt::format("found {} numbers, expected one for diagonal_linear: the inputs", layers.size()));
    return diagonal_linear(layers[0]);
  }
  if (kind == "power_sum") {
    if (layers.size() != 2)
      study.fail(
          "network.layers",
          fmt::format("found {} numbers, expected two for power_sum: inputs and width", layers.size()));
    return power_sum(layers[0], layers[1], activation);
  }
  if (layers.size() < 2)
    study.fail("network.layers",
               fmt::format("found {} numbers, expected at least inputs and outputs", layers.size()));
  return feed_forward(layers, activation);
}

Loss build_loss(const StudyTable& study) {
  return make_loss(study.text("loss.kind"),
                   study.text("loss.reduction") == "mean" ? Reduction::mean : Reduction::sum);
}

namespace {

// 4e5 steps for a plateau that a method of order five takes 2e3 for; beyond, rounding is all the error it
// has.
constexpr Real kFinestOfSecondOrder = Real(1e-10);

/// rkc2 has order two, whoever chooses it.
void check_second_order(const StudyTable& study, bool large) {
  const std::string stepper = study.text("flow.stepper");
  const Real rtol = study.real("flow.rtol");
  if (rtol >= kFinestOfSecondOrder) return;
  if (stepper == "rkc2")
    study.fail("flow.rtol",
               fmt::format("found {:g} with flow.stepper = \"rkc2\", which has order two, expected at least "
                           "{:g} or another stepper",
                           rtol, kFinestOfSecondOrder));
  if (stepper == "auto" && large)
    study.fail(
        "flow.rtol",
        fmt::format("found {:g} with flow.stepper = \"auto\" and more than flow.dense_limit weights, "
                    "where stiff steps are those of rkc2 (order two), expected at least {:g} or a larger "
                    "flow.dense_limit",
                    rtol, kFinestOfSecondOrder));
}

}  // namespace

StepperOptions build_stepper_options(const StudyTable& study, const Network& network, Real rtol,
                                     Real energy_unit) {
  StepperOptions options = flow_stepping(network, rtol, energy_unit, study.real("flow.kappa"));
  options.error.theta = study.real("flow.theta");
  options.error.floor = study.real("flow.floor");
  options.max_step = study.real("flow.max_step");
  options.dense_limit = static_cast<int>(study.integer("flow.dense_limit"));
  check_second_order(study, network.parameter_count() > options.dense_limit);
  return options;
}

namespace {

Direction direction_of(const std::string& word) {
  if (word == "falling") return Direction::falling;
  return word == "rising" ? Direction::rising : Direction::either;
}

EscapeBy escape_of(const std::string& word) {
  if (word == "norm") return EscapeBy::norm;
  return word == "direction" ? EscapeBy::direction : EscapeBy::loss;
}

LevelOptions build_level(const StudyTable& study, std::size_t i) {
  const std::string prefix = fmt::format("events.level[{}].", i);
  LevelOptions level;
  level.quantity = study.text(prefix + "quantity");
  level.value = study.real(prefix + "value");
  level.direction = direction_of(study.text(prefix + "direction"));
  level.terminal = study.boolean(prefix + "terminal");
  level.cooldown = study.real(prefix + "cooldown");
  return level;
}

}  // namespace

FlowEventOptions build_event_options(const StudyTable& study) {
  FlowEventOptions options;
  options.escape.clear();
  for (const std::string& word : study.texts("events.escape.by")) options.escape.push_back(escape_of(word));
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
  options.saddle_leaves_terminal = static_cast<int>(study.integer("events.saddle.stop_after"));
  options.steady = study.boolean("events.steady.enabled");
  options.steady_threshold = study.real("events.steady.threshold");
  options.steady_terminal = study.boolean("events.steady.terminal");
  for (std::size_t i = 0; i < study.count("events.level"); ++i)
    options.levels.push_back(build_level(study, i));
  return options;
}

}  // namespace saddleflow

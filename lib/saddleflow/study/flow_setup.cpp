#include "saddleflow/study/flow_setup.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

namespace {

// Messages of the network's own checks do not know the study file.
template <class F>
auto naming_study(const StudyTable& study, F build) {
  try {
    return build();
  } catch (const InputError& error) {
    const std::string message = error.what();
    throw InputError(message.starts_with(study.name()) ? message : study.name() + ": " + message);
  }
}

/// With the test set of the study in `test`.
Objective build_objective(const StudyTable& study, const std::shared_ptr<const Network>& network,
                          const FlowRates& rates, std::optional<Dataset>& test) {
  ProblemData data = build_data(study, *network);
  test = std::move(data.test);
  return rates.objective(network, std::move(data.training));
}

}  // namespace

FlowAssemblyOptions assembly_options(const StudyTable& study, const Objective& objective,
                                     const FlowRates& rates, Real rtol) {
  FlowAssemblyOptions options;
  options.charts = study.choice<FlowAssemblyOptions::Charts>("flow.chart");
  options.stepper = study.text("flow.stepper");
  using Kinks = FlowAssemblyOptions::Kinks;
  options.kink_policy = study.choice<Kinks>("flow.kinks");
  const Network& network = objective.network();
  if (options.kink_policy != Kinks::ignore && network.traits().kinked() && !network.neurons().empty() &&
      !PiecewiseFlow::applies_to(network))
    study.fail(
        "flow.kinks",
        fmt::format("found \"{}\" for a {} network of power 1, whose gradient jumps at its kinks, "
                    "expected \"ignore\" (they are followed where the network shows pre-activations, trait "
                    "pre_activations)",
                    name_of(options.kink_policy), network.kind()));
  const Real loss_at_origin = objective.loss_at_origin();
  options.stepping = build_stepper_options(study, objective.network(), rtol, loss_at_origin);
  options.events = build_event_options(study);
  options.units = rates.units();
  return options;
}

FlowSetup::FlowSetup(const StudyTable& study, Real tolerance)
    : rtol(tolerance > 0 ? tolerance : study.real("flow.rtol")),
      loss(build_loss(study)),
      weight_network(build_network(study)),
      rates(naming_study(study, [&] { return FlowRates(study, network()); })),
      objective(build_objective(study, weight_network, rates, test)),
      w0(rates.coordinates(build_initial_weights(study, network()))),
      parts(naming_study(
          study,
          [&] { return FlowAssembly(objective, w0, assembly_options(study, objective, rates, rtol)); })),
      t_end(study.real("flow.t_end")),
      end_after_polar(study.choice<EndFrom>("flow.t_end_from") == EndFrom::escape),
      max_steps(study.integer("flow.max_steps")) {
  if (end_after_polar && parts.polar == nullptr)
    study.fail(
        "flow.t_end_from",
        "found \"escape\" for a flow that is not followed in the polar chart (kinks of power 1, degree 1, "
        "flow.decay or flow.chart), expected \"start\"");
  if (!std::isfinite(parts.initial.loss) || !std::isfinite(parts.initial.gradient_norm))
    study.fail("init", "the loss or its gradient is not finite at w(0)");
}

IntegrationOptions FlowSetup::integration_options() const {
  IntegrationOptions options = parts.integration_options();
  options.t_end = t_end;
  options.end_after_polar = end_after_polar;
  options.max_steps = max_steps;
  return options;
}

std::vector<Real> FlowSetup::memory() const {
  MemoryWriter memory;
  parts.events.visit->save(memory);
  memory.add(parts.probe.balance().log_largest_norms());
  return memory.take();
}

void FlowSetup::restore(const std::vector<Real>& memory) {
  MemoryReader reader(memory, "checkpoint: 'setup'");
  parts.events.visit->load(reader);
  parts.probe.balance().set_log_largest_norms(
      reader.vector(static_cast<Index>(parts.objective.network().neurons().size())));
  reader.finish();
}

}  // namespace saddleflow

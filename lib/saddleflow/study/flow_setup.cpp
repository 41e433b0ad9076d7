#include "saddleflow/study/flow_setup.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "saddleflow/base/error.hpp"
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

Objective build_objective(const StudyTable& study) {
  const auto network = naming_study(study, [&] { return build_network(study); });
  Dataset data = build_dataset(study, *network);
  return Objective(network, std::move(data), build_loss(study));
}

std::unique_ptr<PolarChart> build_polar_chart(const StudyTable& study, PolarFlow& flow,
                                              StepperOptions stepper) {
  const std::string chart = study.text("flow.chart");
  if (chart == "cartesian") return nullptr;
  PolarChart::Options options;
  options.always = chart == "polar";
  options.rtol = stepper.error.rtol;
  stepper = PolarChart::stepper_options(std::move(stepper), flow);
  return std::make_unique<PolarChart>(flow, make_stepper(study.text("flow.stepper"), stepper), options);
}

}  // namespace

FlowSetup::FlowSetup(const StudyTable& study, Real tolerance)
    : rtol(tolerance > 0 ? tolerance : study.real("flow.rtol")),
      objective(build_objective(study)),
      flow(objective),
      correlation(objective),
      polar_flow(correlation, correlation.loss_at_origin()),
      stepper_options(build_stepper_options(study, objective.network(), rtol, correlation.loss_at_origin())),
      polar(build_polar_chart(study, polar_flow, stepper_options)),
      stepper(make_stepper(study.text("flow.stepper"), stepper_options)),
      x0(GradientFlow::initial_state(build_initial_weights(study, objective.network()))),
      start(polar && polar->suits(x0) ? polar_flow.enter(x0) : x0),
      probe(flow, start, &polar_flow),
      initial([&] {
        Observables observables;
        probe.observe(start, observables);
        if (!std::isfinite(observables.loss) || !std::isfinite(observables.gradient_norm))
          study.fail("init", "the loss or its gradient is not finite at w(0)");
        return observables;
      }()),
      events(
          naming_study(study, [&] { return make_flow_events(build_event_options(study), probe, initial); })),
      detector(events.events),
      t_end(study.real("flow.t_end")),
      end_after_polar(study.text("flow.t_end_from") == "escape"),
      max_steps(study.integer("flow.max_steps")) {}

IntegrationOptions FlowSetup::integration_options() const {
  IntegrationOptions options;
  options.t_end = t_end;
  options.end_after_polar = end_after_polar;
  options.polar = polar.get();
  options.max_steps = max_steps;
  return options;
}

void FlowSetup::begin(Integration& integration) {
  const System system(flow);
  integration.start(start, start.size() == x0.size() ? first_step(system, x0, rtol) : Real(0));
}

WorkCounters FlowSetup::work() const { return objective.counters() + correlation.counters(); }

std::vector<Real> FlowSetup::memory() const {
  const VisitState& visit = *events.visit;
  return {probe.log_largest_norm(), static_cast<Real>(visit.inside), static_cast<Real>(visit.leaves),
          visit.closest};
}

void FlowSetup::restore(const std::vector<Real>& memory) {
  if (memory.size() != 4)
    throw InputError(fmt::format("checkpoint: 'setup' has {} numbers, expected 4", memory.size()));
  probe.set_log_largest_norm(memory[0]);
  *events.visit = {memory[1] != 0, static_cast<int>(memory[2]), memory[3]};
}

}  // namespace saddleflow

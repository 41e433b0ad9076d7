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

}  // namespace

FlowSetup::FlowSetup(const StudyTable& study, Real tolerance)
    : objective(build_objective(study)),
      flow(objective),
      x0(GradientFlow::initial_state(build_initial_weights(study, objective.network()))),
      probe(flow, x0),
      initial([&] {
        Observables observables;
        probe.observe(x0, observables);
        if (!std::isfinite(observables.loss) || !std::isfinite(observables.gradient_norm))
          study.fail("init", "the loss or its gradient is not finite at w(0)");
        return observables;
      }()),
      events(
          naming_study(study, [&] { return make_flow_events(build_event_options(study), probe, initial); })),
      detector(events.events),
      t_end(study.real("flow.t_end")),
      rtol(tolerance > 0 ? tolerance : study.real("flow.rtol")),
      max_steps(study.integer("flow.max_steps")) {
  StepperOptions options = build_stepper_options(study, objective.network(), initial.loss);
  options.error.displacement *= std::sqrt(rtol / options.error.rtol);
  options.error.rtol = rtol;
  stepper = make_stepper(study.text("flow.stepper"), options);
}

std::vector<Real> FlowSetup::memory() const {
  const VisitState& visit = *events.visit;
  return {probe.largest_square_norm(), static_cast<Real>(visit.inside), static_cast<Real>(visit.leaves),
          visit.closest};
}

void FlowSetup::restore(const std::vector<Real>& memory) {
  if (memory.size() != 4)
    throw InputError(fmt::format("checkpoint: 'setup' has {} numbers, expected 4", memory.size()));
  probe.set_largest_square_norm(memory[0]);
  *events.visit = {memory[1] != 0, static_cast<int>(memory[2]), memory[3]};
}

}  // namespace saddleflow

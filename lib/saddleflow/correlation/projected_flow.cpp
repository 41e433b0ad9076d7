#include "saddleflow/correlation/projected_flow.hpp"

#include <utility>

#include "saddleflow/flow/integration.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

SpherePoint follow_projected_flow(const SphereFunction& f, const Vector& u,
                                  const ProjectedFlowOptions& options) {
  const auto ended = [&](const SpherePoint& p) {
    return p.residual <= options.residual || p.gradient_norm <= options.null_gradient;
  };
  SpherePoint point = f.at(u);
  if (ended(point)) return point;
  ProjectedFlow flow(f);
  const System system(flow);
  StepperOptions stepper_options;
  stepper_options.error.rtol = options.rtol;
  stepper_options.error.displacement = kCreepingError;
  const auto stepper = make_stepper(stepper_name::dopri5, stepper_options);
  stepper->initialize(point.u, 0, first_step(system, point.u, options.rtol));
  try {
    for (std::int64_t k = 0; k < options.steps && !ended(point); ++k) {
      stepper->do_step(system);
      point = f.at(stepper->current_state());
    }
  } catch (const StepFailure&) {
    // Where the field jumps the steps can become as short as rounding: the last state is as far as it goes.
  }
  return point;
}

}  // namespace saddleflow

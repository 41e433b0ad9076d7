#include "integrate/path_error.hpp"

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/integrate/integration.hpp"
#include "saddleflow/stepper/stepper.hpp"

namespace saddleflow::test {

namespace {

class WorstError : public Observer {
 public:
  WorstError(const reference::ReferenceCase& reference, PathError& result)
      : reference_(reference), result_(result) {}

  void on_step(const StepView& step) override {
    const Real middle = (step.t0 + step.t1) / 2;
    step.dense(middle, x_);
    look(middle, x_);
    look(step.t1, step.x1);
  }

 private:
  void look(Real t, const Vector& x) {
    const Real error = reference_.error(t, Vector(x.head(x.size() - 1)));
    if (error <= result_.error) return;
    result_.error = error;
    result_.time = t;
  }

  const reference::ReferenceCase& reference_;
  PathError& result_;
  Vector x_;
};

}  // namespace

PathError path_error(const reference::ReferenceCase& reference, const std::string& name, Real rtol) {
  Objective objective(reference.network, reference.data, reference.loss);
  GradientFlow flow(objective);
  StepperOptions options;
  options.error.rtol = rtol;
  options.error.quadratures = 1;
  options.error.quadrature_scale = objective.value(reference.w0);
  const ParameterGroups& groups = reference.network->groups();
  options.groups = {groups.first, groups.second, groups.count};
  const auto stepper = make_stepper(name, options);
  EventDetector no_events({});
  const System system(flow);
  IntegrationOptions integration_options;
  integration_options.t_end = reference.t_end;
  Integration integration(system, *stepper, no_events, integration_options);
  PathError result;
  WorstError observer(reference, result);
  const Vector x0 = GradientFlow::initial_state(reference.w0);
  integration.start(x0, first_step(system, x0, rtol));
  result.stop_reason = integration.run(observer).stop_reason;
  result.steps = integration.steps();
  result.work = objective.counters();
  return result;
}

}  // namespace saddleflow::test

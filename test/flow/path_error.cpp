#include "flow/path_error.hpp"

#include <cmath>

#include "flow/chart_run.hpp"

namespace saddleflow::test {

namespace {

class WorstError : public Observer {
 public:
  WorstError(const reference::ReferenceCase& reference, ChartRun& run, PathError& result)
      : reference_(reference), run_(run), result_(result) {}

  void on_step(const StepView& step) override {
    const Real middle = (step.t0 + step.t1) / 2;
    step.dense(middle, x_);
    look(middle, x_);
    look(step.t1, step.x1);
    result_.polar_steps += step.polar ? 1 : 0;
    result_.end_error = std::abs(step.t1 - reference_.t_end);
  }

 private:
  void look(Real t, const Vector& x) {
    const Real error = reference_.error(t, run_.parts.probe.weights(x));
    if (error <= result_.error) return;
    result_.error = error;
    result_.time = t;
  }

  const reference::ReferenceCase& reference_;
  ChartRun& run_;
  PathError& result_;
  Vector x_;
};

}  // namespace

PathError path_error(const reference::ReferenceCase& reference, const std::string& stepper, Real rtol,
                     const std::string& chart) {
  ChartOptions options;
  options.chart = chart_named(chart);
  options.stepper = stepper;
  options.rtol = rtol;
  IntegrationOptions integration_options;
  integration_options.t_end = reference.t_end;
  integration_options.max_steps = 100000;
  ChartRun run({reference.network, reference.data, reference.loss, reference.w0}, options,
               integration_options);
  PathError result;
  WorstError observer(reference, run, result);
  result.stop_reason = run.integration.run(observer).stop_reason.text();
  result.steps = run.integration.steps();
  result.work = run.parts.work();
  return result;
}

}  // namespace saddleflow::test

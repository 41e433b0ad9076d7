#include "flow/chart_run.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "saddleflow/flow/flow_stepping.hpp"

namespace saddleflow::test {

namespace {

FlowAssemblyOptions assembly(const FlowProblem& problem, const ChartOptions& options, Real energy_unit) {
  FlowAssemblyOptions assembly;
  assembly.charts = options.chart;
  assembly.stepper = options.stepper;
  assembly.stepping = flow_stepping(*problem.network, options.rtol, energy_unit, 0);
  assembly.linear_start = options.linear_start;
  assembly.kink_policy = options.kinks;
  assembly.events = options.events;
  return assembly;
}

IntegrationOptions with_chart(IntegrationOptions options, PolarChart* polar) {
  options.polar = polar;
  return options;
}

}  // namespace

Chart chart_named(const std::string& name) { return by_name<Chart>(name); }

ChartRun::ChartRun(const FlowProblem& problem, const ChartOptions& options,
                   IntegrationOptions integration_options)
    : objective(problem.network, problem.data, problem.loss),
      parts(objective, problem.w0, assembly(problem, options, Correlation(objective).loss_at_origin())),
      integration(parts.system(), *parts.stepper, parts.detector,
                  with_chart(std::move(integration_options), parts.polar.get())) {
  parts.begin(integration);
}

void ChartLog::on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) {
  events.push_back({run_.parts.events.kinds[hit.event], hit.time, hit.phase_time, hit.log_time,
                    run_.parts.probe.weights(x)});
}

void ChartLog::on_step(const StepView& step) {
  changes += !polar.empty() && polar.back() != step.polar ? 1 : 0;
  times.push_back(step.t1);
  phases.push_back(step.phase_time);
  states.push_back(step.x1);
  polar.push_back(step.polar);
  polar_steps += step.polar ? 1 : 0;
  run_.parts.probe.observe(step.x1, o_);
  balance_drift = std::max(balance_drift, o_.balance_drift);
  energy_drift = std::max(energy_drift, o_.energy_drift);
  if (last_loss_ >= 0) loss_rise = std::max(loss_rise, (o_.loss - last_loss_) / run_.parts.initial.loss);
  last_loss_ = o_.loss;
}

const ChartLog::Located& ChartLog::first(const std::string& kind) const {
  const auto found =
      std::find_if(events.begin(), events.end(), [&](const Located& e) { return e.kind == kind; });
  if (found == events.end()) throw std::out_of_range("no event " + kind);
  return *found;
}

}  // namespace saddleflow::test

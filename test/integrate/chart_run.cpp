#include "integrate/chart_run.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "saddleflow/integrate/flow_stepping.hpp"

namespace saddleflow::test {

namespace {

std::unique_ptr<PolarChart> make_chart(const ChartOptions& options, PolarFlow& flow,
                                       const StepperOptions& cartesian) {
  if (options.chart == Chart::cartesian) return nullptr;
  PolarChart::Options chart;
  chart.always = options.chart == Chart::polar;
  chart.rtol = options.rtol;
  auto stepper = make_stepper(options.stepper, PolarChart::stepper_options(cartesian, flow));
  return std::make_unique<PolarChart>(flow, std::move(stepper), chart);
}

IntegrationOptions with_chart(IntegrationOptions options, PolarChart* polar) {
  options.polar = polar;
  return options;
}

}  // namespace

Chart chart_named(const std::string& name) {
  if (name == "cartesian") return Chart::cartesian;
  if (name == "auto") return Chart::automatic;
  if (name == "polar") return Chart::polar;
  throw std::invalid_argument("no such chart: " + name);
}

ChartRun::ChartRun(const FlowProblem& problem, const ChartOptions& options,
                   IntegrationOptions integration_options)
    : objective(problem.network, problem.data, problem.loss),
      flow(objective),
      correlation(objective),
      polar_flow(correlation, correlation.loss_at_origin()),
      polar(make_chart(options, polar_flow,
                       flow_stepping(*problem.network, options.rtol, correlation.loss_at_origin(), 0))),
      stepper(make_stepper(options.stepper,
                           flow_stepping(*problem.network, options.rtol, correlation.loss_at_origin(), 0))),
      start(GradientFlow::initial_state(problem.w0)),
      probe(
          flow,
          [this]() -> const Vector& {
            if (polar && polar->suits(start)) start = polar_flow.enter(start);
            return start;
          }(),
          &polar_flow),
      initial([this] {
        Observables o;
        probe.observe(start, o);
        return o;
      }()),
      events(make_flow_events(options.events, probe, initial)),
      detector(events.events),
      integration(System(flow), *stepper, detector, with_chart(std::move(integration_options), polar.get())) {
  const bool in_polar = start.size() == polar_flow.state_size();
  integration.start(start, in_polar ? Real(0) : first_step(System(flow), start, options.rtol));
}

WorkCounters ChartRun::work() const { return objective.counters() + correlation.counters(); }

void ChartLog::on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) {
  events.push_back(
      {run_.events.kinds[hit.event], hit.time, hit.phase_time, hit.log_time, run_.probe.weights(x)});
}

void ChartLog::on_step(const StepView& step) {
  changes += !polar.empty() && polar.back() != step.polar ? 1 : 0;
  times.push_back(step.t1);
  phases.push_back(step.phase_time);
  states.push_back(step.x1);
  polar.push_back(step.polar);
  polar_steps += step.polar ? 1 : 0;
  run_.probe.observe(step.x1, o_);
  balance_drift = std::max(balance_drift, o_.balance_drift);
  energy_drift = std::max(energy_drift, o_.energy_drift);
  if (last_loss_ >= 0) loss_rise = std::max(loss_rise, (o_.loss - last_loss_) / run_.initial.loss);
  last_loss_ = o_.loss;
}

const ChartLog::Located& ChartLog::first(const std::string& kind) const {
  const auto found =
      std::find_if(events.begin(), events.end(), [&](const Located& e) { return e.kind == kind; });
  if (found == events.end()) throw std::out_of_range("no event " + kind);
  return *found;
}

}  // namespace saddleflow::test

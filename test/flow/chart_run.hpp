// One gradient flow with everything around it, as a study wires it, in a chart of choice.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "saddleflow/flow/flow_assembly.hpp"

namespace saddleflow::test {

using Chart = FlowAssemblyOptions::Charts;
/// "cartesian", "auto" or "polar", the names of flow.chart.
Chart chart_named(const std::string& name);

struct FlowProblem {
  std::shared_ptr<const Network> network;
  Dataset data;
  Loss loss;
  Vector w0;
};

struct ChartOptions {
  Chart chart = Chart::automatic;
  std::string stepper = "auto";
  Real rtol = Real(1e-8);
  bool linear_start = true;
  FlowAssemblyOptions::Kinks kinks = FlowAssemblyOptions::Kinks::follow;
  FlowEventOptions events = no_flow_events();
};

/// The objects of a run; `integration` has been told to start.
class ChartRun {
 public:
  ChartRun(const FlowProblem& problem, const ChartOptions& options, IntegrationOptions integration_options);
  ChartRun(const ChartRun&) = delete;
  ChartRun& operator=(const ChartRun&) = delete;

  std::int64_t gradients() const { return parts.work().gradients; }

  Objective objective;
  FlowAssembly parts;
  Integration integration;
};

/// What happened along a run.
class ChartLog : public Observer {
 public:
  explicit ChartLog(ChartRun& run) : run_(run) {}
  void on_event(const EventHit& hit, const Vector& x, const StateAt& dense) override;
  void on_step(const StepView& step) override;

  struct Located {
    std::string kind;
    Real time, phase, log_time;
    Vector weights;
  };
  std::vector<Located> events;
  std::vector<Real> times, phases;
  std::vector<Vector> states;  ///< in the chart of the step
  std::vector<bool> polar;
  std::int64_t polar_steps = 0, changes = 0;
  Real balance_drift = 0, energy_drift = 0, loss_rise = 0;
  /// The first event of a kind; fails the test when there is none.
  const Located& first(const std::string& kind) const;

 private:
  ChartRun& run_;
  Observables o_;
  Real last_loss_ = -1;
};

}  // namespace saddleflow::test

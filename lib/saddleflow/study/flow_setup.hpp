// All objects of one gradient-flow run, wired together.
#pragma once

#include <memory>

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/integrate/flow_events.hpp"
#include "saddleflow/integrate/integration.hpp"
#include "saddleflow/integrate/polar_chart.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Built from a study; neither copied nor moved, since the parts refer to one another.
class FlowSetup {
 public:
  /// `rtol` overrides the study's where positive. Throws InputError (IoError for data files).
  explicit FlowSetup(const StudyTable& study, Real rtol = 0);
  FlowSetup(const FlowSetup&) = delete;
  FlowSetup& operator=(const FlowSetup&) = delete;

  const Network& network() const { return objective.network(); }
  /// The events' and the probe's part of a checkpoint.
  std::vector<Real> memory() const;
  void restore(const std::vector<Real>& memory);

  /// Gradients, products and Hessians of both charts together.
  WorkCounters work() const;
  /// Without the interrupt and the callbacks.
  IntegrationOptions integration_options() const;
  void begin(Integration& integration);
  /// The weights of a state of either chart.
  Vector weights(const Vector& x) { return probe.weights(x); }

  Real rtol;
  Objective objective;
  GradientFlow flow;
  Correlation correlation;
  PolarFlow polar_flow;
  StepperOptions stepper_options;     ///< of the Cartesian chart
  std::unique_ptr<PolarChart> polar;  ///< null: the Cartesian chart alone
  std::unique_ptr<Stepper> stepper;
  Vector x0;     ///< (w(0), 0)
  Vector start;  ///< the same in the chart that the run starts in
  Probe probe;
  Observables initial;
  FlowEvents events;
  EventDetector detector;
  Real t_end;
  bool end_after_polar;
  std::int64_t max_steps;
};

}  // namespace saddleflow

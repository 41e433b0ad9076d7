// All objects of one gradient-flow run, wired together.
#pragma once

#include <memory>

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/observables.hpp"
#include "saddleflow/integrate/flow_events.hpp"
#include "saddleflow/integrate/integration.hpp"
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

  Objective objective;
  GradientFlow flow;
  Vector x0;  ///< (w(0), 0)
  Probe probe;
  Observables initial;
  FlowEvents events;
  EventDetector detector;
  std::unique_ptr<Stepper> stepper;
  Real t_end;
  Real rtol;
  std::int64_t max_steps;
};

}  // namespace saddleflow

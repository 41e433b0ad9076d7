// Observables of states within steps, without a trace in the run.
#pragma once

#include "saddleflow/flow/probe.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow {

/// The probe of a run a second time, on an objective of its own: what is recorded between two steps neither
/// counts as work of the integration nor costs it the gradient that it keeps at the end of a step.
class RowProbe {
 public:
  /// `analysis`: an objective of the setup's problem, not the setup's own. Both must outlive it.
  RowProbe(FlowSetup& setup, Objective& analysis);

  /// As the probe of the setup would say it, which does not remember it.
  void observe(const Vector& x, Observables& out, Real time);

 private:
  FlowSetup& setup_;
  Objective& analysis_;
  GradientFlow flow_;
  Correlation correlation_;
  PolarFlow polar_;
  Probe probe_;
};

}  // namespace saddleflow

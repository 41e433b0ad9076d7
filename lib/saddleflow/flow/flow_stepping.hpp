// How the error of a gradient flow is measured: the one place that says so.
#pragma once

#include "saddleflow/network/network.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

/// A first step is rtol^(1/5) / 10 of the time in which the state changes by itself: there an estimate of
/// order 5 is about rtol, and a tenth of it makes up for what is not known of the flow.
inline constexpr Real kFirstStepPower = Real(0.2), kFirstStepPart = 10;

/// What a step may err by, in units of sqrt(rtol) times the way it went: then the time at which the flow
/// comes closest to a critical point is known to some part of sqrt(rtol). By judgement: smaller, and plateaus
/// cost more steps.
inline constexpr Real kDisplacement = Real(0.1);

/// Options for states (w, E) of a GradientFlow: errors relative to each neuron's size, one quadrature, the
/// energy, against `energy_unit` (L(0); 1 where that is 0), and the error of a step at most kappa sqrt(rtol)
/// of the way it went.
StepperOptions flow_stepping(const Network& network, Real rtol, Real energy_unit, Real kappa = kDisplacement);

}  // namespace saddleflow

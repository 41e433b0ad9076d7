// How the error of a gradient flow is measured: the one place that says so.
#pragma once

#include "saddleflow/network/network.hpp"
#include "saddleflow/stepper/stepper.hpp"

namespace saddleflow {

/// Options for states (w, E) of a GradientFlow: errors relative to each neuron's size, one quadrature, the
/// energy, against `energy_unit` (L(0); 1 where that is 0), and the error of a step at most kappa sqrt(rtol)
/// of the way it went.
StepperOptions flow_stepping(const Network& network, Real rtol, Real energy_unit, Real kappa = Real(0.1));

}  // namespace saddleflow

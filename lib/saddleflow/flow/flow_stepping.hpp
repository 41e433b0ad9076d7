// How the error of a gradient flow is measured: the one place that says so.
#pragma once

#include "saddleflow/network/network.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/objective.hpp"

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

/// Gives the weights of a neuron of the first layer on an input that is alone a group of their own each, so
/// that they are known relative to themselves: where every sample that has the input has no other, as one-hot
/// ones, and the power is 2 or more, the slope of such a weight vanishes with it. It keeps its sign for ever,
/// however small it becomes, and may grow again; beyond zero, where other samples are active, the flow may be
/// another one altogether. With the tolerance of its neuron it would cross.
void separate_lone_inputs(const Objective& objective, ErrorGroups& groups);

}  // namespace saddleflow

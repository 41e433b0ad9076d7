// From a start on the sphere to a KKT point, neuron by neuron.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/correlation/neuron_sum.hpp"

namespace saddleflow {

// In the NCF flow of a sum over neurons no neuron knows of the others: each goes to a KKT point v_k of its
// own with the value mu_k = N_1(v_k), and the direction of all weights goes to those whose norms outgrow the
// others. For D = 2 these are the neurons with the largest mu_k, for D > 2 the one that blows up first
// (THEORY.md, section 2). KKT points of the whole have active neurons at v_k with norms c_k such that
// c_k^(D-2) mu_k is the same for all.

/// Where the projected flow of sign * N goes from `start`, like ascend(); the value is that of sign * N. For
/// D = 2 the neurons of the limit keep the proportions of their norms at the start: with one v_k all
/// proportions are the same network.
KktPoint ascend_by_neurons(NeuronSum& sum, int sign, const Vector& start, Real tolerance);

/// The KKT point of N that `direction` is close to; without one, the end of an ascent from there.
KktPoint polish_by_neurons(NeuronSum& sum, const Vector& direction, Real tolerance);

}  // namespace saddleflow

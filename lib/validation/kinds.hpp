// One function per kind of claim; see each file for what it measures.
#pragma once

#include "validation/claim.hpp"

namespace saddleflow::claims {

/// P1, P2: the weights stay O(delta) until T/delta^{D-2}, and point along a non-negative KKT point or have
/// collapsed then; in separable networks of degree 2 so does every neuron.
Report measure_early_direction(const StudyTable& study, const Options& options);
/// P2: w(tau/delta^{D-2})/delta is the NCF flow up to O(delta^D).
Report measure_rescaled_curve(const StudyTable& study, const Options& options);
/// P2: the limits are KKT points; how many of them are of rank one, with one active neuron a layer.
Report measure_kkt_limits(const StudyTable& study, const Options& options);
/// P3: psi(t + T_delta, delta w*) -> p(t), with an error of O(delta^2).
Report measure_ray_rate(const StudyTable& study, const Options& options);
/// P3: from a generic start the flow leaves the origin along p, up to an angle of delta^{Delta/(D N*)}.
Report measure_escape_angle(const StudyTable& study, const Options& options);
/// P3: the first saddle reached is the end of the limit path, and what is zero in the KKT direction is so
/// there.
Report measure_reached_saddles(const StudyTable& study, const Options& options);
/// P1, P4: beside a saddle with zero neurons: how long, in which direction, who leaves.
Report measure_near_saddle(const StudyTable& study, const Options& options);
/// Published predictions on plateaus: how many lie between the start and the end, their losses, and whether
/// the start is one.
Report measure_plateaus(const StudyTable& study, const Options& options);
/// Published predictions on the length of the first plateau as the hidden layer grows, from starts with
/// entries of one deviation.
Report measure_plateau_width(const StudyTable& study, const Options& options);
/// Linear networks with two layers: delta^{1 - s_{r+1}/s_1} is what the other modes weigh when the r highest
/// ones leave the origin together.
Report measure_rest_exponent(const StudyTable& study, const Options& options);
/// ReLU networks with one hidden layer on correlated or orthogonal inputs: into how many bundles the neurons
/// turn, and the rank of the first layer at the escape.
Report measure_early_bundles(const StudyTable& study, const Options& options);
/// Deep ReLU networks: the second singular value of every layer of weights beside the first one, at the best
/// KKT point and where flows leave the origin.
Report measure_first_singular_values(const StudyTable& study, const Options& options);

}  // namespace saddleflow::claims

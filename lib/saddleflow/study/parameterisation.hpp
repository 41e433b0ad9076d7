// Starts whose size follows from the widths of the layers: the standard parameterisations, as the standard
// deviations of the entries of the W_l, since the networks here have no factors beside their weights.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/network/network.hpp"
#include "saddleflow/study/init_kind.hpp"

namespace saddleflow {

/// Whether the entries of this kind have a standard deviation of their own, whatever init.scale is.
bool is_parameterisation(InitKind kind);

/// Standard deviation of the independent normal entries of every W_l, n_l its fan-in:
///   standard      sqrt(2 / n_l), sqrt(1 / n_m) in the last layer (He et al. 2015)
///   ntk           sqrt(1 / n_l) (Jacot, Gabriel, Hongler 2018: factors n_l^{-1/2} beside entries of variance
///                 1)
///   mean_field    sqrt(1 / n_1) and 1 / n_2, one hidden layer (Mei, Montanari, Nguyen 2018: the mean of the
///                 neurons, whose weights do not depend on the width)
///   mup           sqrt(1 / n_l), 1 / n_m in the last layer (Yang and Hu 2021)
///   width_scaled  width^{-gamma/2}, hidden layers of one width (Jacot, Ged, Simsek, Hongler, Gabriel 2021)
/// InputError for networks without the trait layered (but `standard` takes any), without a hidden layer or
/// with several where the kind needs one, with hidden layers of different widths. std::logic_error for other
/// kinds.
std::vector<Real> layer_deviations(InitKind kind, const Network& network, Real gamma);

/// The rest of the parameterisation: the rate of every layer at which the flow of the W_l is that of the
/// parameters of the cited paper (W_l' = -rate_l dL/dW_l). ntk: 1 / n_l; mean_field: n_2 and 1 / n_2; mup:
/// its fan-out in the first layer, 1 / n_m in the last, 1 between. Empty for kinds whose rates are all 1, and
/// those that are no parameterisation.
std::vector<Real> layer_rates(InitKind kind, const Network& network);

/// Weights with these deviations.
Vector parameterised_weights(InitKind kind, const Network& network, std::uint64_t seed, Real gamma);

}  // namespace saddleflow

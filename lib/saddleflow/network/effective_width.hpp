// How many neurons of a hidden layer a network has in effect.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// What the effective width of a network counts in each hidden layer.
enum class WidthKind {
  rank,     ///< rank of the map through the layer: neurons can be mixed at will (NetworkTraits::rotates())
  rays,     ///< rays of the neurons: those on one ray act as one (power 1)
  neurons,  ///< neurons that are not negligible
};

template <>
inline constexpr auto enum_table<WidthKind> = named_enum<WidthKind>("effective width",
                                                                    {{WidthKind::rank, "rank"},
                                                                     {WidthKind::rays, "rays"},
                                                                     {WidthKind::neurons, "neurons"}});

/// As the traits of the network say.
WidthKind width_kind(const Network& network);

/// One number for each hidden layer, none without neurons; -1 where a weight is not finite.
///
/// rank: of the sum over the neurons of (outgoing weights) (incoming weights)^T, W_{l+1} W_l in a layered
/// network, of the incoming weights alone where none go out. It counts singular values that are at least
/// kNegligibleShare^{2/D} (kNegligibleShare^{1/D}) of the largest, D the degree.
/// rays: neurons k of W_l whose rows point in one direction act as one, since sigma(c z) = c sigma(z) for
/// c > 0; where sigma is even (SignSymmetry::incoming) also those that point in opposite ones. Neurons that
/// are not negligible are taken from the largest to the smallest, and each begins a ray unless one is there
/// within kOneRay.
/// neurons: those that are not negligible: whose norm ||(incoming, outgoing weights)|| is at least
/// kNegligibleShare^{1/q} of the largest of the layer, q = p + 1, or p where no weights go out.
std::vector<std::int64_t> effective_widths(const Network& network, const Vector& w);

/// What adds less than this part of what the largest adds is negligible: as for the outputs below which a
/// residual counts as fitted (kFittedResidual), it is then 1e-8 of a loss, which nobody sees. A neuron of
/// relative size f adds f^q to what comes next: p factors from its incoming weights, one from the outgoing
/// ones. A mode of a linear network whose weights have the relative size f in each of its D layers adds f^D
/// to the outputs, and has f^2 in the product of two of them. With D = 2 that is f = 0.01, with D = 4 it is
/// 0.1.
inline constexpr Real kNegligibleShare = Real(1e-4);

/// Rays whose unit vectors are nearer than this are one: put together they change the function by less than a
/// hundredth of what the smaller one adds. Rays collapse as far as they had become parallel when the neurons
/// began to grow, so there is no distance of zero to wait for (study leaky-relu: 0.009 on its first plateau).
/// By judgement.
inline constexpr Real kOneRay = Real(0.01);

}  // namespace saddleflow

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
/// network, of the incoming weights alone where none go out: its singular values that are at least
/// kNegligibleNeuron^2 (kNegligibleNeuron) of the largest.
/// rays: neurons k of W_l whose rows point in one direction act as one, since sigma(c z) = c sigma(z) for
/// c > 0; where sigma is even (SignSymmetry::incoming) also those that point in opposite ones. Neurons that
/// are not negligible are taken from the largest to the smallest, and each begins a ray unless one is there
/// within kOneRay.
/// neurons: those that are not negligible.
std::vector<std::int64_t> effective_widths(const Network& network, const Vector& w);

/// A neuron counts where ||(incoming, outgoing weights)|| is at least this part of the largest of its layer.
/// What it adds to the outputs is then below a ten-thousandth of what that one adds (a product of two weights
/// or more): far below what is seen of a loss. At the saddles of small starts inactive neurons are smaller
/// (main study: two thousandths), at the ends of plateaus they pass it. By judgement.
inline constexpr Real kNegligibleNeuron = Real(0.01);

/// Rays whose unit vectors are nearer than this are one: put together they change the function by less than a
/// hundredth of what the smaller one adds. Rays collapse as far as they had become parallel when the neurons
/// began to grow, so there is no distance of zero to wait for (study leaky-relu: 0.009 on its first plateau).
/// By judgement.
inline constexpr Real kOneRay = Real(0.01);

}  // namespace saddleflow

// How near the weights are to the sets on which a network stays one of fewer neurons.
#pragma once

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// What the invariant manifold of effective width h consists of in a hidden layer. With u_k the weights of
/// neuron k (incoming and outgoing ones), and q the degree of what a neuron adds in all of them (p + 1, or p
/// where no weights go out): weights such that
enum class ManifoldKind {
  rank,     ///< the u_k span at most h dimensions (neurons can be mixed: NetworkTraits::rotates())
  rays,     ///< the u_k that are not zero lie on at most h rays (q = 2)
  equal,    ///< the u_k that are not zero are at most h different vectors (other q)
  neurons,  ///< at most h of the u_k are not zero (neurons have places of their own)
};

template <>
inline constexpr auto enum_table<ManifoldKind> =
    named_enum<ManifoldKind>("invariant manifold", {{ManifoldKind::rank, "rank"},
                                                    {ManifoldKind::rays, "rays"},
                                                    {ManifoldKind::equal, "equal"},
                                                    {ManifoldKind::neurons, "neurons"}});

/// As the traits of the network say.
ManifoldKind manifold_kind(const Network& network);

/// Whether these sets are known: of homogeneous networks with hidden neurons.
bool has_invariant_manifolds(const Network& network);

/// Entry h, h = 0 .. H: the Euclidean distance in weight space from w to the weights at which hidden layer
/// `layer` (of H neurons, counted from 0) has an effective width of at most h. Gradient flow of any loss
/// never leaves these sets, with weight decay and rates of layers too, where it is unique (THEORY.md, section
/// 9, with the argument and its limits).
///
/// Up to signs of u_k that do not change the function (NetworkTraits::sign). A u_k counts as zero where all
/// of it is, for q >= 3 where its incoming weights are (they then stay so, whatever goes out). For q = 1
/// there are no zero neurons, and entry 0 is NaN; so are all where a weight is not finite.
///
/// rank, neurons: exact; rounding counts with the largest singular value. rays, equal: exact up to
/// exact_clusters() neurons, above an upper bound, the distance of a place that was found. At least the
/// `rank` distance of the weights that count. About H^2 d operations for d weights of a neuron (rank: H d
/// min(H, d)). std::out_of_range if there is no such layer.
Vector manifold_distances(const Network& network, const Vector& w, int layer);

}  // namespace saddleflow

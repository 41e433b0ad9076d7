// Starts with a structure: low rank, layers of given norms, noise on given weights, a wider network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Unit norm; every W_l that is a matrix of the network (Network::weight_matrices()) is A B / |A B| + eps G /
/// |G| times one common factor, with independent normal A (rows x r), B (r x columns) and G, and r the
/// smaller one of `rank` and its sides; the other layers are normal and of the same norm. InputError where
/// the network has no such matrices, or `rank` is larger than the sides of all of them.
Vector low_rank_direction(const Network& network, Index rank, Real eps, std::uint64_t seed);

/// The direction with layers of weights of these norms, up to a common factor: unit norm. InputError unless
/// there is one number for each layer of Network::layout(), and not all are zero; for a layer that is zero
/// and should not be.
Vector with_layer_norms(const Network& network, Vector w, const std::vector<Real>& norms);

/// w + eps |w| g with a uniform unit vector g.
Vector perturbed(const Vector& w, Real eps, std::uint64_t seed);

/// The weights `narrow` of a network of this family with the hidden widths `widths` in `network`, whose
/// additional neurons have normal incoming and outgoing weights, all of them together of the norm
/// `added_norm`. The neurons of `narrow` come first in every hidden layer; in deep networks weights between
/// them and additional neurons are additional. InputError for widths that are larger than those of `network`,
/// none smaller, or a family without other widths.
Vector widened(const Network& network, const std::vector<Index>& widths, const Vector& narrow,
               Real added_norm, std::uint64_t seed);

}  // namespace saddleflow

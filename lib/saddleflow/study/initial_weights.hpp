// w(0): a direction times delta.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/network/network.hpp"
#include "saddleflow/study/init_kind.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Independent normal entries, the whole of unit norm.
Vector gaussian_direction(const Network& network, std::uint64_t seed);
/// For every hidden neuron a uniform direction of its incoming weights, all of one norm; in the last layer a
/// uniform direction of each neuron's outgoing weights, of the same norm; the whole of unit norm.
Vector sphere_direction(const Network& network, std::uint64_t seed);
/// Unit norm, every balance exactly zero up to rounding: ||W_l[k,:]||^2 = p ||W_{l+1}[:,k]||^2 for every
/// hidden neuron, W_l W_l^T = W_{l+1}^T W_{l+1} for linear layers (Gaussian product matrix, split along its
/// singular vectors).
Vector balanced_direction(const Network& network, std::uint64_t seed);
/// Whether a direction of this kind is drawn from a seed alone: one of the three above, or low_rank.
bool is_drawn(InitKind kind);
/// That of the study (init.kind, init.rank, init.perturbation, init.layer_scales) from this seed, of unit
/// norm; std::logic_error for a kind that is not drawn.
Vector drawn_direction(const StudyTable& study, const Network& network, std::uint64_t seed);

/// Of a study whose init.kind is "saddle"; none for another.
std::optional<SaddleStart> saddle_start(const StudyTable& study);

/// [init] of a study: the kinds of InitKind, here, in structured_start.hpp, aligned_start.hpp and
/// parameterisation.hpp; init.perturbation moves given weights, those of files and of runs before init.scale
/// applies. Throws InputError for weights that do not fit the network, are not finite or all zero, and for
/// keys that the kind does not have.
Vector build_initial_weights(const StudyTable& study, const Network& network);
/// The same, of a network with all inputs of the study: the first one of a population in the coordinates of a
/// span is made of it (population_study.hpp).
Vector build_initial_weights_of(const StudyTable& study, const Network& network);

/// That of the study in this file.
Vector initial_point(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace saddleflow

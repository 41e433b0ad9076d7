// w(0): a direction times delta.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Where w(0) comes from.
enum class InitKind { gaussian, sphere, balanced, given, file, run, saddle, standard };

template <>
inline constexpr auto enum_table<InitKind> = named_enum<InitKind>("initial weights",
                                                                  {{InitKind::gaussian, "gaussian"},
                                                                   {InitKind::sphere, "sphere"},
                                                                   {InitKind::balanced, "balanced"},
                                                                   {InitKind::given, "given"},
                                                                   {InitKind::file, "file"},
                                                                   {InitKind::run, "run"},
                                                                   {InitKind::saddle, "saddle"},
                                                                   {InitKind::standard, "standard"}});

/// Independent normal entries, the whole of unit norm.
Vector gaussian_direction(const Network& network, std::uint64_t seed);
/// For every hidden neuron a uniform direction of its incoming weights, all of one norm; in the last layer a
/// uniform direction of each neuron's outgoing weights, of the same norm; the whole of unit norm.
Vector sphere_direction(const Network& network, std::uint64_t seed);
/// Unit norm, every balance exactly zero up to rounding: ||W_l[k,:]||^2 = p ||W_{l+1}[:,k]||^2 for every
/// hidden neuron, W_l W_l^T = W_{l+1}^T W_{l+1} for linear layers (Gaussian product matrix, split along its
/// singular vectors).
Vector balanced_direction(const Network& network, std::uint64_t seed);
/// Whether a direction of this kind is drawn from a seed alone: one of the three above.
bool is_drawn(InitKind kind);
/// The one of this kind; std::logic_error for one that is not drawn.
Vector drawn_direction(InitKind kind, const Network& network, std::uint64_t seed);

/// Not small: independent normal entries of variance 2/fan-in, 1/fan-in in the last layer (He et al. 2015,
/// the common start of gradient descent).
Vector standard_weights(const Network& network, std::uint64_t seed);

/// Of a study whose init.kind is "saddle"; none for another.
std::optional<SaddleStart> saddle_start(const StudyTable& study);

/// [init] of a study. Throws InputError for weights that do not fit the network, are not finite or all zero.
Vector build_initial_weights(const StudyTable& study, const Network& network);
/// The same, of a network with all inputs of the study: the first one of a population in the coordinates of a
/// span is made of it (population_study.hpp).
Vector build_initial_weights_of(const StudyTable& study, const Network& network);

/// That of the study in this file.
Vector initial_point(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace saddleflow

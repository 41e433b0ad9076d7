// Starts that are aligned with the data.
#pragma once

#include <cstdint>
#include <optional>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Unit norm, aligned with the data of the objective.
///
/// Linear networks, W_m ... W_1 (and the factors of a bilinear network without outer weights): W_l = c R_l
/// R_{l-1}^T with orthonormal columns, R_0 and R_m the first `rank` right and left singular vectors of S, the
/// derivative of the correlation function by the product of the matrices (sum_i z_i x_i^T), and random R_l
/// between. All balances are zero. On whitened inputs every mode then follows V1 or V2 of THEORY.md, section
/// 6, exactly, with equal factors of the size c = 1 / sqrt(m rank). By default all modes of S that the widths
/// admit.
///
/// Other networks with one hidden layer that are sums over neurons: every neuron at a KKT point of positive
/// value of its own correlation function, where the flow from the origin takes it (THEORY.md, section 2),
/// all neurons of one norm; neuron k has the k-th of the `rank` points of greatest value, counted
/// cyclically, of those that a search from 64 random starts finds. Where every neuron has an input of its
/// own it has its best point, or stays zero.
///
/// InputError for other networks, a rank larger than what there is, and where no neuron can grow.
Vector aligned_direction(const Objective& objective, std::optional<Index> rank, std::uint64_t seed);

}  // namespace saddleflow

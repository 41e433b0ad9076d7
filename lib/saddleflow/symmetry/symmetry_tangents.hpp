// Continuous symmetries of a network that act as rotations of its weights: they force zero modes.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Tangents A u of the one-parameter groups e^{tA}, H(x; e^{tA} u) = H(x; u), with A skew, n x (number of
/// them); they span the orbit's tangent space and need not be independent.
///
/// A linear symmetry A of N gives <grad N(u), A u> = 0 for all u, and by differentiation
/// Hess N A u = -A^T grad N. At a KKT point hence M A u = D N (A + A^T) u, M = D N I - Hess N: a zero mode
/// for skew A. Rescalings of a neuron (incoming weights by c, outgoing ones by c^{-p}; diagonal networks too)
/// have A symmetric: A u, tangent because of the balance, is an eigenvector of M with the eigenvalue 2 D N,
/// no zero mode. What remains is
///   linear layers (p = 1, slope 1):   W_l -> R W_l, W_{l+1} -> W_{l+1} R^T, one skew generator for each
///                                     pair of neurons of a hidden layer;
///   power_sum with sigma(s) = s^2:    W -> R W, likewise.
/// Discrete symmetries, permutations and signs, force nothing.
Matrix symmetry_tangents(const Network& network, const Vector& u);

}  // namespace saddleflow

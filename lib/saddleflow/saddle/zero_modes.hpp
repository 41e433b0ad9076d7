// Why the Hessian at a critical point has zero eigenvalues.
#pragma once

#include <vector>

#include "saddleflow/problem/objective.hpp"
#include "saddleflow/saddle/null_part.hpp"

namespace saddleflow {

/// An angle up to which a zero mode lies in the span of a cause: eigenvectors of zero eigenvalues are known
/// to what these are (relative_zero) over the gap above them, with room for small gaps; causes that are none
/// are at right angles.
inline constexpr Real kZeroModeAngle = Real(1e-4);

/// How many zero modes each cause explains, counted one after another in this order: a mode that two causes
/// explain counts for the first.
struct ZeroModes {
  Index held_kinks = 0;  ///< across the surface on which kinks are held
  Index rescaling = 0;   ///< incoming weights by c, outgoing ones by c^{-p}, neuron by neuron
  /// W_l -> G W_l, W_{l+1} -> W_{l+1} G^{-1}: linear networks, neurons on the same branches of a pattern;
  /// rotations (power_sum of s^2)
  Index linear_layers = 0;
  Index zero_neurons = 0;  ///< weights of neurons that are zero, or whose outgoing (for p >= 2: or incoming)
                           ///< weights are; in linear layers also of combinations of neurons
  Index dead_neurons = 0;  ///< weights of neurons that no sample activates, or that feed such ones only
  Index unexplained = 0;

  Index explained() const { return held_kinks + rescaling + linear_layers + zero_neurons + dead_neurons; }
  Index total() const { return explained() + unexplained; }
};

/// `null_space`: orthonormal eigenvectors of the zero eigenvalues at the critical point w. A
/// mode is explained when it lies in the span of the causes' directions, to an angle of `angle`. `held`: what
/// the Hessian leaves out, the gradients of pre-activations that are held on their kinks, one a column;
/// `pattern`: the branches of the activation that the Hessian belongs to (p = 1).
///
/// A symmetry g_t of the network, L(g_t w) = L(w), gives <grad L(w), A w> = 0 for all w, and by
/// differentiation Hess L A w = -A^T grad L = 0 at a critical point: unlike on the sphere (symmetry.hpp), A
/// need not be skew.
ZeroModes explain_zero_modes(const Objective& objective, const Vector& w,
                             const std::vector<NullPart>& null_space, Real angle = kZeroModeAngle,
                             const Matrix& held = {}, const ActivationPattern* pattern = nullptr);

/// The same of vectors on all weights, one a column.
ZeroModes explain_zero_modes(const Objective& objective, const Vector& w, const Matrix& null_space,
                             Real angle = kZeroModeAngle, const Matrix& held = {},
                             const ActivationPattern* pattern = nullptr);

}  // namespace saddleflow

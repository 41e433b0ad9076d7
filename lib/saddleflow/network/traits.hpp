// The properties of a network on which algorithms rely, so that no code has to branch on its name.
#pragma once

#include <string>
#include <vector>

namespace saddleflow {

/// The transformations of the neurons of one hidden layer that leave the function unchanged. Each kind
/// includes the kinds before it.
enum class HiddenSymmetry {
  none,          ///< every neuron has a place of its own (its own input)
  permutations,  ///< the neurons can be permuted
  rotations,     ///< orthogonal R: incoming weights by R, outgoing weights by R
  linear,        ///< invertible G: incoming weights by G, outgoing weights by the inverse of G^T
};

/// H as a function of the weights.
enum class Smoothness {
  polynomial,       ///< derivatives of all orders
  smooth_gradient,  ///< locally Lipschitz gradients; higher derivatives may jump
  kinked,           ///< the gradient jumps (ReLU and its like): the flow is a differential inclusion
};

/// The weights of a neuron that can be multiplied by -1 without a change of the function.
enum class SignSymmetry {
  none,
  incoming,  ///< sigma is even: the incoming weights
  both,      ///< sigma is odd: incoming and outgoing weights together
};

/// The limit of the flow from delta w0 as delta goes to 0, where it is known (THEORY.md, section 4).
enum class SkeletonKind {
  none,         ///< not known of this family
  coordinates,  ///< diagonal networks: duals of the coordinates (V7)
  neurons,      ///< clocks of the hidden neurons
};

/// A family states its traits once (Network::traits()). If a tool needs a trait that a network lacks, it
/// refuses the network and names the trait. The defaults describe a network with locally Lipschitz gradients
/// of which nothing else is known; flow, events, critical points, KKT points and the limit path need no more.
struct NetworkTraits {
  /// H(x; c w) = c^D H(x; w) for c >= 0. Otherwise there are no polar coordinates, no correlation function
  /// and no limit path; degree() then states what is known of the loss near the origin.
  bool homogeneous = true;
  Smoothness smoothness = Smoothness::smooth_gradient;
  /// H = W_m sigma(W_{m-1} sigma(... sigma(W_1 x))): layer l of the layout is W_l, activation() is sigma.
  bool layered = false;
  /// H is a sum of functions of one neuron's weights each (its incoming and outgoing ones).
  bool separable = false;
  /// The kernel shows pre-activations (Kernel::feed_forward_state()): kinks can be located and followed.
  /// The incoming weights of hidden layer l are layer l of the layout. The OuterLayer of the state describes
  /// what follows the last hidden layer.
  bool pre_activations = false;
  /// Neurons can be appended one by one (Neuron Pursuit).
  bool growable = false;
  HiddenSymmetry symmetry = HiddenSymmetry::none;
  SignSymmetry sign = SignSymmetry::none;
  SkeletonKind skeleton = SkeletonKind::none;

  bool polynomial() const { return smoothness == Smoothness::polynomial; }
  bool kinked() const { return smoothness == Smoothness::kinked; }
  /// The gradient jumps, but the kernel does not show where.
  bool has_unknown_kinks() const { return kinked() && !pre_activations; }
  /// Neurons of a layer can be permuted.
  bool permutable() const { return symmetry != HiddenSymmetry::none; }
  /// Hidden layers can be rotated.
  bool rotates() const { return symmetry == HiddenSymmetry::rotations || mixes(); }
  /// Any invertible matrix can act on a hidden layer.
  bool mixes() const { return symmetry == HiddenSymmetry::linear; }
};

/// The words for what holds, as the run file stores them: "layered", "separable", "pre_activations",
/// "growable", "permutations" or "rotations" or "linear" (the symmetry), "coordinates" (separable neurons
/// with an input each).
std::vector<std::string> trait_names(const NetworkTraits& traits);

}  // namespace saddleflow

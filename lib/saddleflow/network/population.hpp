// A network with one hidden layer on infinitely many Gaussian inputs (THEORY.md, section 7).
#pragma once

#include <memory>
#include <vector>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// A population, and what the columns of its data are.
struct PopulationShape {
  std::vector<Index> layers;  ///< inputs d, hidden width m, outputs k
  Activation activation;      ///< sigma of the network
  Activation teacher;         ///< sigma of the first columns
  Index teachers = 0;         ///< the number of these
  /// The number r of columns after these that are an orthonormal basis: rows of W are then the coordinates of
  /// the neurons in it, m x r. 0: W is m x d. The flow of f and f* in the span of a basis stays there, so
  /// that r <= t + m coordinates hold it whatever d is.
  Index basis = 0;
};

/// f(x) = A sigma(W x), W m x d, A k x m, seen through means over x ~ N(0, I_d). A "sample" of the data is
/// one neuron g of the target, a column of d numbers; the outputs are
///   column j < n:  H_o = E[f_o(x) sigma_j(g_j . x)]; the columns of a basis make outputs of 0;
///   column n:      H_o = (E[f_o(x)^2])^{1/2}, the norm of output o in L2; its column of the inputs is not
///   read.
/// sigma_j is the network's sigma behind the columns of teacher and basis. The outputs are sums over the
/// neurons of f, but for the norms; all are homogeneous of degree p + 1. With the target f* = sum_j c_j
/// sigma_j(g_j . x) the loss (1/2) E|f - f*|^2 is a function of these outputs (population_loss()), and its
/// NCF N(u) = <f, f*> is linear in these sums.
///
/// All derivatives are in closed form (GaussianKernel). They are smooth where no neuron is zero:
/// * Parallel neurons: the gradient is differentiable. For p = 1 the second derivative is continuous but not
///   differentiable there: its term sin^2(theta) k'' goes to zero like sin(theta).
/// * A neuron whose incoming weights are zero: for p = 1 (alpha != 1) the gradient depends on the direction
/// in
///   which they vanish, for p = 2 (no polynomial) the Hessian; it is multiplied by the outgoing weights. The
///   derivatives by these incoming weights are taken as zero, as in feed_forward(); whether a flow stays
///   there is what VanishingFlow decides. Where incoming and outgoing weights vanish together the gradient is
///   continuous.
/// * f = 0: the norm is not differentiable, but (1/2) E[f^2] is, and its derivatives are what backward(),
///   tangent_backward() and hessian() return for a loss that is quadratic in the norm.
///
/// Layout, neurons, balances and symmetries are those of feed_forward(). Traits: separable in all outputs but
/// the norms, and so without neuron_function(); as a MeansNetwork it adds the kept neurons to the target.
/// InputError for layers that are not three, teachers below 1, or a basis of more than d vectors.
std::shared_ptr<const Network> population_network(const PopulationShape& shape);

}  // namespace saddleflow

// The Hessian of a loss by the neurons of a network that is a sum over them.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Hess L = blockdiag(B_k) + J^T diag(signs) J of a network that is a sum over its neurons (trait separable):
/// B_k are the second derivatives of neuron k's own outputs, weighted by the residuals, and J^T diag(signs) J
/// is the curvature of the loss by the outputs, its roots included in J. With m = samples x outputs small
/// beside the n weights that is a block-diagonal matrix and one of low rank [derived; THEORY.md, section 4].
struct NeuronForm {
  std::vector<Index> places;   ///< the parameters, neuron after neuron
  std::vector<Index> starts;   ///< where each neuron begins in `places`, and their number
  std::vector<Matrix> blocks;  ///< B_k, symmetric, one row a weight of the neuron
  /// J, m rows at most. Columns in the order of `places`, of those neurons alone that have a part in it: not
  /// of neurons that are zero, of power 2 and above, or that no sample activates. At a saddle they are few.
  Matrix jacobian;
  std::vector<Index> columns;  ///< where the columns of each neuron begin, and their number
  Vector signs;                ///< 1 or -1, one a row of J; -1 only where the loss is not convex

  Index size() const { return static_cast<Index>(places.size()); }
  Index neuron_count() const { return static_cast<Index>(blocks.size()); }
  auto jacobian_of(Index k) const {
    const auto at = static_cast<std::size_t>(k);
    return jacobian.middleCols(columns[at], columns[at + 1] - columns[at]);
  }
  bool has_part(Index k) const { return jacobian_of(k).cols() > 0; }
};

/// Numbers of a Jacobian at most: 256 MB.
inline constexpr Index kMostJacobian = Index{1} << 25;

/// Of the loss at w; in a mode of the kinks along their surface, as Objective::hessian(). Costs two passes of
/// each neuron for each of its weights. Empty where the network is no sum over neurons that have each weight
/// once, or does not know the function of a neuron (Network::neuron_function()), and where J would be larger
/// than kMostJacobian.
std::optional<NeuronForm> neuron_form(Objective& objective, const Vector& w);

/// Whether neuron_form() has one, and the bounds m and p of its size.
struct NeuronFormSize {
  Index outputs = 0;     ///< rows of J at most: samples x outputs
  Index per_neuron = 0;  ///< weights of the largest neuron
};
std::optional<NeuronFormSize> neuron_form_size(const Objective& objective);

}  // namespace saddleflow

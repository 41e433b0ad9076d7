// Networks whose outputs are means over a distribution of inputs, and what one more neuron of any network
// sees.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// The NCF of one neuron beside given weights as that of a network of its own: N(u) = <residual, H(inputs;
/// u)> with the H of `network`, which has this neuron alone. u is the neuron's weights, incoming before
/// outgoing.
struct NeuronProblem {
  std::shared_ptr<const Network> network;
  Matrix inputs;
  Matrix residual;
};

/// What a network derives from beside Network if its outputs are means, and not values at samples.
class MeansNetwork {
 public:
  virtual ~MeansNetwork() = default;
  /// Of any neuron that is zero in w; `inputs` of the data, `residual` minus the derivative of the loss by
  /// the outputs at w.
  virtual NeuronProblem neuron_problem(const Vector& w, const Matrix& inputs,
                                       const Matrix& residual) const = 0;
  /// The network of the same weights whose outputs are values of f at points.
  virtual std::shared_ptr<const Network> function() const = 0;
  /// What function() takes for points x (d x n); `inputs` of the data.
  virtual Matrix function_inputs(const Matrix& points, const Matrix& inputs) const = 0;
};

/// Null for a network of samples.
const MeansNetwork* as_means(const Network& network);

/// Whether neuron_problem() knows neuron k: of a MeansNetwork, and where there is a neuron_function().
bool has_neuron_problem(const Network& network, Index k);
/// Of neuron k, which is zero in w. By default its neuron_function() with the residual of the outputs; empty
/// where has_neuron_problem() is false.
std::optional<NeuronProblem> neuron_problem(const Network& network, Index k, const Vector& w,
                                            const Matrix& inputs, const Matrix& residual);

}  // namespace saddleflow

// A homogeneous network H(x; w): its shape, its symmetries and conserved quantities (theory, section 1).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

class Kernel;

/// A hidden neuron: the parameters that enter it and those that leave it.
struct Neuron {
  int layer = 0;  ///< hidden layer, counted from 0
  Index index = 0;
  std::vector<Index> incoming;
  std::vector<Index> outgoing;
};

/// Two neurons by their numbers in Network::neurons(), often the same one twice.
struct NeuronPair {
  Index first = 0;
  Index second = 0;
};

/// Groups of parameters that share one size, for error control relative to it. `first` has one group per
/// parameter, `second` another or -1; groups are numbered from 0 to count-1. A weight between two hidden
/// neurons belongs to its row (the target neuron) and to its column (the source neuron): the smaller one is
/// its scale.
struct ParameterGroups {
  std::vector<int> first;
  std::vector<int> second;
  int count = 0;
};

/// A D-homogeneous network without biases; immutable. Evaluation on data is the business of its Kernel.
class Network {
 public:
  virtual ~Network() = default;

  virtual std::string kind() const = 0;  ///< "feed_forward", "diagonal_linear" or "power_sum"
  virtual std::vector<Index> layer_sizes() const = 0;
  virtual Activation activation() const = 0;
  virtual Index input_count() const = 0;
  virtual Index output_count() const = 0;
  /// D, with H(x; c w) = c^D H(x; w) for c >= 0.
  virtual int degree() const = 0;
  virtual const Layout& layout() const = 0;
  /// Layers of neurons with an activation; one less than the weight matrices, unless the outer weights are no
  /// parameters.
  virtual int hidden_layer_count() const { return layout().layer_count() - 1; }
  /// Hidden neurons, layer after layer.
  virtual const std::vector<Neuron>& neurons() const = 0;
  virtual const ParameterGroups& groups() const = 0;

  /// Number of conserved quantities that balance() computes (0 where the network has none).
  virtual Index balance_count() const = 0;
  /// Quantities that gradient flow conserves for any loss: ||W_l[k,:]||^2 - p ||W_{l+1}[:,k]||^2 per hidden
  /// neuron; all entries of W_l W_l^T - W_{l+1}^T W_{l+1} (lower triangle) for linear layers; u_j^2 - v_j^2
  /// for diagonal linear networks. `out` has length balance_count().
  virtual void balance(const Vector& w, Vector& out) const = 0;
  /// Of each of these quantities the neurons j and k that it belongs to: it is <incoming_j, incoming_k> - p
  /// <outgoing_j, outgoing_k>.
  virtual std::vector<NeuronPair> balanced_pairs() const = 0;

  /// A kernel bound to the inputs X (input_count x n). Throws InputError when the rows do not match.
  virtual std::unique_ptr<Kernel> kernel(const Matrix& inputs) const = 0;

  Index parameter_count() const { return layout().size(); }
};

/// H = W_m sigma(W_{m-1} sigma(... sigma(W_1 x))); `sizes` = inputs, hidden widths ..., outputs (at least two
/// entries, all positive). Degree sum_l p^{m-l}. Throws InputError.
std::shared_ptr<const Network> feed_forward(const std::vector<Index>& sizes, Activation activation);
/// H = sum_j u_j v_j x_j, parameters (u, v); layers u and v are stored as 1 x d. One output, degree 2.
std::shared_ptr<const Network> diagonal_linear(Index inputs);
/// H = sum_k sigma(w_k . x), W is width x inputs; one output, degree p.
std::shared_ptr<const Network> power_sum(Index inputs, Index width, Activation activation);

}  // namespace saddleflow

// A homogeneous network H(x; w): its shape, its symmetries and conserved quantities (THEORY.md, section 1).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/layout.hpp"
#include "saddleflow/network/traits.hpp"

namespace saddleflow {

class Kernel;

/// A hidden neuron: the parameters that enter it and those that leave it.
struct Neuron {
  int layer = 0;  ///< hidden layer, counted from 0
  Index index = 0;
  std::vector<Index> incoming;
  std::vector<Index> outgoing;
};

/// The neurons of W_m sigma(W_{m-1} ... sigma(W_1 x)) with layer l of `layout` as W_l: neuron k of a hidden
/// layer has row k of its own matrix and column k of the next one.
std::vector<Neuron> layered_neurons(const Layout& layout);

/// Two neurons by their numbers in Network::neurons(), often the same one twice.
struct NeuronPair {
  Index first = 0;
  Index second = 0;
};

/// coefficient sum_i w[first_i] w[second_i].
struct QuadraticTerm {
  Real coefficient = 1;
  std::vector<Index> first, second;
};

/// A quadratic form (1/2) w^T S w that gradient flow conserves, as a sum of terms. A diagonal form is stored
/// multiplied by two. The loss is invariant under w -> e^{s S} w, so that S w is a zero mode of the Hessian
/// at a critical point.
struct ConservedQuantity {
  std::vector<QuadraticTerm> terms;
  NeuronPair neurons;  ///< the neurons to which it belongs; their norms are its scale

  /// It belongs to a single neuron: its symmetry scales some of the neuron's weights up and the others down.
  bool is_rescaling() const { return neurons.first == neurons.second; }
  Real value(const Vector& w) const;
};

/// Which neurons of a layer have a conserved quantity.
enum class Balanced {
  each,      ///< every neuron with itself
  all_pairs  ///< any two: the layer can be rotated
};

/// <incoming_j, incoming_k> - p <outgoing_j, outgoing_k> of the neurons of each layer, j <= k.
std::vector<ConservedQuantity> balances_of(const std::vector<Neuron>& neurons, int power, Balanced which);

/// Groups of parameters whose errors are controlled relative to one common norm. `first` has one group per
/// parameter, `second` another or -1; groups are numbered from 0 to count-1. A weight between two hidden
/// neurons belongs to its row (the target neuron) and to its column (the source neuron): the smaller one is
/// its scale.
struct ParameterGroups {
  std::vector<int> first;
  std::vector<int> second;
  int count = 0;
};

class Network;

/// Some hidden neurons as a network of their own: w(parameters) of the whole is a weight vector of `network`.
struct SubNetwork {
  std::shared_ptr<const Network> network;
  std::vector<Index> parameters;
};

/// The function of one neuron of a separable network: `network` has this neuron alone and sees the rows
/// `inputs` of the data; its weights are the neuron's, incoming before outgoing.
struct NeuronFunction {
  std::shared_ptr<const Network> network;
  std::vector<Index> inputs;
};

/// A D-homogeneous network. It is immutable. Its Kernel evaluates it on data.
class Network {
 public:
  virtual ~Network() = default;

  /// The name of the family in studies, files, tables and messages. No code may branch on it.
  virtual std::string kind() const = 0;
  virtual NetworkTraits traits() const = 0;
  /// Family, sizes, activation and degree, for tables: "feed_forward 2-8-1, squared ReLU, degree 3".
  virtual std::string description() const;
  /// Inputs, hidden widths ..., outputs; by default inputs and outputs.
  virtual std::vector<Index> layer_sizes() const;
  /// sigma of the hidden neurons; by default linear. Its power p is that of the conserved quantities.
  virtual Activation activation() const { return {}; }
  virtual Index input_count() const = 0;
  virtual Index output_count() const = 0;
  /// D, with H(x; c w) = c^D H(x; w) for c >= 0. Without the trait `homogeneous`: of the leading part of the
  /// loss at the origin, or 1 where that is not known.
  virtual int degree() const = 0;
  /// q, with H(c x; w) = c^q H(x; w): by default p to the power of the hidden layers.
  virtual int input_degree() const;
  virtual const Layout& layout() const = 0;
  /// Hidden neurons, layer after layer. Empty if the network has no such structure (the default).
  virtual const std::vector<Neuron>& neurons() const;
  /// Layers of hidden neurons.
  int hidden_layer_count() const { return neurons().empty() ? 0 : neurons().back().layer + 1; }
  /// By default a group for the incoming weights of each neuron and one for its outgoing ones, and one for
  /// the weights of no neuron.
  virtual ParameterGroups groups() const;

  /// The quantities that gradient flow conserves for any loss: ||W_l[k,:]||^2 - p ||W_{l+1}[:,k]||^2 per
  /// hidden neuron; all entries of W_l W_l^T - W_{l+1}^T W_{l+1} (lower triangle) for linear layers; u_j^2 -
  /// v_j^2 for diagonal linear networks. None by default.
  virtual std::vector<ConservedQuantity> conserved() const { return {}; }
  /// Tangents at w, one per column, of curves of weights along which H does not change. They are zero modes
  /// of the Hessian at a critical point. Only those that do not follow from the traits and the conserved
  /// quantities are listed. None by default.
  virtual Matrix further_symmetries(const Vector& w) const { return Matrix(w.size(), 0); }

  /// A kernel bound to the inputs X (input_count x n). Throws InputError when the rows do not match.
  virtual std::unique_ptr<Kernel> kernel(const Matrix& inputs) const = 0;

  /// The network of the same family, inputs, outputs and activation with these numbers of neurons in its
  /// hidden layers. InputError if the family has no such network (the default), or a width is not positive.
  virtual std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const;
  /// The network that consists of the neurons `kept` only: for every hidden layer their numbers within the
  /// layer (at least one), in this order. By default it is made by with_hidden_widths() for networks with one
  /// hidden layer of neurons that can be permuted; other networks throw InputError.
  virtual SubNetwork sub_network(const std::vector<std::vector<Index>>& kept) const;
  /// The function of neuron k of neurons(). By default, for separable networks whose neurons can be permuted,
  /// with_hidden_widths({1}) on all inputs. Empty if the function of a single neuron is not known.
  virtual std::optional<NeuronFunction> neuron_function(Index k) const;

  /// The layers of layout() that are matrices, multiplied with what comes from below: by default all of a
  /// layered network, those of the hidden layers where pre-activations are known, else none.
  virtual std::vector<int> weight_matrices() const;
  /// The matrix that all weights together make, where the outputs are linear in it and depend on the weights
  /// through it alone: W_m ... W_1 of a layered network of linear neurons (by default none but this).
  virtual std::optional<Matrix> end_to_end_map(const Vector& w) const;

  Index parameter_count() const { return layout().size(); }
};

/// The values of its conserved quantities.
Vector balances(const Network& network, const Vector& w);
/// Neurons in each hidden layer.
std::vector<Index> hidden_widths(const Network& network);
/// Throws InputError "`what`: ..." if the network is not homogeneous.
void require_homogeneous(const Network& network, std::string_view what);
/// Throws InputError "`what`: ..." if the gradient of the network jumps and its kinks are not known.
void require_known_kinks(const Network& network, std::string_view what);

/// H = W_m sigma(W_{m-1} sigma(... sigma(W_1 x))); `sizes` = inputs, hidden widths ..., outputs (at least two
/// entries, all positive). Degree sum_l p^{m-l}. Throws InputError.
std::shared_ptr<const Network> feed_forward(const std::vector<Index>& sizes, Activation activation);
/// H = sum_j u_j v_j x_j, parameters (u, v); layers u and v are stored as 1 x d. One output, degree 2.
std::shared_ptr<const Network> diagonal_linear(Index inputs);
/// H = sum_k sigma(w_k . x), W is width x inputs; one output, degree p.
std::shared_ptr<const Network> power_sum(Index inputs, Index width, Activation activation);

}  // namespace saddleflow

// The network on the training data at the weights of the last call: what objectives and correlation functions
// keep, so that nothing is computed twice at the same weights.
#pragma once

#include <memory>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/outer_layer.hpp"

namespace saddleflow {

/// The outputs H(X; w) at the last w, and the kernel that made them. Allocation-free after construction. Not
/// thread-safe.
class NetworkPass {
 public:
  /// `weights_name` is what error messages call the weights.
  NetworkPass(std::shared_ptr<const Network> network, const Matrix& inputs, const char* weights_name);
  NetworkPass(const NetworkPass&) = delete;
  NetworkPass& operator=(const NetworkPass&) = delete;

  const Network& network() const { return *network_; }
  std::shared_ptr<const Network> shared_network() const { return network_; }
  Kernel& kernel() { return *kernel_; }

  /// A forward pass at w unless the last one was there; whether one was made. Weights are the same when their
  /// bits are: NaN is, and +0 is not -0. InputError when w has not as many entries as the network has
  /// parameters.
  bool move_to(const Vector& w);
  /// The next move_to() makes a pass wherever it goes: the kernel's activation pattern has changed.
  void forget() { is_made_ = false; }
  /// Where move_to() went last.
  const Vector& weights() const { return w_; }
  /// H(X; weights()), outputs x n.
  const Matrix& outputs() const { return outputs_; }

  /// Pre-activations, activations and slopes at weights(), as far as the kernel keeps them; null for networks
  /// that show none.
  const FeedForwardState* state() const { return kernel_->feed_forward_state(); }
  /// Also what the kernel does not keep, see Kernel::whole_state().
  const FeedForwardState* whole_state() const { return kernel_->whole_state(); }
  /// What the first layer of weights is multiplied with, fan-in x columns: the inputs of the samples, or,
  /// where a sample has several columns (see OuterLayer), these.
  const Matrix& columns() const;
  /// Null for networks that show no pre-activations.
  const OuterLayer* outer_layer() const;

 private:
  std::shared_ptr<const Network> network_;
  const Matrix& inputs_;
  const char* weights_name_;
  std::unique_ptr<Kernel> kernel_;
  Vector w_;
  Matrix outputs_;
  bool is_made_ = false;
};

}  // namespace saddleflow

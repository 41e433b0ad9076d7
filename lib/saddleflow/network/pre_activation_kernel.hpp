// What kernels share that show their pre-activations, so that the kinks of a network can be followed.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "saddleflow/network/activation.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/layout.hpp"
#include "saddleflow/network/outer_layer.hpp"

namespace saddleflow {

/// Keeps the state of the hidden layers, on whatever branches of the activation are asked for. A kernel that
/// derives from it and whose network has the trait pre_activations
///
///   in forward(w)          calls begin_pass(w), and of each hidden layer l, from below, writes hidden(l).z =
///                          W_l input_of(l), then calls activate(l), which makes hidden(l).a;
///   in backward(r, out)    calls ensure_slopes() and writes hidden(l).back = dF/da and hidden(l).delta =
///                          back o slope, from above;
///   in tangent(v)          calls ensure_tangents() and may keep dz and da = slope o dz;
///   in tangent_backward()  calls ensure_curvatures(): the second derivatives are hidden(l).curvature.
///
/// The first of these calls makes the matrices: a network that is never asked for products has none for them.
/// Everything is width x columns: a column a sample, or several (see OuterLayer). Layer l of the layout is
/// W_l. What is above the last hidden layer is the next layer of the layout, or sums it up where there is
/// none, or is what show_outer() was given.
class PreActivationKernel : public Kernel {
 public:
  void set_pattern(const ActivationPattern* pattern) override;
  const FeedForwardState* feed_forward_state() const override { return &state_; }

 protected:
  /// `inputs`: what W_0 is multiplied with.
  PreActivationKernel(const Layout& layout, Activation activation, int hidden_layers, const Matrix& inputs);

  const Layout& layout() const { return layout_; }
  const Activation& activation() const { return activation_; }
  const FeedForwardState& state() const { return state_; }
  HiddenState& hidden(int l = 0) { return state_.layer(l); }
  const HiddenState& hidden(int l = 0) const { return state_.layer(l); }
  /// The inputs, or the activations of hidden layer l - 1.
  const Matrix& input_of(int l) const { return state_.input_of(l); }
  /// W_l of the present pass.
  ConstMatrixView weights(int l) const { return layout_.matrix(state_.w, l); }

  /// From the last hidden layer to the outputs, where that is no matrix of weights and no sum.
  void show_outer(std::shared_ptr<const OuterLayer> outer) { state_.outer = std::move(outer); }

  void begin_pass(const Vector& w);
  void activate(int l = 0) { activate(l, {0, state_.inputs.cols()}); }
  void ensure_slopes();
  void ensure_tangents();
  /// Room for hidden(l).dz and the slopes, for kernels that keep nothing else of a tangent.
  void ensure_pre_tangents();
  void ensure_curvatures();

  /// The columns in blocks that stay in the cache from layer to layer. A sum over columns has the same bits
  /// block by block and at once.
  const std::vector<ColumnRange>& blocks() const { return blocks_; }
  void activate(int l, const ColumnRange& block);
  /// The second derivatives of layer l in these columns, one after the other.
  void curvatures(int l, const ColumnRange& block, Real* out) const;
  /// For a backward pass block by block instead of ensure_slopes(): where this is true make_slopes(block) for
  /// each block, and then note_slopes().
  bool wants_slopes();
  void make_slopes(const ColumnRange& block);
  void note_slopes() { has_slopes_ = true; }

 private:
  using Part = Matrix HiddenState::*;
  void make_room(std::initializer_list<Part> parts);
  int hidden_count() const { return static_cast<int>(state_.hidden.size()); }
  const Matrix* factors(int l) const {
    return pattern_ ? &pattern_->factors[static_cast<std::size_t>(l)] : nullptr;
  }

  Layout layout_;
  Activation activation_;
  std::optional<ActivationPattern> pattern_;
  FeedForwardState state_;
  std::vector<ColumnRange> blocks_;
  bool has_slopes_ = false;
  bool has_curvatures_ = false;
};

}  // namespace saddleflow

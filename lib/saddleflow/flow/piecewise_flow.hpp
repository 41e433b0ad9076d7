// The gradient flow of a network with kinks as a system with switching surfaces: one a hidden neuron and
// sample, in a convolution a neuron, a sample and a patch.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/network/unit_gradient.hpp"
#include "saddleflow/ode/switching/switched_system.hpp"

namespace saddleflow {

/// The numbers of the switches of a network with hidden layers: layer after layer, column after column.
class KinkIndex {
 public:
  KinkIndex(const Network& network, Index columns);
  Index count() const { return offsets_.back(); }
  Index operator()(const Kink& kink) const;
  Kink kink(Index k) const;

 private:
  std::vector<Index> widths_, offsets_;  // per hidden layer; one offset more
};

/// w' = -grad L(w) of a network that shows pre-activations, with p = 1, alpha /= 1 (or see can_locate()):
/// switching functions are the pre-activations z, slopes those of the activation in [alpha, 1] (THEORY.md,
/// section 5). The mode is that of the objective (see Objective::set_mode), so that everything evaluated
/// along the flow is evaluated in it; when this object goes, so does the objective's mode.
class PiecewiseFlow final : public SwitchedSystem {
 public:
  /// InputError for another network. The flow must outlive this.
  explicit PiecewiseFlow(GradientFlow& flow);
  ~PiecewiseFlow() override;
  PiecewiseFlow(const PiecewiseFlow&) = delete;
  PiecewiseFlow& operator=(const PiecewiseFlow&) = delete;
  /// Whether `network` has jumps of the gradient that this class knows how to follow.
  static bool applies_to(const Network& network);
  /// Whether its kinks can be located, jumps or not: for p >= 2 (nothing slides) with one hidden layer.
  static bool can_locate(const Network& network);

  const KinkIndex& index() const { return index_; }
  /// Hidden neurons that are below their kinks at every sample; for alpha = 0 they are dead and do not move.
  Index neurons_below() const;
  /// Puts another objective of the same problem into the present mode.
  void share_mode(Objective& other) const;

  Index switch_count() const override { return index_.count(); }
  Real low() const override;
  int degree() const override { return hidden_; }
  void set_mode(const Mode& mode) override;
  const Mode& mode() const override { return mode_; }
  System field() override { return System(flow_); }
  void values(const Vector& x, Vector& z) override;
  void rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) override;
  void slopes(const Vector& x, Vector& s) override;
  Real margin(const Vector& x) override;
  std::vector<Index> leaving(const Vector& x, Real margin) override;
  void settle(const Vector& x) override;
  /// Neuron by neuron, in units of the larger of its incoming and outgoing weights.
  Real project(Vector& x, const std::vector<Index>& which) override;
  Real drift(const Vector& x) override;
  /// Kinks whose normals are in the span of those hit and sliding: repeated, opposite and parallel samples,
  /// all samples of a neuron whose weights vanish.
  void complete(const Vector& x, std::vector<Index>& hit) override;
  /// The velocity is the minimiser of F(v) = L'(w; v) + |v|^2 / 2 on whose side the trajectory arrives
  /// (THEORY.md, section 5, when kinks coincide).
  std::optional<Decision> decide(const Vector& x, const std::vector<Index>& hit, Entry entry) override;
  /// A kink that returns to where it has just left, or is held while the loss falls away from it.
  std::string contradiction(const Vector& x, const std::vector<Index>& touching) override;
  void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) override;

 private:
  /// Bounds of what changes along a step.
  struct Reach {
    Vector row;         ///< per neuron: of its incoming weights
    Vector activation;  ///< per column: of the layer's activations
  };

  const Layout& layout() const { return flow_.objective().network().layout(); }
  const Matrix& inputs() const { return flow_.objective().columns(); }
  const OuterLayer& outer() const { return *flow_.objective().outer_layer(); }
  Real factor(Side side) const;
  std::vector<bool> trapped() const;
  Mode hold(const std::vector<Index>& hit) const;
  void leave_dead_samples(const Mode& before, Mode& mode) const;
  Decision decide_groups(const Vector& x, const std::vector<Index>& hit, const Mode& before, const Mode& all,
                         Entry entry, Real ended);
  bool cross(const Vector& x, Index hit, Mode& mode);
  Real reach(const Vector& w, int layer, Index neuron) const;
  Real unit_of_move(const Vector& before, const Vector& after, int layer, Index neuron) const;
  void complete_first_layer(const Vector& w, std::vector<Index>& hit) const;
  void complete_all_layers(const Vector& w, std::vector<Index>& hit);
  void project_neuron(Vector& w, const std::vector<Kink>& kinks) const;
  void project_together(Vector& w, const std::vector<Kink>& kinks);
  void bound_rows();
  void near_kinks(const FeedForwardState& state, std::vector<Kink>& near);
  bool is_rounding(const Kink& kink, const std::vector<Real>& values);
  void path_of(const Kink& kink, std::vector<Real>& out);
  const Vector& activations_at(int layer, Index sample, std::size_t node);

  GradientFlow& flow_;
  int hidden_;  ///< layers
  KinkIndex index_;
  Mode mode_;
  ActivationPattern pattern_;
  Vector input_norms_;
  std::vector<Vector> nodes_;  // weights at the nodes of a step
  std::vector<Reach> reach_;
  std::vector<Kink> near_, sliding_;
  // Activations of one sample at all nodes, per layer.
  Index kept_sample_ = -1;
  std::vector<std::vector<Vector>> kept_;
  Vector gradient_;
};

}  // namespace saddleflow

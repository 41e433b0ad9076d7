// One layer without outer weights, H = sum_k sigma(w_k . x).
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

class PowerSumKernel final : public Kernel {
 public:
  PowerSumKernel(const Layout& layout, Activation activation, const Matrix& inputs)
      : layout_(layout), activation_(activation) {
    state_.inputs = inputs;
    state_.outer = summing_outer_layer(layout.layer(0).rows);
    state_.w.setZero(layout.size());
    HiddenState& h = state_.hidden.emplace_back();
    for (Matrix* x :
         {&h.z, &h.a, &h.slope, &h.curvature, &h.back, &h.delta, &h.dz, &h.da, &h.dback, &h.ddelta})
      x->setZero(layout.layer(0).rows, inputs.cols());
    for (Matrix* x : {&outputs_, &output_tangent_}) x->setZero(1, inputs.cols());
    v_.setZero(layout.size());
  }

  const Matrix& forward(const Vector& w) override {
    state_.w = w;
    has_derivatives_ = false;
    hidden().z.noalias() = layout_.matrix(state_.w, 0) * state_.inputs;
    set_activations(activation_, factors(), hidden());
    outputs_ = hidden().a.colwise().sum();
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    ensure_derivatives();
    out.resize(layout_.size());
    HiddenState& h = hidden();
    h.back.array() = r.row(0).array().replicate(h.z.rows(), 1);
    h.delta = h.back.cwiseProduct(h.slope);
    layout_.matrix(out, 0).noalias() = h.delta * state_.inputs.transpose();
  }

  const Matrix& tangent(const Vector& v) override {
    ensure_derivatives();
    v_ = v;
    HiddenState& h = hidden();
    h.dz.noalias() = layout_.matrix(v_, 0) * state_.inputs;
    h.da = h.slope.cwiseProduct(h.dz);
    output_tangent_ = h.da.colwise().sum();
    return output_tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    out.resize(layout_.size());
    HiddenState& h = hidden();
    h.dback.array() = dr.row(0).array().replicate(h.z.rows(), 1);
    h.ddelta = h.dback.cwiseProduct(h.slope) + h.back.cwiseProduct(h.curvature).cwiseProduct(h.dz);
    layout_.matrix(out, 0).noalias() = h.ddelta * state_.inputs.transpose();
  }

  /// Curvature part J^T diag(c) J with J = sigma'(z_k) x, and per neuron the block sum_i r_i sigma''(z_ki)
  /// x_i x_i^T.
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override {
    require_diagonal(c, "power_sum");
    ensure_derivatives();
    const HiddenState& h = hidden();
    const Matrix& inputs = state_.inputs;
    const Index width = h.z.rows();
    jacobian_.resize(inputs.cols(), layout_.size());
    for (Index j = 0; j < inputs.rows(); ++j)
      for (Index k = 0; k < width; ++k)
        jacobian_.col(k + j * width) = h.slope.row(k).cwiseProduct(inputs.row(j)).transpose();
    weights_ = c.diagonal.row(0).transpose();
    scaled_.resizeLike(jacobian_);
    out.setZero(layout_.size(), layout_.size());
    add_weighted_gram(jacobian_, weights_, scaled_, out);
    for (Index k = 0; k < width; ++k) {
      weights_ = r.row(0).cwiseProduct(h.curvature.row(k)).transpose();
      block_inputs_.array() = inputs.array().rowwise() * weights_.transpose().array();
      block_.noalias() = block_inputs_ * inputs.transpose();
      for (Index j = 0; j < inputs.rows(); ++j)
        for (Index i = 0; i <= j; ++i) out(k + i * width, k + j * width) += block_(i, j);
    }
    mirror_upper(out);
  }

  void set_pattern(const ActivationPattern* pattern) override {
    if (pattern != nullptr) check_pattern(*pattern, state_);
    pattern_.reset();
    if (pattern != nullptr) pattern_ = *pattern;
    has_derivatives_ = false;
  }
  const FeedForwardState* feed_forward_state() const override { return &state_; }

 private:
  HiddenState& hidden() { return state_.hidden.front(); }
  const Matrix* factors() const { return pattern_ ? &pattern_->factors.front() : nullptr; }
  void ensure_derivatives() {
    if (has_derivatives_) return;
    set_slopes(activation_, factors(), hidden());
    set_curvatures(activation_, factors(), hidden());
    has_derivatives_ = true;
  }

  Layout layout_;
  Activation activation_;
  std::optional<ActivationPattern> pattern_;
  FeedForwardState state_;
  Vector v_;
  Matrix outputs_, output_tangent_;
  bool has_derivatives_ = false;
  Matrix jacobian_, scaled_, block_inputs_, block_;  // made by the first hessian()
  Vector weights_;
};

class PowerSum final : public Network {
 public:
  PowerSum(Index inputs, Index width, Activation activation)
      : activation_(activation), layout_({{width, inputs}}) {
    for (Index k = 0; k < width; ++k) {
      Neuron neuron{0, k, {}, {}};
      for (Index j = 0; j < inputs; ++j) neuron.incoming.push_back(k + j * width);
      neurons_.push_back(std::move(neuron));
    }
  }

  std::string kind() const override { return "power_sum"; }
  NetworkTraits traits() const override {
    const bool even =
        activation_.slope() == Real(-1) || (activation_.slope() == Real(1) && activation_.power() % 2 == 0);
    const bool square = activation_.power() == 2 && (activation_.slope() == Real(1) || even);
    NetworkTraits traits;
    traits.smoothness = smoothness_of(activation_);
    traits.separable = true;
    traits.pre_activations = true;
    traits.symmetry = square ? HiddenSymmetry::rotations : HiddenSymmetry::permutations;
    // An odd neuron has no outgoing weights that could turn with it.
    traits.sign = even ? SignSymmetry::incoming : SignSymmetry::none;
    traits.skeleton = SkeletonKind::neurons;
    return traits;
  }
  std::vector<Index> layer_sizes() const override { return {input_count(), layout_.layer(0).rows, 1}; }
  Activation activation() const override { return activation_; }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return activation_.power(); }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} inputs of the network",
                                   inputs.rows(), input_count()));
    return std::make_unique<PowerSumKernel>(layout_, activation_, inputs);
  }

  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    if (widths.size() != 1)
      throw InputError(fmt::format("hidden widths: found {} layers, expected one", widths.size()));
    return power_sum(input_count(), widths[0], activation_);
  }

 private:
  Activation activation_;
  Layout layout_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> power_sum(Index inputs, Index width, Activation activation) {
  return std::make_shared<PowerSum>(inputs, width, activation);
}

}  // namespace saddleflow

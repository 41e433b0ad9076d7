// One layer without outer weights, H = sum_k sigma(w_k . x).
#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/product.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"
#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

class PowerSumKernel final : public PreActivationKernel {
 public:
  PowerSumKernel(const Layout& layout, Activation activation, const Matrix& inputs)
      : PreActivationKernel(layout, activation, 1, inputs) {
    for (Matrix* x : {&outputs_, &output_tangent_}) x->setZero(1, inputs.cols());
    v_.setZero(layout.size());
  }

  const Matrix& forward(const Vector& w) override {
    begin_pass(w);
    product(weights(0), input_of(0), hidden().z);
    activate();
    outputs_ = hidden().a.colwise().sum();
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    ensure_slopes();
    out.resize(layout().size());
    HiddenState& h = hidden();
    h.back.array() = r.row(0).array().replicate(h.z.rows(), 1);
    h.delta = h.back.cwiseProduct(h.slope);
    product_transposed(h.delta, input_of(0), layout().matrix(out, 0));
  }

  const Matrix& tangent(const Vector& v) override {
    ensure_tangents();
    v_ = v;
    HiddenState& h = hidden();
    product(layout().matrix(v_, 0), input_of(0), h.dz);
    h.da = h.slope.cwiseProduct(h.dz);
    output_tangent_ = h.da.colwise().sum();
    return output_tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    ensure_curvatures();
    out.resize(layout().size());
    HiddenState& h = hidden();
    h.dback.array() = dr.row(0).array().replicate(h.z.rows(), 1);
    h.ddelta = h.dback.cwiseProduct(h.slope) + h.back.cwiseProduct(h.curvature).cwiseProduct(h.dz);
    product_transposed(h.ddelta, input_of(0), layout().matrix(out, 0));
  }

  /// Curvature part J^T diag(c) J with J = sigma'(z_k) x, and per neuron the block sum_i r_i sigma''(z_ki)
  /// x_i x_i^T.
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override {
    require_diagonal(c, "power_sum");
    ensure_slopes();
    ensure_curvatures();
    const HiddenState& h = hidden();
    const Matrix& inputs = input_of(0);
    const Index width = h.z.rows();
    jacobian_.resize(inputs.cols(), layout().size());
    for (Index j = 0; j < inputs.rows(); ++j)
      for (Index k = 0; k < width; ++k)
        jacobian_.col(k + j * width) = h.slope.row(k).cwiseProduct(inputs.row(j)).transpose();
    weights_ = c.diagonal.row(0).transpose();
    scaled_.resizeLike(jacobian_);
    out.setZero(layout().size(), layout().size());
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

 private:
  Vector v_;
  Matrix outputs_, output_tangent_;
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

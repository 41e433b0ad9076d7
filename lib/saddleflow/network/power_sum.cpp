// One layer without outer weights, H = sum_k sigma(w_k . x).
#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

class PowerSumKernel final : public Kernel {
 public:
  PowerSumKernel(const Layout& layout, Activation activation, const Matrix& inputs)
      : layout_(layout), activation_(activation), inputs_(inputs) {
    for (Matrix* x : {&z_, &a_, &slope_, &curvature_, &delta_, &dz_})
      x->setZero(layout.layer(0).rows, inputs.cols());
    for (Matrix* x : {&outputs_, &residual_, &output_tangent_}) x->setZero(1, inputs.cols());
    for (Vector* x : {&w_, &v_}) x->setZero(layout.size());
  }

  const Matrix& forward(const Vector& w) override {
    w_ = w;
    has_derivatives_ = false;
    z_.noalias() = layout_.matrix(w_, 0) * inputs_;
    activation_.value(z_, a_);
    outputs_ = a_.colwise().sum();
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    ensure_derivatives();
    residual_ = r;
    out.resize(layout_.size());
    delta_.array() = slope_.array().rowwise() * r.row(0).array();
    layout_.matrix(out, 0).noalias() = delta_ * inputs_.transpose();
  }

  const Matrix& tangent(const Vector& v) override {
    ensure_derivatives();
    v_ = v;
    dz_.noalias() = layout_.matrix(v_, 0) * inputs_;
    output_tangent_ = slope_.cwiseProduct(dz_).colwise().sum();
    return output_tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    out.resize(layout_.size());
    delta_.array() = curvature_.array() * dz_.array();
    delta_.array().rowwise() *= residual_.row(0).array();
    delta_.array() += slope_.array().rowwise() * dr.row(0).array();
    layout_.matrix(out, 0).noalias() = delta_ * inputs_.transpose();
  }

  /// Curvature part J^T diag(c) J with J = sigma'(z_k) x, and per neuron the block sum_i r_i sigma''(z_ki)
  /// x_i x_i^T.
  void hessian(const Matrix& r, const Matrix& c, Matrix& out) override {
    ensure_derivatives();
    const Index width = z_.rows();
    jacobian_.resize(inputs_.cols(), layout_.size());
    for (Index j = 0; j < inputs_.rows(); ++j)
      for (Index k = 0; k < width; ++k)
        jacobian_.col(k + j * width) = slope_.row(k).cwiseProduct(inputs_.row(j)).transpose();
    weights_ = c.row(0).transpose();
    scaled_.resizeLike(jacobian_);
    out.setZero(layout_.size(), layout_.size());
    add_weighted_gram(jacobian_, weights_, scaled_, out);
    for (Index k = 0; k < width; ++k) {
      weights_ = r.row(0).cwiseProduct(curvature_.row(k)).transpose();
      block_inputs_.array() = inputs_.array().rowwise() * weights_.transpose().array();
      block_.noalias() = block_inputs_ * inputs_.transpose();
      for (Index j = 0; j < inputs_.rows(); ++j)
        for (Index i = 0; i <= j; ++i) out(k + i * width, k + j * width) += block_(i, j);
    }
    mirror_upper(out);
  }

 private:
  void ensure_derivatives() {
    if (has_derivatives_) return;
    activation_.derivative(z_, slope_);
    activation_.second_derivative(z_, curvature_);
    has_derivatives_ = true;
  }

  Layout layout_;
  Activation activation_;
  Matrix inputs_;
  Vector w_, v_;
  Matrix z_, a_, slope_, curvature_, delta_, dz_;
  Matrix outputs_, residual_, output_tangent_;
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
    groups_.count = static_cast<int>(width);
    for (Index i = 0; i < layout_.size(); ++i) groups_.first.push_back(static_cast<int>(i % width));
    groups_.second.assign(groups_.first.size(), -1);
  }

  std::string kind() const override { return "power_sum"; }
  std::vector<Index> layer_sizes() const override { return {input_count(), layout_.layer(0).rows, 1}; }
  Activation activation() const override { return activation_; }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return activation_.power(); }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  const ParameterGroups& groups() const override { return groups_; }
  Index balance_count() const override { return 0; }
  void balance(const Vector&, Vector& out) const override { out.resize(0); }
  std::vector<NeuronPair> balanced_pairs() const override { return {}; }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} inputs of the network",
                                   inputs.rows(), input_count()));
    return std::make_unique<PowerSumKernel>(layout_, activation_, inputs);
  }

 private:
  Activation activation_;
  Layout layout_;
  std::vector<Neuron> neurons_;
  ParameterGroups groups_;
};

}  // namespace

std::shared_ptr<const Network> power_sum(Index inputs, Index width, Activation activation) {
  return std::make_shared<PowerSum>(inputs, width, activation);
}

}  // namespace saddleflow

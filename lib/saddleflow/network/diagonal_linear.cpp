// Diagonal linear networks, H = <u o v, x>: with beta = u o v every pass is one through the linear map beta
// -> beta^T X.
#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

class DiagonalLinearKernel final : public Kernel {
 public:
  explicit DiagonalLinearKernel(const Matrix& inputs) : inputs_(inputs) {
    for (Vector* x : {&beta_, &slope_, &slope_tangent_}) x->setZero(inputs.rows());
    for (Vector* x : {&w_, &v_}) x->setZero(2 * inputs.rows());
    outputs_.setZero(1, inputs.cols());
    output_tangent_.setZero(1, inputs.cols());
  }

  const Matrix& forward(const Vector& w) override {
    w_ = w;
    beta_ = first(w_).cwiseProduct(second(w_));
    outputs_.noalias() = beta_.transpose() * inputs_;
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    slope_.noalias() = inputs_ * r.row(0).transpose();
    out.resize(w_.size());
    out.head(size()) = second(w_).cwiseProduct(slope_);
    out.tail(size()) = first(w_).cwiseProduct(slope_);
  }

  const Matrix& tangent(const Vector& v) override {
    v_ = v;
    beta_ = first(v_).cwiseProduct(second(w_)) + first(w_).cwiseProduct(second(v_));
    output_tangent_.noalias() = beta_.transpose() * inputs_;
    return output_tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    slope_tangent_.noalias() = inputs_ * dr.row(0).transpose();
    out.resize(w_.size());
    out.head(size()) = second(v_).cwiseProduct(slope_) + second(w_).cwiseProduct(slope_tangent_);
    out.tail(size()) = first(v_).cwiseProduct(slope_) + first(w_).cwiseProduct(slope_tangent_);
  }

  /// With G = X diag(c) X^T: d beta_j / du_j = v_j, d beta_j / dv_j = u_j, and d^2 beta_j / du_j dv_j = 1.
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override {
    require_diagonal(c, "diagonal_linear");
    const Index d = size();
    scaled_.array() = inputs_.array().rowwise() * c.diagonal.row(0).array();
    gram_.noalias() = scaled_ * inputs_.transpose();
    slope_tangent_.noalias() = inputs_ * r.row(0).transpose();
    out.resize(2 * d, 2 * d);
    for (Index k = 0; k < d; ++k) {
      out.col(k).head(d) = w_[d + k] * second(w_).cwiseProduct(gram_.col(k));
      out.col(d + k).head(d) = w_[k] * second(w_).cwiseProduct(gram_.col(k));
      out.col(d + k).tail(d) = w_[k] * first(w_).cwiseProduct(gram_.col(k));
      out(k, d + k) += slope_tangent_[k];
    }
    mirror_upper(out);
  }

 private:
  Index size() const { return inputs_.rows(); }
  ConstVectorView first(const Vector& w) const { return {w.data(), size()}; }
  ConstVectorView second(const Vector& w) const { return {w.data() + size(), size()}; }

  Matrix inputs_;
  Vector w_, v_, beta_;
  Vector slope_, slope_tangent_;  // dF/d beta and its tangent
  Matrix outputs_, output_tangent_;
  Matrix scaled_, gram_;  // made by the first hessian()
};

class DiagonalLinear final : public Network {
 public:
  explicit DiagonalLinear(Index inputs) : layout_({{1, inputs}, {1, inputs}}) {
    for (Index j = 0; j < inputs; ++j) neurons_.push_back({0, j, {j}, {inputs + j}});
  }

  std::string kind() const override { return "diagonal_linear"; }
  std::string description() const override {
    return fmt::format("diagonal_linear {}, degree 2", input_count());
  }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = Smoothness::polynomial;
    traits.separable = true;
    traits.sign = SignSymmetry::both;
    traits.skeleton = SkeletonKind::coordinates;
    return traits;
  }
  std::vector<Index> layer_sizes() const override { return {input_count(), input_count(), 1}; }
  Activation activation() const override { return {}; }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return 2; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  /// A group a coordinate.
  ParameterGroups groups() const override {
    ParameterGroups groups;
    groups.count = static_cast<int>(input_count());
    for (Index j = 0; j < 2 * input_count(); ++j) groups.first.push_back(static_cast<int>(j % input_count()));
    groups.second.assign(groups.first.size(), -1);
    return groups;
  }
  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons_, 1, Balanced::each);
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} inputs of the network",
                                   inputs.rows(), input_count()));
    return std::make_unique<DiagonalLinearKernel>(inputs);
  }

  std::optional<NeuronFunction> neuron_function(Index k) const override {
    return NeuronFunction{diagonal_linear(1), {k}};
  }

 private:
  Layout layout_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> diagonal_linear(Index inputs) {
  return std::make_shared<DiagonalLinear>(inputs);
}

}  // namespace saddleflow

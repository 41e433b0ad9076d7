#include "outside/own_relu.hpp"

#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow::test {
namespace {

/// Passes over a batch of inputs. z, a and what comes back (back, delta) lie in hidden(), see
/// PreActivationKernel.
class OwnReluKernel final : public PreActivationKernel {
 public:
  OwnReluKernel(const Layout& layout, const Matrix& inputs)
      : PreActivationKernel(layout, Activation(0, 1), 1, inputs) {}

  const Matrix& forward(const Vector& w) override {
    begin_pass(w);
    hidden().z = weights(0) * input_of(0);
    activate();
    return outputs_ = weights(1) * hidden().a;
  }
  void backward(const Matrix& r, Vector& out) override {
    ensure_slopes();
    residual_ = r;
    hidden().back = weights(1).transpose() * r;
    hidden().delta = hidden().back.cwiseProduct(hidden().slope);
    out.resize(layout().size());
    layout().matrix(out, 0) = hidden().delta * input_of(0).transpose();
    layout().matrix(out, 1) = r * hidden().a.transpose();
  }
  const Matrix& tangent(const Vector& v) override {
    ensure_slopes();
    v_ = v;
    hidden().da = hidden().slope.cwiseProduct(layout().matrix(v_, 0) * input_of(0));
    return tangent_ = layout().matrix(v_, 1) * hidden().a + weights(1) * hidden().da;
  }
  void tangent_backward(const Matrix& dr, Vector& out) override {
    const Matrix back = layout().matrix(v_, 1).transpose() * residual_ + weights(1).transpose() * dr;
    out.resize(layout().size());
    layout().matrix(out, 0) = back.cwiseProduct(hidden().slope) * input_of(0).transpose();
    layout().matrix(out, 1) = dr * hidden().a.transpose() + residual_ * hidden().da.transpose();
  }

 private:
  Vector v_;
  Matrix outputs_, residual_, tangent_;
};

/// What it is: shape, degree, which weights belong to which neuron, kinks as pre-activations or none.
class OwnReluNetwork final : public Network {
 public:
  OwnReluNetwork(Index inputs, Index width)
      : layout_({{width, inputs}, {1, width}}), neurons_(layered_neurons(layout_)) {}

  std::string kind() const override { return "own_relu"; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = Smoothness::kinked;
    traits.layered = traits.pre_activations = true;
    traits.separable = true;
    traits.symmetry = HiddenSymmetry::permutations;
    return traits;
  }
  Activation activation() const override { return {0, 1}; }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return 2; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons_, 1, Balanced::each);
  }
  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    return std::make_unique<OwnReluKernel>(layout_, inputs);
  }
  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    return std::make_shared<OwnReluNetwork>(input_count(), widths.at(0));
  }

 private:
  Layout layout_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> own_relu(Index inputs, Index width) {
  return std::make_shared<OwnReluNetwork>(inputs, width);
}

}  // namespace saddleflow::test

#include "outside/wrapped_network.hpp"

#include <utility>

#include "saddleflow/network/kernel.hpp"

namespace saddleflow::test {
namespace {

/// Shows no pre-activations.
class OpaqueKernel final : public Kernel {
 public:
  explicit OpaqueKernel(std::unique_ptr<Kernel> inner) : inner_(std::move(inner)) {}
  const Matrix& forward(const Vector& w) override { return inner_->forward(w); }
  void backward(const Matrix& r, Vector& out) override { inner_->backward(r, out); }
  const Matrix& tangent(const Vector& v) override { return inner_->tangent(v); }
  void tangent_backward(const Matrix& dr, Vector& out) override { inner_->tangent_backward(dr, out); }
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override {
    inner_->hessian(r, c, out);
  }

 private:
  std::unique_ptr<Kernel> inner_;
};

class Wrapped final : public Network {
 public:
  Wrapped(std::shared_ptr<const Network> inner, Shown shown) : inner_(std::move(inner)), shown_(shown) {}

  std::string kind() const override { return "wrapped"; }
  NetworkTraits traits() const override {
    NetworkTraits traits = inner_->traits();
    if (shown_ == Shown::no_pre_activations)
      traits.pre_activations = traits.layered = traits.growable = false;
    if (shown_ == Shown::no_structure) {
      traits.layered = traits.separable = traits.growable = false;
      traits.skeleton = SkeletonKind::none;
    }
    return traits;
  }
  std::vector<Index> layer_sizes() const override { return inner_->layer_sizes(); }
  Activation activation() const override { return inner_->activation(); }
  Index input_count() const override { return inner_->input_count(); }
  Index output_count() const override { return inner_->output_count(); }
  int degree() const override { return inner_->degree(); }
  const Layout& layout() const override { return inner_->layout(); }
  const std::vector<Neuron>& neurons() const override { return inner_->neurons(); }
  ParameterGroups groups() const override { return inner_->groups(); }
  std::vector<ConservedQuantity> conserved() const override { return inner_->conserved(); }
  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    auto kernel = inner_->kernel(inputs);
    if (shown_ != Shown::no_pre_activations) return kernel;
    return std::make_unique<OpaqueKernel>(std::move(kernel));
  }
  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    return wrapped(inner_->with_hidden_widths(widths), shown_);
  }
  SubNetwork sub_network(const std::vector<std::vector<Index>>& kept) const override {
    SubNetwork part = inner_->sub_network(kept);
    return {wrapped(part.network, shown_), part.parameters};
  }
  std::optional<NeuronFunction> neuron_function(Index k) const override {
    if (shown_ == Shown::no_structure) return std::nullopt;
    std::optional<NeuronFunction> function = inner_->neuron_function(k);
    if (function) function->network = wrapped(function->network, shown_);
    return function;
  }

 private:
  std::shared_ptr<const Network> inner_;
  Shown shown_;
};

}  // namespace

std::shared_ptr<const Network> wrapped(std::shared_ptr<const Network> inner, Shown shown) {
  return std::make_shared<Wrapped>(std::move(inner), shown);
}

}  // namespace saddleflow::test

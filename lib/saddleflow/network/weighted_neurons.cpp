#include "saddleflow/network/weighted_neurons.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/weighted_neurons_kernel.hpp"

namespace saddleflow {
namespace {

class WeightedNeurons final : public Network {
 public:
  WeightedNeurons(std::shared_ptr<const Network> plain, Vector factors)
      : plain_(std::move(plain)), factors_(std::move(factors)) {}

  std::string kind() const override { return plain_->kind(); }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = plain_->traits().smoothness;
    traits.separable = true;
    traits.pre_activations = true;
    traits.sign = plain_->traits().sign;
    return traits;
  }
  std::vector<Index> layer_sizes() const override { return plain_->layer_sizes(); }
  Activation activation() const override { return plain_->activation(); }
  Index input_count() const override { return plain_->input_count(); }
  Index output_count() const override { return plain_->output_count(); }
  int degree() const override { return plain_->degree(); }
  const Layout& layout() const override { return plain_->layout(); }
  const std::vector<Neuron>& neurons() const override { return plain_->neurons(); }
  ParameterGroups groups() const override { return plain_->groups(); }
  std::vector<int> weight_matrices() const override { return plain_->weight_matrices(); }

  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons(), activation().power(), Balanced::each);
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    std::unique_ptr<Kernel> plain = plain_->kernel(inputs);
    return std::make_unique<WeightedNeuronsKernel>(layout(), activation(), inputs, factors_,
                                                   std::move(plain));
  }

 private:
  std::shared_ptr<const Network> plain_;
  Vector factors_;
};

}  // namespace

std::shared_ptr<const Network> weighted_neurons(std::shared_ptr<const Network> plain, const Vector& factors) {
  if (!plain->traits().layered || plain->layout().layer_count() != 2)
    throw InputError(
        fmt::format("factors of neurons: found {}, expected a feed-forward network with one "
                    "hidden layer",
                    plain->description()));
  const auto neurons = static_cast<Index>(plain->neurons().size());
  if (factors.size() != neurons || !factors.allFinite() || !(factors.array() > 0).all())
    throw InputError(fmt::format("factors of neurons: found {} numbers, expected {} positive ones",
                                 factors.size(), neurons));
  return std::make_shared<WeightedNeurons>(std::move(plain), factors);
}

}  // namespace saddleflow

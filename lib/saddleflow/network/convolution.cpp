#include "saddleflow/network/convolution.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/convolution_kernel.hpp"

namespace saddleflow {
namespace {

Layout convolution_layout(const ConvolutionShape& shape) {
  check_patches(shape.patches);
  constexpr Index most = std::numeric_limits<int>::max();
  if (shape.kernels < 1 || shape.outputs < 1 || shape.kernels > most / shape.outer_blocks())
    throw InputError(
        fmt::format("convolution: found {} kernels and {} outputs, expected positive numbers and at "
                    "most {} kernels for {} patches",
                    shape.kernels, shape.outputs, most / shape.outer_blocks(), shape.patches.patch_count()));
  return Layout(
      {{shape.kernels, shape.patches.patch_size()}, {shape.outputs, shape.kernels * shape.outer_blocks()}});
}

std::vector<Neuron> convolution_neurons(const ConvolutionShape& shape, const Layout& layout) {
  std::vector<Neuron> neurons;
  for (Index k = 0; k < shape.kernels; ++k) {
    Neuron neuron{0, k, {}, {}};
    for (Index j = 0; j < layout.layer(0).cols; ++j) neuron.incoming.push_back(k + shape.kernels * j);
    for (Index q = 0; q < shape.outer_blocks(); ++q)
      for (Index o = 0; o < shape.outputs; ++o)
        neuron.outgoing.push_back(layout.layer(1).offset + o + shape.outputs * (k + shape.kernels * q));
    neurons.push_back(std::move(neuron));
  }
  return neurons;
}

class Convolution final : public Network {
 public:
  Convolution(const ConvolutionShape& shape, Activation activation)
      : shape_(shape),
        activation_(activation),
        layout_(convolution_layout(shape)),
        neurons_(convolution_neurons(shape, layout_)) {}

  std::string kind() const override { return "convolution"; }
  std::vector<Index> layer_sizes() const override { return {input_count(), shape_.kernels, shape_.outputs}; }
  Activation activation() const override { return activation_; }
  Index input_count() const override { return shape_.patches.input_count(); }
  Index output_count() const override { return shape_.outputs; }
  int degree() const override { return activation_.power() + 1; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = smoothness_of(activation_);
    traits.separable = true;
    traits.pre_activations = true;
    traits.symmetry = activation_.is_linear() ? HiddenSymmetry::linear : HiddenSymmetry::permutations;
    traits.sign = sign_symmetry_of(activation_);
    traits.skeleton = SkeletonKind::neurons;
    return traits;
  }

  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons_, activation_.power(),
                       activation_.is_linear() ? Balanced::all_pairs : Balanced::each);
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(
          fmt::format("inputs: found {} numbers a sample, expected the {} of a {} x {} image with {} "
                      "channels",
                      inputs.rows(), input_count(), shape_.patches.height, shape_.patches.width,
                      shape_.patches.channels));
    return std::make_unique<ConvolutionKernel>(shape_, layout_, activation_, inputs);
  }

  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    if (widths.size() != 1)
      throw InputError(fmt::format("hidden widths: found {} layers, expected one", widths.size()));
    ConvolutionShape shape = shape_;
    shape.kernels = widths[0];
    return convolution(shape, activation_);
  }

 private:
  ConvolutionShape shape_;
  Activation activation_;
  Layout layout_;
  std::vector<Neuron> neurons_;
};

PatchGeometry geometry_of(const NetworkSpec& spec) {
  if (!spec.own.contains("kernel"))
    throw NetworkKeyError("kernel", "not found, expected the size of the kernel of a convolution");
  const Index channels = spec.integer("channels", 1), height = spec.integer("height", 1);
  if (spec.layers[0] % (channels * height) != 0)
    throw NetworkKeyError("layers",
                          fmt::format("found {} inputs, expected a multiple of {} channels times height {}",
                                      spec.layers[0], channels, height));
  const Index width = spec.layers[0] / (channels * height), kernel = spec.integer("kernel", 1);
  const Index stride = spec.integer("stride", 1);
  return height == 1 ? sequence_patches(width, channels, kernel, stride)
                     : image_patches(height, width, channels, kernel, stride);
}

std::shared_ptr<const Network> make_convolution(const NetworkSpec& spec) {
  spec.require_layers(3, "three for convolution: inputs, kernels and outputs");
  ConvolutionShape shape;
  shape.patches = geometry_of(spec);
  shape.kernels = spec.layers[1];
  shape.outputs = spec.layers[2];
  const bool average = spec.text("pooling", "none") == "average";
  shape.outer = average ? OuterWeights::average : OuterWeights::dense;
  return convolution(shape, spec.activation);
}

}  // namespace

std::shared_ptr<const Network> convolution(const ConvolutionShape& shape, Activation activation) {
  return std::make_shared<Convolution>(shape, activation);
}

NetworkFamily convolution_family() {
  const auto size = [](const char* name, const char* doc) {
    return Key{name, KeyType::integer, "", doc, {}, ">= 1"};
  };
  return {"convolution",
          "inputs, kernels, outputs",
          &make_convolution,
          {size("kernel", "convolution: side length of the kernel"),
           size("stride", "convolution: step from one patch to the next (default 1)"),
           size("channels",
                "convolution: number of channels of the input; the channel is the slowest index (default 1)"),
           size("height",
                "convolution: height of an image; the row is the fastest index (default 1: a sequence)"),
           {"pooling",
            KeyType::text,
            "",
            "convolution: average: the activations are averaged over the patches (default none)",
            {"none", "average"},
            ""}}};
}

}  // namespace saddleflow

#include "saddleflow/network/convolution.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/convolution_kernel.hpp"
#include "saddleflow/network/neuron_groups.hpp"

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
        neurons_(convolution_neurons(shape, layout_)),
        groups_(incoming_and_outgoing_groups(neurons_, layout_.size())) {}

  std::string kind() const override { return "convolution"; }
  std::vector<Index> layer_sizes() const override { return {input_count(), shape_.kernels, shape_.outputs}; }
  Activation activation() const override { return activation_; }
  Index input_count() const override { return shape_.patches.input_count(); }
  Index output_count() const override { return shape_.outputs; }
  int degree() const override { return activation_.power() + 1; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  const ParameterGroups& groups() const override { return groups_; }

  Index balance_count() const override {
    return activation_.is_linear() ? shape_.kernels * (shape_.kernels + 1) / 2 : shape_.kernels;
  }

  void balance(const Vector& w, Vector& out) const override {
    out.resize(balance_count());
    const auto p = static_cast<Real>(activation_.power());
    const ConstMatrixView in = layout_.matrix(w, 0);
    Index next = 0;
    for (Index k = 0; k < shape_.kernels; ++k)
      for (Index j = first_partner(k); j <= k; ++j)
        out[next++] = in.row(k).dot(in.row(j)) - p * outgoing_product(w, k, j);
  }

  std::vector<NeuronPair> balanced_pairs() const override {
    std::vector<NeuronPair> pairs;
    for (Index k = 0; k < shape_.kernels; ++k)
      for (Index j = first_partner(k); j <= k; ++j) pairs.push_back({k, j});
    return pairs;
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

 private:
  /// Linear neurons may be mixed by a rotation: then all pairs are balanced.
  Index first_partner(Index k) const { return activation_.is_linear() ? 0 : k; }

  /// sum_q <V_{.,k,q}, V_{.,j,q}>.
  Real outgoing_product(const Vector& w, Index k, Index j) const {
    const ConstMatrixView outer = layout_.matrix(w, 1);
    Real sum = outer.col(k).dot(outer.col(j));
    for (Index q = 1; q < shape_.outer_blocks(); ++q)
      sum += outer.col(k + q * shape_.kernels).dot(outer.col(j + q * shape_.kernels));
    return sum;
  }

  ConvolutionShape shape_;
  Activation activation_;
  Layout layout_;
  std::vector<Neuron> neurons_;
  ParameterGroups groups_;
};

}  // namespace

std::shared_ptr<const Network> convolution(const ConvolutionShape& shape, Activation activation) {
  return std::make_shared<Convolution>(shape, activation);
}

}  // namespace saddleflow

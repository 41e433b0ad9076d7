#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_kernel.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/wide_kernel.hpp"

namespace saddleflow {
namespace {

Layout feed_forward_layout(const std::vector<Index>& sizes) {
  if (sizes.size() < 2)
    throw InputError(
        fmt::format("layer sizes: found {} of them, expected inputs and outputs at least", sizes.size()));
  std::vector<std::pair<Index, Index>> shapes;
  for (std::size_t l = 0; l < sizes.size(); ++l) {
    if (sizes[l] <= 0)
      throw InputError(
          fmt::format("layer sizes: found {} as size {}, expected positive numbers", sizes[l], l + 1));
    if (l > 0) shapes.emplace_back(sizes[l], sizes[l - 1]);
  }
  return Layout(shapes);
}

/// D = sum_l p^(m-l), by Horner's rule.
int feed_forward_degree(int depth, int power) {
  int degree = 0;
  for (int l = 0; l < depth; ++l) {
    if (degree > (std::numeric_limits<int>::max() - 1) / power)
      throw InputError(
          fmt::format("{} layers with an activation of power {}: the degree of the network exceeds {}", depth,
                      power, std::numeric_limits<int>::max()));
    degree = degree * power + 1;
  }
  return degree;
}

Index row_entry(const LayerShape& shape, Index row, Index column) {
  return shape.offset + row + column * shape.rows;
}

std::vector<Index> all_below(Index count) {
  std::vector<Index> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), Index(0));
  return numbers;
}

class FeedForward final : public Network {
 public:
  FeedForward(std::vector<Index> sizes, Activation activation)
      : sizes_(std::move(sizes)),
        activation_(activation),
        layout_(feed_forward_layout(sizes_)),
        degree_(feed_forward_degree(layout_.layer_count(), activation.power())),
        neurons_(layered_neurons(layout_)) {}

  std::string kind() const override { return "feed_forward"; }
  NetworkTraits traits() const override {
    const bool has_hidden = layout_.layer_count() > 1;
    NetworkTraits traits;
    traits.smoothness = smoothness_of(activation_);
    traits.layered = true;
    traits.separable = layout_.layer_count() == 2;
    traits.pre_activations = true;
    traits.growable = has_hidden;
    traits.symmetry = activation_.is_linear() ? HiddenSymmetry::linear : HiddenSymmetry::permutations;
    traits.sign = sign_symmetry_of(activation_);
    traits.skeleton = has_hidden ? SkeletonKind::neurons : SkeletonKind::none;
    return traits;
  }
  std::vector<Index> layer_sizes() const override { return sizes_; }
  Activation activation() const override { return activation_; }
  Index input_count() const override { return sizes_.front(); }
  Index output_count() const override { return sizes_.back(); }
  int degree() const override { return degree_; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }

  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons_, activation_.power(),
                       activation_.is_linear() ? Balanced::all_pairs : Balanced::each);
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} inputs of the network",
                                   inputs.rows(), input_count()));
    if (WideKernel::applies_to(layout_, activation_, inputs.cols()))
      return std::make_unique<WideKernel>(layout_, activation_, inputs);
    return std::make_unique<FeedForwardKernel>(layout_, activation_, inputs);
  }

  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    if (widths.size() + 2 != sizes_.size())
      throw InputError(
          fmt::format("hidden widths: found {} layers, expected {}", widths.size(), sizes_.size() - 2));
    std::vector<Index> sizes = sizes_;
    std::copy(widths.begin(), widths.end(), sizes.begin() + 1);
    return feed_forward(sizes, activation_);
  }

  SubNetwork sub_network(const std::vector<std::vector<Index>>& kept) const override {
    std::vector<Index> widths;
    for (const std::vector<Index>& layer : kept) widths.push_back(static_cast<Index>(layer.size()));
    SubNetwork part{with_hidden_widths(widths), {}};
    for (int l = 0; l < layout_.layer_count(); ++l) {
      const LayerShape& shape = layout_.layer(l);
      const auto at = static_cast<std::size_t>(l);
      const std::vector<Index> rows = at < kept.size() ? kept[at] : all_below(shape.rows);
      for (const Index column : l > 0 ? kept[at - 1] : all_below(shape.cols))
        for (const Index row : rows) part.parameters.push_back(row_entry(shape, row, column));
    }
    return part;
  }

 private:
  std::vector<Index> sizes_;
  Activation activation_;
  Layout layout_;
  int degree_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> feed_forward(const std::vector<Index>& sizes, Activation activation) {
  return std::make_shared<FeedForward>(sizes, activation);
}

}  // namespace saddleflow

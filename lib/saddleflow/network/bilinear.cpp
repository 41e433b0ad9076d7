#include "saddleflow/network/bilinear.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/bilinear_kernel.hpp"
#include "saddleflow/network/neuron_groups.hpp"

namespace saddleflow {
namespace {

std::vector<Neuron> bilinear_neurons(const BilinearPlaces& places) {
  std::vector<Neuron> neurons;
  for (Index k = 0; k < places.width(); ++k) {
    Neuron neuron{0, k, {}, {}};
    for (Index i = 0; i < places.rows(); ++i) neuron.incoming.push_back(places.a(k, i));
    std::vector<Index>& of_b = places.has_outer() ? neuron.incoming : neuron.outgoing;
    for (Index j = 0; j < places.columns(); ++j) of_b.push_back(places.b(k, j));
    if (places.has_outer()) neuron.outgoing.push_back(places.v(k));
    neurons.push_back(std::move(neuron));
  }
  return neurons;
}

class Bilinear final : public Network {
 public:
  explicit Bilinear(const BilinearPlaces& places)
      : places_(places),
        neurons_(bilinear_neurons(places)),
        groups_(incoming_and_outgoing_groups(neurons_, places.layout().size())) {}

  std::string kind() const override { return "bilinear"; }
  std::vector<Index> layer_sizes() const override { return {input_count(), places_.width(), 1}; }
  Activation activation() const override { return {Real(1), places_.has_outer() ? 2 : 1}; }
  Index input_count() const override { return places_.rows() * places_.columns(); }
  Index output_count() const override { return 1; }
  int degree() const override { return places_.has_outer() ? 3 : 2; }
  const Layout& layout() const override { return places_.layout(); }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  const ParameterGroups& groups() const override { return groups_; }

  Index balance_count() const override {
    const Index width = places_.width();
    return places_.has_outer() ? width : width * (width + 1) / 2;
  }

  void balance(const Vector& w, Vector& out) const override {
    out.resize(balance_count());
    const ConstMatrixView in = layout().matrix(w, 0), from = layout().matrix(w, 1);
    const auto p = static_cast<Real>(activation().power());
    Index next = 0;
    for (Index k = 0; k < in.rows(); ++k)
      for (Index j = first_partner(k); j <= k; ++j)
        out[next++] = in.row(k).dot(in.row(j)) - p * from.col(k).dot(from.col(j));
  }

  std::vector<NeuronPair> balanced_pairs() const override {
    std::vector<NeuronPair> pairs;
    for (Index k = 0; k < places_.width(); ++k)
      for (Index j = first_partner(k); j <= k; ++j) pairs.push_back({k, j});
    return pairs;
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} of a {} x {} matrix",
                                   inputs.rows(), input_count(), places_.rows(), places_.columns()));
    return std::make_unique<BilinearKernel>(places_, inputs);
  }

 private:
  /// Without v, neurons may be mixed by a rotation: then all pairs are balanced.
  Index first_partner(Index k) const { return places_.has_outer() ? k : 0; }

  BilinearPlaces places_;
  std::vector<Neuron> neurons_;
  ParameterGroups groups_;
};

}  // namespace

std::shared_ptr<const Network> bilinear(Index rows, Index columns, Index width, BilinearOuter outer) {
  return std::make_shared<Bilinear>(BilinearPlaces(rows, columns, width, outer));
}

}  // namespace saddleflow

#include "saddleflow/network/bilinear.hpp"

#include <fmt/format.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/bilinear_kernel.hpp"

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
  explicit Bilinear(const BilinearPlaces& places) : places_(places), neurons_(bilinear_neurons(places)) {}

  std::string kind() const override { return "bilinear"; }
  std::vector<Index> layer_sizes() const override { return {input_count(), places_.width(), 1}; }
  Activation activation() const override { return {Real(1), places_.has_outer() ? 2 : 1}; }
  Index input_count() const override { return places_.rows() * places_.columns(); }
  Index output_count() const override { return 1; }
  int degree() const override { return places_.has_outer() ? 3 : 2; }
  int input_degree() const override { return 1; }
  const Layout& layout() const override { return places_.layout(); }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = Smoothness::polynomial;
    traits.separable = true;
    traits.symmetry = places_.has_outer() ? HiddenSymmetry::permutations : HiddenSymmetry::linear;
    // With v more signs may change than these: two of those of a, b and v.
    traits.sign = places_.has_outer() ? SignSymmetry::incoming : SignSymmetry::both;
    traits.skeleton = SkeletonKind::neurons;
    return traits;
  }

  std::vector<ConservedQuantity> conserved() const override {
    if (!places_.has_outer()) return balances_of(neurons_, 1, Balanced::all_pairs);
    std::vector<ConservedQuantity> all;
    for (Index k = 0; k < places_.width(); ++k) all.push_back(sides_of(k));
    const std::vector<ConservedQuantity> outer = balances_of(neurons_, 2, Balanced::each);
    all.insert(all.end(), outer.begin(), outer.end());
    return all;
  }

  Matrix further_symmetries(const Vector& w) const override {
    const Index width = places_.width();
    if (!places_.has_outer()) return Matrix(w.size(), 0);
    Matrix tangents = Matrix::Zero(w.size(), width * (width - 1));
    Index column = 0;
    for (Index j = 0; j < width; ++j)
      for (Index k = 0; k < width; ++k)
        if (j != k) mix(j, k, w, tangents.col(column++));
    return tangents;
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a sample, expected the {} of a {} x {} matrix",
                                   inputs.rows(), input_count(), places_.rows(), places_.columns()));
    return std::make_unique<BilinearKernel>(places_, inputs);
  }

  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    if (widths.size() != 1)
      throw InputError(fmt::format("hidden widths: found {} layers, expected one", widths.size()));
    return bilinear(places_.rows(), places_.columns(), widths[0],
                    places_.has_outer() ? BilinearOuter::trained : BilinearOuter::ones);
  }

  /// A and B^T, where these are all the weights.
  std::vector<int> weight_matrices() const override {
    return places_.has_outer() ? std::vector<int>{} : std::vector<int>{0, 1};
  }
  /// A^T diag(v) B.
  std::optional<Matrix> end_to_end_map(const Vector& w) const override {
    BilinearFactors factors = places_.factors();
    places_.read(w, Real(1), factors);
    return factors.a.transpose() * factors.v.asDiagonal() * factors.b;
  }

 private:
  /// a_j += t v_k a_k, b_k -= t v_j b_j: what <M, A^T diag(v) B> gains from the one it loses by the other.
  void mix(Index j, Index k, const Vector& w, Eigen::Ref<Vector> tangent) const {
    for (Index i = 0; i < places_.rows(); ++i)
      tangent[places_.a(j, i)] = w[places_.v(k)] * w[places_.a(k, i)];
    for (Index i = 0; i < places_.columns(); ++i)
      tangent[places_.b(k, i)] = -w[places_.v(j)] * w[places_.b(j, i)];
  }

  /// |a_k|^2 - |b_k|^2.
  ConservedQuantity sides_of(Index k) const {
    QuadraticTerm a{1, {}, {}}, b{-1, {}, {}};
    for (Index i = 0; i < places_.rows(); ++i) a.first.push_back(places_.a(k, i));
    for (Index j = 0; j < places_.columns(); ++j) b.first.push_back(places_.b(k, j));
    a.second = a.first;
    b.second = b.first;
    return {{std::move(a), std::move(b)}, {k, k}};
  }

  BilinearPlaces places_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> bilinear(Index rows, Index columns, Index width, BilinearOuter outer) {
  return std::make_shared<Bilinear>(BilinearPlaces(rows, columns, width, outer));
}

NetworkFamily bilinear_family() {
  const Key outer{"outer",
                  KeyType::text,
                  "",
                  "bilinear: the outer weights v_k are trained, or all equal to 1 (default trained)",
                  {"trained", "ones"},
                  ""};
  const auto make = [](const NetworkSpec& spec) {
    spec.require_layers(3, "three for bilinear: rows, columns and width");
    const bool ones = spec.text("outer", "trained") == "ones";
    return bilinear(spec.layers[0], spec.layers[1], spec.layers[2],
                    ones ? BilinearOuter::ones : BilinearOuter::trained);
  };
  return {"bilinear", "rows, columns, width", make, {outer}};
}

}  // namespace saddleflow

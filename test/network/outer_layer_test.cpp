// What is above the last hidden layer: a matrix, a sum, a convolution's map, against the passes of their
// kernels.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "network/fixtures.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/weighted_neurons.hpp"

BOOST_AUTO_TEST_SUITE(outer_layer_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned kOuterSeed = 900;
constexpr Index kOuterSamples = 6;
// Of sums of a few dozen products.
constexpr double kOuterRounding = 1e-14;

struct OuterCase {
  const char* name;
  std::shared_ptr<const Network> network;
  Index patches;
};
std::ostream& operator<<(std::ostream& out, const OuterCase& c) { return out << c.name; }

const Activation kOuterSigma(Real(0.1), 1);

std::vector<OuterCase> outer_cases() {
  const PatchGeometry overlapping = sequence_patches(5, 1, 3);
  return {
      {"matrix", feed_forward({5, 4, 2}, kOuterSigma), 1},
      {"matrix above two layers", feed_forward({5, 4, 3, 2}, kOuterSigma), 1},
      {"matrix with factors",
       weighted_neurons(feed_forward({5, 4, 2}, kOuterSigma), Vector{{Real(0.5), Real(1), Real(2), Real(3)}}),
       1},
      {"sum", power_sum(5, 4, kOuterSigma), 1},
      {"dense patches", convolution({overlapping, 4, 2, OuterWeights::dense}, kOuterSigma), 3},
      {"averaged patches", convolution({overlapping, 4, 2, OuterWeights::average}, kOuterSigma), 3}};
}

/// A kernel after its passes forward, back and along a tangent.
struct Passed {
  explicit Passed(const OuterCase& c) : random(kOuterSeed) {
    kernel = c.network->kernel(random.matrix(5, kOuterSamples));
    w = random.vector(c.network->parameter_count());
    v = random.vector(w.size());
    outputs = kernel->forward(w);
    r = random.matrix(outputs.rows(), kOuterSamples);
    kernel->backward(r, gradient);
    tangent = kernel->tangent(v);
    state = kernel->feed_forward_state();
    outer = state->outer.get();
  }

  RandomMatrices random;
  std::unique_ptr<Kernel> kernel;
  Vector w, v, gradient;
  Matrix outputs, r, tangent;
  const FeedForwardState* state = nullptr;
  const OuterLayer* outer = nullptr;
};

}  // namespace

BOOST_DATA_TEST_CASE(gives_what_the_kernel_gives, data::make(outer_cases()), c) {
  const Passed p(c);
  const HiddenState& top = p.state->hidden.back();
  BOOST_TEST((p.outer->outputs(p.w, top.a) - p.outputs).norm() < kOuterRounding * p.outputs.norm());
  BOOST_TEST((p.outer->pull_back(p.w, p.r) - top.back).norm() < kOuterRounding * top.back.norm());
  const Matrix da = top.slope.cwiseProduct(top.dz);
  const Real derivative = p.outer->derivative(p.r, p.w, p.v, top.a, da);
  BOOST_TEST(std::abs(derivative - p.r.cwiseProduct(p.tangent).sum()) <
             kOuterRounding * p.r.norm() * p.tangent.norm());
  Vector g = p.gradient;
  Index outer_weights = 0;
  for (const Neuron& neuron : c.network->neurons())
    if (neuron.layer + 1 == c.network->hidden_layer_count()) {
      g(neuron.outgoing).setZero();
      outer_weights += static_cast<Index>(neuron.outgoing.size());
      const Vector outgoing = p.w(neuron.outgoing);
      BOOST_TEST(std::abs(p.outer->outgoing_norm(p.w, neuron.index) - outgoing.norm()) < 1e-14);
    }
  p.outer->gradient(p.r, top.a, g);
  BOOST_TEST((g - p.gradient).norm() < kOuterRounding * p.gradient.norm());
  BOOST_TEST(p.outer->has_weights() == (outer_weights > 0));
}

/// Bounds hold for every r of this size, and are reached where nothing cancels.
BOOST_DATA_TEST_CASE(bounds_hold_and_are_reached, data::make(outer_cases()), c) {
  Passed p(c);
  const HiddenState& top = p.state->hidden.back();
  const Matrix size = p.r.cwiseAbs();
  const Matrix bound = p.outer->pull_back_size(p.w, size);
  for (Index k = 0; k < bound.cols(); ++k)
    BOOST_TEST((p.outer->pull_back_size(p.w, size, k) - bound.col(k)).norm() <
               kOuterRounding * bound.col(k).norm());
  BOOST_TEST((p.outer->pull_back(p.w.cwiseAbs(), size) - bound).norm() < kOuterRounding * bound.norm());
  Real nearest = 0, tightest = 0;
  for (int draw = 0; draw < 200; ++draw) {
    const Matrix r = size.cwiseProduct(p.random.matrix(size.rows(), size.cols()).array().sign().matrix());
    const Matrix back = p.outer->pull_back(p.w, r);
    BOOST_TEST((bound - back.cwiseAbs()).minCoeff() > -1e-14);
    for (Index k = 0; k < back.cols(); ++k)
      nearest =
          std::max(nearest, back.col(k).norm() / (p.outer->norm(p.w) * r.col(p.outer->sample_of(k)).norm()));
    if (!p.outer->has_weights()) continue;
    Vector g = Vector::Zero(p.w.size());
    p.outer->gradient(r, top.a, g);
    tightest = std::max(tightest, g.norm() / p.outer->gradient_size(size, top.a));
  }
  BOOST_TEST(nearest <= 1 + 1e-14);
  BOOST_TEST(tightest <= 1 + 1e-14);
  BOOST_TEST_MESSAGE(fmt::format("{}: {:.2f} of the largest pull back, {:.2f} of the largest gradient",
                                 c.name, static_cast<double>(nearest), static_cast<double>(tightest)));
  BOOST_TEST(nearest > 0.3);
}

BOOST_DATA_TEST_CASE(columns_belong_to_samples, data::make(outer_cases()), c) {
  const Passed p(c);
  BOOST_TEST(p.outer->patch_count() == c.patches);
  BOOST_TEST_REQUIRE(p.state->inputs.cols() == kOuterSamples * c.patches);
  for (Index q = 0; q < c.patches; ++q)
    for (Index i = 0; i < kOuterSamples; ++i) {
      const Index column = i + kOuterSamples * q;
      BOOST_TEST(p.outer->sample_of(column) == i);
      BOOST_TEST(p.outer->patch_of(column) == q);
      // What goes back to a column comes from its sample alone.
      Matrix one = Matrix::Zero(p.r.rows(), kOuterSamples);
      one.col(i) = p.r.col(i);
      BOOST_TEST((p.outer->pull_back(p.w, one).col(column) == p.outer->pull_back(p.w, p.r).col(column)));
      BOOST_TEST(place_text(*p.outer, i, q) ==
                 (c.patches > 1 ? fmt::format("patch {} of sample {}", q, i) : fmt::format("sample {}", i)));
    }
}

/// Of one patch: the same bits as those of a matrix, whatever the sizes.
BOOST_DATA_TEST_CASE(one_patch, data::make({1, 2, 3, 5}) * data::make({1, 7, 40}) * data::make({true, false}),
                     outputs, kernels, dense) {
  RandomMatrices random(kOuterSeed + 1);
  const auto plain = feed_forward({6, kernels, outputs}, kOuterSigma);
  const auto patch = convolution(
      {sequence_patches(6, 1, 6), kernels, outputs, dense ? OuterWeights::dense : OuterWeights::average},
      kOuterSigma);
  const Matrix x = random.matrix(6, 33);
  const Vector w = random.vector(plain->parameter_count()), v = random.vector(w.size());
  const auto one = patch->kernel(x), other = plain->kernel(x);
  one->forward(w);
  const OuterLayer &a = *one->feed_forward_state()->outer, &b = *other->feed_forward_state()->outer;
  const Matrix activations = one->feed_forward_state()->hidden.front().a, da = random.matrix(kernels, 33);
  const Matrix r = random.matrix(outputs, 33), size = r.cwiseAbs();
  Vector ga = Vector::Zero(w.size()), gb = ga;
  a.gradient(r, activations, ga);
  b.gradient(r, activations, gb);
  BOOST_TEST((ga == gb));
  BOOST_TEST((a.outputs(w, activations) == b.outputs(w, activations)));
  BOOST_TEST((a.pull_back(w, r) == b.pull_back(w, r)));
  BOOST_TEST((a.pull_back_size(w, size) == b.pull_back_size(w, size)));
  BOOST_TEST((a.pull_back_size(w, size, 5) == b.pull_back_size(w, size, 5)));
  BOOST_TEST(a.derivative(r, w, v, activations, da) == b.derivative(r, w, v, activations, da));
  BOOST_TEST(a.norm(w) == b.norm(w));
  BOOST_TEST(a.gradient_size(size, activations) == b.gradient_size(size, activations));
  for (Index k = 0; k < kernels; ++k) BOOST_TEST(a.outgoing_norm(w, k) == b.outgoing_norm(w, k));
}

BOOST_AUTO_TEST_SUITE_END()

// A convolution with one patch is a feed-forward network, bit by bit.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <limits>

#include "network/fixtures.hpp"
#include "network/slow_network.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/convolution_hessian.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"

BOOST_AUTO_TEST_SUITE(one_patch_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned one_patch_seed = 4711;

/// The padding of a long double has no defined content.
template <class M>
bool same_content(const M& a, const M& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  if constexpr (std::numeric_limits<Real>::digits != 53) return a == b;
  return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)) == 0;
}

struct OnePatchSize {
  Index inputs, kernels, outputs, samples;
};
/// Of products that Eigen does in registers, as a matrix times a vector, and in panels.
constexpr OnePatchSize one_patch_sizes[] = {{1, 1, 1, 1},     {2, 3, 1, 5},    {3, 4, 2, 7},
                                            {10, 20, 1, 100}, {6, 5, 3, 33},   {10, 20, 3, 64},
                                            {40, 12, 1, 300}, {12, 40, 5, 300}};

void compare_passes(Kernel& one, Kernel& other, const OnePatchSize& size, Index parameters,
                    RandomMatrices& random) {
  const Vector w = random.vector(parameters), v = random.vector(parameters);
  const Matrix r = random.matrix(size.outputs, size.samples), dr = random.matrix(size.outputs, size.samples);
  const Matrix c = random.matrix(size.outputs, size.samples).cwiseAbs();
  Vector g, g_other;
  Matrix h, h_other;
  BOOST_TEST(same_content(one.forward(w), other.forward(w)), "outputs");
  one.backward(r, g);
  other.backward(r, g_other);
  BOOST_TEST(same_content(g, g_other), "gradient");
  BOOST_TEST(same_content(one.tangent(v), other.tangent(v)), "tangent");
  one.tangent_backward(dr, g);
  other.tangent_backward(dr, g_other);
  BOOST_TEST(same_content(g, g_other), "product with the Hessian");
  for (const Matrix& curvature : {c, Matrix(Matrix::Zero(size.outputs, size.samples))}) {
    one.hessian(r, OutputCurvature{curvature, {}}, h);
    other.hessian(r, OutputCurvature{curvature, {}}, h_other);
    BOOST_TEST(same_content(h, h_other), "Hessian");
  }
  const HiddenState &hidden = one.feed_forward_state()->hidden.front(),
                    &expected = other.feed_forward_state()->hidden.front();
  BOOST_TEST(same_content(hidden.z, expected.z), "z");
  BOOST_TEST(same_content(hidden.back, expected.back), "back");
  BOOST_TEST(same_content(hidden.delta, expected.delta), "delta");
}

}  // namespace

BOOST_DATA_TEST_CASE(equals_feed_forward,
                     data::xrange(static_cast<int>(activations().size())) * data::make({true, false}), number,
                     dense) {
  const Activation sigma = activations()[static_cast<std::size_t>(number)];
  RandomMatrices random(one_patch_seed + static_cast<unsigned>(number));
  fmt::print("one patch, {}: seed {}\n", sigma.description(), one_patch_seed + static_cast<unsigned>(number));
  for (const OnePatchSize& size : one_patch_sizes) {
    const auto expected = feed_forward({size.inputs, size.kernels, size.outputs}, sigma);
    const auto network = convolution({sequence_patches(size.inputs, 1, size.inputs), size.kernels,
                                      size.outputs, dense ? OuterWeights::dense : OuterWeights::average},
                                     sigma);
    const Index parameters = expected->parameter_count();
    BOOST_REQUIRE(network->parameter_count() == parameters);
    BOOST_TEST(network->layer_sizes() == expected->layer_sizes(), boost::test_tools::per_element());
    BOOST_TEST(network->degree() == expected->degree());
    BOOST_TEST(network->groups().first == expected->groups().first, boost::test_tools::per_element());
    const Vector w = random.vector(parameters);
    BOOST_TEST(same_content(balances(*network, w), balances(*expected, w)), "balance");
    const Matrix inputs = random.matrix(size.inputs, size.samples);
    const auto one = network->kernel(inputs), other = expected->kernel(inputs);
    compare_passes(*one, *other, size, parameters, random);
    ActivationPattern pattern{{random.matrix(size.kernels, size.samples).cwiseAbs()}};
    one->set_pattern(&pattern);
    other->set_pattern(&pattern);
    compare_passes(*one, *other, size, parameters, random);
  }
}

/// An image and its channels in one patch.
BOOST_AUTO_TEST_CASE(an_image_in_one_patch) {
  RandomMatrices random(one_patch_seed + 100);
  const Activation sigma(Real(0), 2);
  const auto network = convolution({{3, 2, 2, 3, 2, 1, 1}, 5, 2, OuterWeights::dense}, sigma);
  const auto expected = feed_forward({12, 5, 2}, sigma);
  const Matrix inputs = random.matrix(12, 9);
  const auto one = network->kernel(inputs), other = expected->kernel(inputs);
  compare_passes(*one, *other, {12, 5, 2, 9}, expected->parameter_count(), random);
}

/// The assembly for several patches, which one patch does not go through, gives the same to rounding.
BOOST_AUTO_TEST_CASE(the_general_hessian) {
  RandomMatrices random(one_patch_seed + 200);
  for (const OnePatchSize& size : one_patch_sizes)
    for (const Activation& sigma : {Activation(), Activation(Real(0.1), 1), Activation(Real(0.3), 2)}) {
      const ConvolutionShape shape{sequence_patches(size.inputs, 1, size.inputs), size.kernels, size.outputs,
                                   OuterWeights::dense};
      const auto network = convolution(shape, sigma);
      const auto kernel = network->kernel(random.matrix(size.inputs, size.samples));
      const Matrix r = random.matrix(size.outputs, size.samples);
      const Index pairs = size.outputs * (size.outputs - 1) / 2;
      const OutputCurvature c{random.matrix(size.outputs, size.samples).cwiseAbs(),
                              pairs > 0 ? random.matrix(pairs, size.samples) : Matrix()};
      Matrix h, general;
      kernel->forward(random.vector(network->parameter_count()));
      kernel->hessian(r, c, h);
      ConvolutionHessian(shape, network->layout(), sigma, size.samples)
          .assemble(*kernel->feed_forward_state(), r, c, general);
      BOOST_TEST(relative_error(general, h) <=
                 1000 * static_cast<double>(std::numeric_limits<Real>::epsilon()));
    }
}

BOOST_AUTO_TEST_SUITE_END()

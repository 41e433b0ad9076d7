// Convolutions: patches, passes against loops in hyper-dual numbers, identities, conserved quantities, the
// state that kinks are read from.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <numeric>

#include "network/family_checks.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/kernel.hpp"

BOOST_AUTO_TEST_SUITE(convolution_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned convolution_seed = 1989;
constexpr double convolution_tolerance = 1000 * static_cast<double>(std::numeric_limits<Real>::epsilon());
const int convolution_activations = static_cast<int>(activations().size());

std::vector<ConvolutionShape> convolution_shapes() {
  std::vector<ConvolutionShape> shapes;
  for (const OuterWeights outer : {OuterWeights::dense, OuterWeights::average}) {
    shapes.push_back({sequence_patches(5, 1, 2), 3, 1, outer});
    shapes.push_back({sequence_patches(6, 2, 3, 2), 2, 2, outer});  // one position is left over
    shapes.push_back({image_patches(3, 4, 2, 2), 2, 1, outer});
    shapes.push_back({{4, 3, 1, 3, 2, 1, 1}, 2, 3, outer});
    shapes.push_back({sequence_patches(3, 2, 3), 2, 2, outer});  // one patch
  }
  return shapes;
}

std::string name_of_shape(const ConvolutionShape& shape) {
  const PatchGeometry& g = shape.patches;
  return fmt::format("{} x {} x {}, {} patches, {} kernels, {} outputs, {}", g.height, g.width, g.channels,
                     g.patch_count(), shape.kernels, shape.outputs,
                     shape.outer == OuterWeights::dense ? "dense" : "average");
}

/// Loops over the positions of the image.
FamilyMember convolution_member(const ConvolutionShape& shape, const Activation& activation) {
  const auto slow = [=](const Numbers& w, const Numbers& x) {
    const PatchGeometry& g = shape.patches;
    const auto at = [](const Numbers& numbers, Index place) {
      return numbers[static_cast<std::size_t>(place)];
    };
    const bool dense = shape.outer == OuterWeights::dense;
    const Index size = g.kernel_height * g.kernel_width * g.channels, kernels = shape.kernels;
    Index patches = 0;
    for (Index left = 0; left + g.kernel_width <= g.width; left += g.stride_width)
      for (Index top = 0; top + g.kernel_height <= g.height; top += g.stride_height) ++patches;
    const HyperDual part(dense ? 1.0L : 1.0L / static_cast<long double>(patches));
    Numbers outputs(static_cast<std::size_t>(shape.outputs));
    Index patch = 0;
    for (Index left = 0; left + g.kernel_width <= g.width; left += g.stride_width)
      for (Index top = 0; top + g.kernel_height <= g.height; top += g.stride_height, ++patch)
        for (Index k = 0; k < kernels; ++k) {
          HyperDual z;
          for (Index c = 0; c < g.channels; ++c)
            for (Index j = 0; j < g.kernel_width; ++j)
              for (Index i = 0; i < g.kernel_height; ++i)
                z = z + at(w, k + kernels * (i + g.kernel_height * (j + g.kernel_width * c))) *
                            at(x, top + i + g.height * (left + j + g.width * c));
          const HyperDual t = z.value > 0 ? z : HyperDual(activation.slope()) * z;
          HyperDual a(1);
          for (int n = 0; n < activation.power(); ++n) a = a * t;
          for (Index o = 0; o < shape.outputs; ++o) {
            HyperDual& output = outputs[static_cast<std::size_t>(o)];
            const Index column = k + kernels * (dense ? patch : 0);
            output = output + part * at(w, kernels * size + o + shape.outputs * column) * a;
          }
        }
    return outputs;
  };
  return {convolution(shape, activation), slow};
}

}  // namespace

BOOST_AUTO_TEST_CASE(patches_of_an_image) {
  const PatchGeometry g{3, 4, 2, 2, 2, 1, 2};
  BOOST_TEST(g.patch_count() == 4);
  BOOST_TEST(g.patch_size() == 8);
  Matrix samples(24, 2);
  samples.col(0) = Vector::LinSpaced(24, Real(0), Real(23));
  samples.col(1) = samples.col(0).array() + Real(100);
  const Matrix patches = gather_patches(g, samples);
  BOOST_TEST(patches.cols() == 8);
  Vector first(8), last(8);
  first << Real(0), Real(1), Real(3), Real(4), Real(12), Real(13), Real(15), Real(16);
  last = first.array() + Real(1 + 3 * 2 + 100);  // one down, two to the right, second sample
  BOOST_TEST(patches.col(0) == first, boost::test_tools::per_element());
  BOOST_TEST(patches.col(7) == last, boost::test_tools::per_element());
  // A sequence is an image of height 1: positions x channels, column after column.
  const Matrix sequence =
      gather_patches(sequence_patches(6, 2, 3, 2), Vector::LinSpaced(12, Real(0), Real(11)));
  Vector second(6);
  second << Real(2), Real(3), Real(4), Real(8), Real(9), Real(10);
  BOOST_TEST(sequence.cols() == 2);
  BOOST_TEST(sequence.col(1) == second, boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(against_hyper_dual_numbers, data::xrange(convolution_activations), number) {
  const Activation sigma = activations()[static_cast<std::size_t>(number)];
  RandomMatrices random(convolution_seed + static_cast<unsigned>(number));
  FamilyErrors worst;
  for (const ConvolutionShape& shape : convolution_shapes()) {
    for (const Index samples : {1, 2, 7})
      compare_with_hyper_dual(convolution_member(shape, sigma), samples, random, worst);
    BOOST_REQUIRE_MESSAGE(worst.largest() <= convolution_tolerance, name_of_shape(shape)
                                                                        << ": " << worst.largest());
  }
  worst.print(fmt::format("convolutions, {} (seed {})", sigma.description(),
                          convolution_seed + static_cast<unsigned>(number)));
}

BOOST_AUTO_TEST_CASE(several_batches_of_the_hessian) {
  RandomMatrices random(convolution_seed + 20);
  for (const OuterWeights outer : {OuterWeights::dense, OuterWeights::average})
    for (const Index outputs : {1, 3}) {
      const auto network = convolution({sequence_patches(9, 2, 4, 2), 5, outputs, outer}, {Real(0.3), 2});
      for (const Index samples : {128, 129, 301}) {
        const double error = compare_hessian_with_products(*network, samples, random);
        BOOST_TEST_MESSAGE("convolution, " << samples << " samples: Hessian against products " << error);
        BOOST_TEST(error <= convolution_tolerance);
      }
    }
}

BOOST_DATA_TEST_CASE(identities, data::xrange(convolution_activations), number) {
  const Activation sigma = activations()[static_cast<std::size_t>(number)];
  RandomMatrices random(convolution_seed + 30);
  Real worst = 0;
  for (const ConvolutionShape& shape : convolution_shapes()) {
    const auto network = convolution(shape, sigma);
    BOOST_TEST(network->degree() == sigma.power() + 1);
    const FamilyIdentities found = measure_identities(*network, 23, random);
    worst = std::max(worst, found.largest());
    BOOST_TEST(found.largest() <= static_cast<Real>(convolution_tolerance), name_of_shape(shape));
    BOOST_TEST(found.asymmetry == Real(0), name_of_shape(shape));
  }
  fmt::print("convolutions, {}: worst identity {:.0e}\n", sigma.description(), static_cast<double>(worst));
}

/// |a_k|^2 - p sum_q |V_{.,k,q}|^2, from the neurons' own weights, and by pairs where neurons are linear.
BOOST_AUTO_TEST_CASE(balance_by_neurons) {
  RandomMatrices random(convolution_seed + 31);
  for (const ConvolutionShape& shape : convolution_shapes())
    for (const Activation& sigma : {Activation(), Activation(Real(0), 2)}) {
      const auto network = convolution(shape, sigma);
      const Vector w = random.vector(network->parameter_count());
      const Vector balance = balances(*network, w);
      const auto conserved = network->conserved();
      const Index expected = sigma.is_linear() ? shape.kernels * (shape.kernels + 1) / 2 : shape.kernels;
      BOOST_REQUIRE(balance.size() == expected);
      BOOST_REQUIRE(static_cast<Index>(conserved.size()) == expected);
      for (std::size_t n = 0; n < conserved.size(); ++n) {
        const Neuron& one = network->neurons()[static_cast<std::size_t>(conserved[n].neurons.first)];
        const Neuron& other = network->neurons()[static_cast<std::size_t>(conserved[n].neurons.second)];
        const Real found = w(one.incoming).dot(w(other.incoming)) -
                           static_cast<Real>(sigma.power()) * w(one.outgoing).dot(w(other.outgoing));
        BOOST_TEST(std::abs(found - balance[static_cast<Index>(n)]) <= Real(1e-13));
      }
    }
}

BOOST_AUTO_TEST_CASE(kernels_may_be_permuted) {
  RandomMatrices random(convolution_seed + 32);
  for (const ConvolutionShape& shape : convolution_shapes()) {
    const auto network = convolution(shape, Activation(Real(0.1), 1));
    const Vector w = random.vector(network->parameter_count());
    Vector swapped = w;
    const Neuron &first = network->neurons().front(), &last = network->neurons().back();
    swapped(first.incoming) = w(last.incoming);
    swapped(last.incoming) = w(first.incoming);
    swapped(first.outgoing) = w(last.outgoing);
    swapped(last.outgoing) = w(first.outgoing);
    BOOST_TEST((swapped - w).norm() > 0);
    const auto kernel = network->kernel(random.matrix(network->input_count(), 7));
    const Matrix outputs = kernel->forward(w);
    BOOST_TEST((kernel->forward(swapped) - outputs).norm() <= Real(1e-13) * outputs.norm());
  }
}

BOOST_AUTO_TEST_CASE(a_zero_neuron_stays_zero) {
  RandomMatrices random(convolution_seed + 33);
  Index checked = 0;
  for (const ConvolutionShape& shape : convolution_shapes())
    for (const Activation& sigma : activations())
      BOOST_TEST(nonzero_of_a_zero_neuron(*convolution(shape, sigma), 23, random, checked) == 0);
  BOOST_TEST(checked > 1000);
}

/// Pre-activation k of patch q of sample i stands at (k, i + n q), and delta there is dF/dz.
BOOST_AUTO_TEST_CASE(state_of_the_patches) {
  RandomMatrices random(convolution_seed + 34);
  for (const ConvolutionShape& shape : convolution_shapes()) {
    const auto network = convolution(shape, Activation(Real(0.1), 1));
    const Index n = 5, patches = shape.patches.patch_count();
    const Matrix inputs = random.matrix(network->input_count(), n), r = random.matrix(shape.outputs, n);
    const Vector w = random.vector(network->parameter_count());
    const auto kernel = network->kernel(inputs);
    Vector g;
    kernel->forward(w);
    kernel->backward(r, g);
    const FeedForwardState* state = kernel->feed_forward_state();
    BOOST_REQUIRE(state != nullptr);
    BOOST_TEST((state->inputs == gather_patches(shape.patches, inputs)));
    BOOST_REQUIRE(state->hidden.size() == 1u);
    const HiddenState& hidden = state->hidden.front();
    BOOST_TEST(hidden.z.cols() == n * patches);
    BOOST_TEST((hidden.z - network->layout().matrix(w, 0) * state->inputs).norm() <= Real(1e-13));
    const auto outer = network->layout().matrix(w, 1);
    for (Index q = 0; q < patches; ++q)
      for (Index i = 0; i < n; ++i)
        for (Index k = 0; k < shape.kernels; ++k) {
          const bool dense = shape.outer == OuterWeights::dense;
          const Real part = dense ? Real(1) : Real(1) / static_cast<Real>(patches);
          const Real z = hidden.z(k, i + n * q), slope = z > 0 ? Real(1) : Real(0.1);
          const Real expected = part * slope * outer.col(k + (dense ? q * shape.kernels : 0)).dot(r.col(i));
          BOOST_TEST(std::abs(hidden.delta(k, i + n * q) - expected) <= Real(1e-13));
        }
  }
}

/// Kept branches: another slope at one neuron, patch and sample changes the outputs of that sample by what
/// the patch contributes, and derivatives remain those of the outputs.
BOOST_AUTO_TEST_CASE(patterns) {
  RandomMatrices random(convolution_seed + 35);
  for (const ConvolutionShape& shape : convolution_shapes()) {
    const auto network = convolution(shape, Activation(Real(0.1), 1));
    const Index n = 4, patches = shape.patches.patch_count();
    const Matrix inputs = random.matrix(network->input_count(), n);
    const Vector w = random.vector(network->parameter_count());
    const auto kernel = network->kernel(inputs);
    const Matrix outputs = kernel->forward(w);
    const Matrix z = kernel->feed_forward_state()->hidden.front().z;
    ActivationPattern pattern{{z.unaryExpr([](Real s) { return s > 0 ? Real(1) : Real(0.1); })}};
    kernel->set_pattern(&pattern);
    BOOST_TEST((kernel->forward(w) - outputs).norm() <= Real(1e-13) * outputs.norm());
    const Index q = patches - 1, i = 2, k = 1;
    pattern.factors.front()(k, i + n * q) += Real(0.5);
    kernel->set_pattern(&pattern);
    const Matrix changed = kernel->forward(w) - outputs;
    const bool dense = shape.outer == OuterWeights::dense;
    const Real part = dense ? Real(1) : Real(1) / static_cast<Real>(patches);
    Matrix expected = Matrix::Zero(shape.outputs, n);
    expected.col(i) = part * Real(0.5) * z(k, i + n * q) *
                      network->layout().matrix(w, 1).col(k + (dense ? q * shape.kernels : 0));
    BOOST_TEST((changed - expected).norm() <= Real(1e-13) * outputs.norm());
    Vector g;
    kernel->backward(Matrix::Ones(shape.outputs, n), g);
    BOOST_TEST(std::abs(g.dot(w) - 2 * (outputs + expected).sum()) <= Real(1e-12) * g.norm() * w.norm());
    kernel->set_pattern(nullptr);
    BOOST_TEST((kernel->forward(w) - outputs).norm() == Real(0));
    const ActivationPattern other{{Matrix::Ones(shape.kernels, n * patches + 1)}};
    BOOST_CHECK_THROW(kernel->set_pattern(&other), InputError);
  }
}

BOOST_AUTO_TEST_CASE(structure) {
  const auto dense = convolution({sequence_patches(5, 1, 3), 2, 2, OuterWeights::dense}, Activation());
  BOOST_TEST(dense->parameter_count() == 2 * 3 + 2 * 2 * 3);
  BOOST_TEST(dense->hidden_layer_count() == 1);
  BOOST_TEST(dense->neurons()[1].incoming == (std::vector<Index>{1, 3, 5}), boost::test_tools::per_element());
  BOOST_TEST(dense->neurons()[1].outgoing == (std::vector<Index>{8, 9, 12, 13, 16, 17}),
             boost::test_tools::per_element());
  const auto average = convolution({sequence_patches(5, 1, 3), 2, 2, OuterWeights::average}, Activation());
  BOOST_TEST(average->parameter_count() == 2 * 3 + 2 * 2);
  BOOST_TEST(average->neurons()[1].outgoing == (std::vector<Index>{8, 9}), boost::test_tools::per_element());
  for (const auto& network : {dense, average}) {
    BOOST_TEST(network->input_count() == 5);
    BOOST_TEST(network->output_count() == 2);
    std::vector<Index> all;
    for (const Neuron& neuron : network->neurons()) {
      all.insert(all.end(), neuron.incoming.begin(), neuron.incoming.end());
      all.insert(all.end(), neuron.outgoing.begin(), neuron.outgoing.end());
      for (const Index i : neuron.incoming)
        BOOST_TEST(network->groups().first[static_cast<std::size_t>(i)] == neuron.index);
      for (const Index i : neuron.outgoing)
        BOOST_TEST(network->groups().first[static_cast<std::size_t>(i)] == neuron.index + 2);
    }
    std::sort(all.begin(), all.end());
    std::vector<Index> expected(static_cast<std::size_t>(network->parameter_count()));
    std::iota(expected.begin(), expected.end(), Index(0));
    BOOST_TEST(all == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(impossible_convolutions) {
  const auto make = [](const PatchGeometry& g, Index kernels, Index outputs) {
    return convolution({g, kernels, outputs, OuterWeights::dense}, Activation());
  };
  BOOST_CHECK_THROW(make(sequence_patches(5, 1, 6), 2, 1), InputError);
  BOOST_CHECK_THROW(make(sequence_patches(5, 0, 2), 2, 1), InputError);
  BOOST_CHECK_THROW(make(sequence_patches(5, 1, 2, 0), 2, 1), InputError);
  BOOST_CHECK_THROW(make(sequence_patches(5, 1, 2), 0, 1), InputError);
  BOOST_CHECK_THROW(make(sequence_patches(5, 1, 2), 2, 0), InputError);
  BOOST_CHECK_THROW(make(image_patches(100000, 100000, 1, 2), 2, 1), InputError);
  BOOST_CHECK_THROW(make(image_patches(10000, 10000, 1, 2), 1000, 1), InputError);
  BOOST_CHECK_THROW(make(sequence_patches(5, 1, 2), 2, 1)->kernel(Matrix::Ones(4, 3)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

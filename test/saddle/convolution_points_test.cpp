// Critical points of convolutions on kinks: a closed form, and random points against brute force.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddle/kinked_check.hpp"
#include "saddle/kinked_examples.hpp"

BOOST_AUTO_TEST_SUITE(convolution_points_test)

using namespace saddleflow;
using namespace saddleflow::test;

// One kernel on two patches of one sample, x_11 = (1, 1) and x_12 = (0, 1), and a second sample (1, -1), 0:
// at u = (c, 0) the second patch of the first sample is on its kink. Its drive comes through the patch's own
// outer weight, from the residual of the sample: b = v_2 r_1.
BOOST_DATA_TEST_CASE(one_kernel_on_the_kink_of_a_patch, boost::unit_test::data::make({0.1, 0.0, -1.0}),
                     slope) {
  const Real alpha = static_cast<Real>(slope);
  const ConvolutionShape shape{sequence_patches(4, 1, 2, 2), 1, 1, OuterWeights::dense};
  Dataset data{Matrix(4, 2), Matrix(1, 2), "patches"};
  data.inputs << 1, 1, 1, -1, 0, 0, 1, 0;
  // u = (1, 0), v = (1, v_2): H_1 = H_2 = 1. Residuals r and -r, so that v_1 and u_1 rest. In u_2: r + r + r
  // v_2 s = 0, and v_2 rests on its kink.
  const Real r = Real(0.25), s = (1 + alpha) / 2 + Real(0.1) * (1 - alpha), v2 = -2 / s;
  data.targets << 1 - r, 1 + r;
  Objective objective(convolution(shape, Activation(alpha, 1)), data, Loss(square_loss(), Reduction::sum));
  const Vector w{{1, 0, 1, v2}};
  const KinkedPoint found = analyse_kinked_point(objective, w);
  BOOST_REQUIRE(found.refinement.refinement.converged);
  const KinkedFirstOrder& first = found.first_order;
  BOOST_REQUIRE(first.kinks.size() == 1);
  BOOST_TEST((first.kinks[0] == Kink{0, 0, 2}));  // patch 1 of sample 0, of two samples
  BOOST_TEST((found.point() - w).norm() < 1e-13);
  BOOST_TEST(std::abs(first.slopes[0] - s) < 1e-13);
  BOOST_TEST(std::abs(first.back[0] - v2 * r) < 1e-13);
  BOOST_TEST(first.clarke_residual < 1e-14);
  const Real up = v2 * r * (1 - s), down = v2 * r * (s - alpha);
  BOOST_TEST(std::abs(first.one_sided.least - std::min(up, down)) < 1e-13);
  BOOST_TEST((found.verdict == KinkedVerdict::saddle));
  fmt::print("slope {:4.1f}: {}, Clarke residual {:.1e}, least one-sided derivative {:+.3f}\n", slope,
             name_of(found.verdict), static_cast<double>(first.clarke_residual),
             static_cast<double>(first.one_sided.least));
}

// Pairs of kinks at patches of one sample, which feed one output.
BOOST_DATA_TEST_CASE(convolutions_made_stationary, boost::unit_test::data::make({true, false}), dense) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Index kinks = static_cast<Index>(seed % 5);
    const KinkedExample example =
        stationary_example({.seed = seed,
                            .kernel = 3,
                            .patches = 3,
                            .kernels = 2,
                            .samples = 20,
                            .outer = dense ? OuterWeights::dense : OuterWeights::average,
                            .slope = Real(0.1),
                            .kinks = kinks});
    const KinkedPoint found = analyse_kinked_point(*example.objective, example.w);
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST((found.verdict != KinkedVerdict::unresolved));
      BOOST_TEST((found.point() - example.w).norm() < Real(1e-11) * example.w.norm());
      BOOST_TEST(static_cast<Index>(found.first_order.kinks.size()) + found.first_order.idle == kinks);
      BOOST_TEST(found.first_order.margin > 0.09);
      check_point(*example.objective, found, seed, tally);
    }
  }
  BOOST_TEST(tally.first_order > 5);
  BOOST_TEST(tally.minima > 5);
  if (dense) BOOST_TEST(tally.eigenvalue > 2);
  tally.print(fmt::format("convolutions made stationary, {}", dense ? "dense" : "average"));
}

// Strides less than the kernel: patches share inputs.
BOOST_AUTO_TEST_CASE(ends_of_flows_of_convolutions) {
  struct Shape {
    ConvolutionShape shape;
    Index samples;
    Real slope;
    int least_on_kinks;
  };
  const PatchGeometry overlapping = sequence_patches(5, 1, 3, 1);
  for (const Shape& shape : {Shape{{overlapping, 2, 1, OuterWeights::dense}, 16, Real(0.1), 4},
                             Shape{{overlapping, 3, 1, OuterWeights::average}, 16, Real(0.1), 4},
                             Shape{{overlapping, 2, 2, OuterWeights::average}, 12, Real(-0.5), 2},
                             Shape{{image_patches(3, 3, 1, 2), 2, 1, OuterWeights::dense}, 24, 0, 2}}) {
    Tally tally;
    int rest = 0;
    constexpr int runs = 15;
    const auto network = convolution(shape.shape, Activation(shape.slope, 1));
    for (int run = 0; run < runs; ++run) {
      const auto seed = static_cast<std::uint64_t>(200 + run);
      const KinkedExample example = end_of_flow(seed, network, shape.samples);
      if (example.w.size() == 0) continue;
      ++rest;
      const KinkedPoint found = analyse_kinked_point(*example.objective, example.w);
      BOOST_TEST_CONTEXT("seed " << seed << ", verdict " << name_of(found.verdict))
      check_point(*example.objective, found, seed, tally);
    }
    BOOST_TEST(tally.unresolved == 0);
    BOOST_TEST(tally.on_kinks >= shape.least_on_kinks);
    tally.print(fmt::format("{}, {}, slope {}, {} of {} flows at rest, from seed 200", network->description(),
                            shape.shape.outer == OuterWeights::dense ? "dense" : "average",
                            static_cast<double>(shape.slope), rest, runs));
  }
}

BOOST_AUTO_TEST_SUITE_END()

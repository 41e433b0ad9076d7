// Counts of eigenvalues without eigenvalues, the parts of a Hessian and null spaces by inverse iteration,
// against full decompositions.
#include "saddleflow/saddle/sign_counts.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/hessian_parts.hpp"
#include "saddleflow/saddle/null_space.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"

BOOST_AUTO_TEST_SUITE(sign_counts_test)

using namespace saddleflow;

namespace {

constexpr std::uint64_t kSignSeed = 300;

Objective sign_problem(const std::vector<Index>& sizes, Activation activation, Index samples,
                       Random& random) {
  Dataset data;
  data.inputs = random.normal_matrix(sizes.front(), samples);
  data.targets = random.normal_matrix(sizes.back(), samples);
  return Objective(feed_forward(sizes, activation), data, Loss(square_loss(), Reduction::mean));
}

/// The signs of the eigenvalues, and the least distance of one from -zero and zero.
SignCounts signs_of(const Vector& values, Real zero) {
  SignCounts signs;
  signs.negative = (values.array() < -zero).count();
  signs.positive = (values.array() > zero).count();
  signs.zero = values.size() - signs.negative - signs.positive;
  return signs;
}

void compare(const SignCounts& found, const SignCounts& expected) {
  BOOST_TEST(found.negative == expected.negative);
  BOOST_TEST(found.zero == expected.zero);
  BOOST_TEST(found.positive == expected.positive);
}

/// So that all is counted as of a large network.
SpectrumOptions counted() {
  SpectrumOptions options;
  options.dense_limit = 0;
  options.vectors = true;
  return options;
}

/// Every second neuron of every hidden layer at zero.
void put_neurons_to_sleep(const Network& network, Vector& w) {
  for (std::size_t k = 0; k < network.neurons().size(); k += 2)
    for (const auto& side : {network.neurons()[k].incoming, network.neurons()[k].outgoing})
      for (const Index i : side) w[i] = 0;
}

/// Spans are the same: orthonormal columns of as many dimensions.
Real span_distance(const Matrix& a, const Matrix& b) { return (a - b * (b.transpose() * a)).norm(); }

}  // namespace

// Both ways, at a threshold far below what the gradient would allow, at the one of the spectrum, and at
// thresholds in the middle of it.
BOOST_DATA_TEST_CASE(counts_are_those_of_all_eigenvalues_at_random_points, boost::unit_test::data::xrange(4),
                     kind) {
  Random random(kSignSeed + static_cast<std::uint64_t>(kind));
  const std::vector<Index> sizes = kind == 2 ? std::vector<Index>{4, 20, 2} : std::vector<Index>{5, 30, 1};
  const Activation activation = kind == 1   ? Activation(0, 1)
                                : kind == 3 ? Activation(0.1, 3)
                                            : Activation(0, 2);
  Objective objective = sign_problem(sizes, activation, 8, random);
  const Potential by_neurons = potential_of(objective);
  Potential whole = by_neurons;
  whole.form_size.reset();
  BOOST_TEST(sign_costs(by_neurons).by_neurons < sign_costs(by_neurons).whole);
  for (int point = 0; point < 25; ++point) {
    const Vector w = random.normal_matrix(objective.size(), 1) * std::pow(Real(10), point % 3 - 1);
    Matrix hessian(w.size(), w.size());
    objective.hessian(w, hessian);
    const Vector values = symmetric_eigenvalues(hessian, "test");
    const Real largest = values.cwiseAbs().maxCoeff();
    BOOST_TEST_CONTEXT("kind " << kind << ", point " << point) {
      for (const Real zero : {Real(1e-10), Real(1e-6), Real(1e-3), Real(0.05)}) {
        compare(*count_signs(by_neurons, w, zero * largest), signs_of(values, zero * largest));
        compare(*count_signs(whole, w, zero * largest), signs_of(values, zero * largest));
      }
      const Spectrum full = hessian_spectrum(objective, w), found = hessian_spectrum(objective, w, counted());
      BOOST_TEST(!found.complete);
      BOOST_TEST(found.counted);
      compare({found.negative, found.zero, found.positive}, {full.negative, full.zero, full.positive});
    }
  }
}

// A minimum with rotations as zero modes, at the threshold 1e-10 of the largest.
BOOST_AUTO_TEST_CASE(null_spaces_are_those_of_a_full_decomposition) {
  Random random(kSignSeed);
  Dataset data;
  data.inputs = random.normal_matrix(6, 8);
  data.targets = Matrix::Zero(1, 8);
  const std::shared_ptr<const Network> network = feed_forward({6, 30, 1}, Activation(0, 2));
  Objective teacher(network, data, Loss(square_loss(), Reduction::mean));
  const Vector w = random.normal_matrix(network->parameter_count(), 1);
  data.targets = teacher.outputs(w);
  Objective objective(network, data, Loss(square_loss(), Reduction::mean));
  const Spectrum full = hessian_spectrum(objective, w, {.vectors = true}),
                 found = hessian_spectrum(objective, w, counted());
  compare({found.negative, found.zero, found.positive}, {full.negative, full.zero, full.positive});
  BOOST_TEST(full.positive == 8);
  BOOST_REQUIRE(found.null_space().has_value());
  const Matrix null_space = *found.null_space();
  BOOST_TEST(null_space.cols() == w.size() - 8);
  const Matrix product = null_space.transpose() * null_space;
  BOOST_TEST((product - Matrix::Identity(product.rows(), product.cols())).norm() < 1e-12);
  BOOST_TEST(span_distance(null_space, *full.null_space()) < 1e-8);
  // By the whole Hessian.
  Potential whole = potential_of(objective);
  whole.form_size.reset();
  const auto other = null_space_of(whole, w, full.zero_threshold, full.zero);
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST(span_distance(*other, *full.null_space()) < 1e-8);
  // There are no more of them.
  BOOST_TEST(!null_space_of(whole, w, full.zero_threshold, full.zero + 1).has_value());
}

// Networks of one to three hidden layers; the ends and their vectors as well.
BOOST_DATA_TEST_CASE(sleeping_neurons_are_parts_of_their_own, boost::unit_test::data::xrange(4), kind) {
  Random random(kSignSeed + 10 + static_cast<std::uint64_t>(kind));
  const std::vector<std::vector<Index>> shapes = {{4, 12, 1}, {3, 14, 2}, {4, 8, 8, 2}, {3, 6, 6, 6, 1}};
  const auto which = static_cast<std::size_t>(kind);
  Objective objective = sign_problem(shapes[which], Activation(0.2, kind == 1 ? 1 : 2), 9, random);
  Vector w = random.normal_matrix(objective.size(), 1);
  put_neurons_to_sleep(objective.network(), w);
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const std::vector<HessianPart> parts = parts_of(hessian);
  Matrix whole = Matrix::Zero(w.size(), w.size());
  Index largest = 0;
  for (const HessianPart& part : parts) {
    whole(part.places, part.places) = part.hessian;
    largest = std::max(largest, part.hessian.rows());
  }
  BOOST_TEST((whole - hessian).norm() == 0);
  BOOST_TEST(parts.size() > 1);
  BOOST_TEST(largest < w.size());
  SpectrumOptions options;
  options.dense_limit = largest;
  options.vectors = true;
  const Spectrum full = hessian_spectrum(objective, w, {.vectors = true}),
                 found = hessian_spectrum(objective, w, options);
  fmt::print("{} weights, {} parts, of at most {}: {} negative, {} zero, {} positive\n", w.size(),
             parts.size(), largest, found.negative, found.zero, found.positive);
  BOOST_TEST(found.counted);
  BOOST_TEST(!found.complete);
  compare({found.negative, found.zero, found.positive}, {full.negative, full.zero, full.positive});
  const Real scale = full.eigenvalues.cwiseAbs().maxCoeff();
  const Index half = options.ends / 2;
  BOOST_TEST((found.eigenvalues.head(half) - full.eigenvalues.head(half)).norm() < 1e-12 * scale);
  BOOST_TEST((found.eigenvalues.tail(half) - full.eigenvalues.tail(half)).norm() < 1e-12 * scale);
  BOOST_TEST((hessian * found.vectors - found.vectors * found.eigenvalues.asDiagonal()).norm() <
             1e-12 * scale);
  BOOST_TEST(span_distance(*found.null_space(), *full.null_space()) < 1e-6);
  BOOST_TEST(std::abs(found.newton_distance / full.newton_distance - 1) < 1e-6);
}

// The parts by neurons are those of the whole.
BOOST_AUTO_TEST_CASE(parts_by_neurons_are_those_of_the_whole) {
  Random random(kSignSeed + 20);
  Objective objective = sign_problem({4, 12, 2}, Activation(0, 1), 9, random);
  Vector w = random.normal_matrix(objective.size(), 1);
  put_neurons_to_sleep(objective.network(), w);
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const auto parts = parts_of(*neuron_form(objective, w), w.size());
  BOOST_REQUIRE(parts.has_value());
  Matrix whole = Matrix::Zero(w.size(), w.size());
  Index rows = 0;
  for (const HessianPart& part : *parts) {
    whole(part.places, part.places) = part.hessian;
    rows += part.hessian.rows();
  }
  BOOST_TEST(rows == w.size());
  BOOST_TEST((whole - hessian).norm() < 1e-14 * hessian.norm());
  BOOST_TEST(!parts_of(*neuron_form(objective, w), 6 * 6 - 1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

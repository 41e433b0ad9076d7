// Extreme eigenvalues against the whole spectrum.
#include "saddleflow/saddle/extreme_eigenvalues.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/spectrum.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(extreme_eigenvalues_test)

namespace {

Objective problem(Index hidden) {
  Random random(5);
  Dataset data;
  data.inputs = random.normal_matrix(8, 40);
  data.targets = random.normal_matrix(1, 40);
  return {feed_forward({8, static_cast<int>(hidden), 1}, Activation(0, 2)), data, Loss()};
}

}  // namespace

// 90, 450 and 1350 weights: each of the three ways. Points of different sizes, later ones near earlier ones.
BOOST_AUTO_TEST_CASE(against_the_whole_spectrum) {
  for (const auto& [hidden, allowed] : {std::pair<Index, Real>{10, 1e-12}, {50, 1e-9}, {150, 1e-4}}) {
    Objective objective = problem(hidden);
    Random random(11);
    ExtremeEigenvalues search;
    Real worst = 0;
    for (const Real size : {Real(0.01), Real(1), Real(10)}) {
      Vector w = size * random.unit_vector(objective.size());
      for (int k = 0; k < 3; ++k) {
        const std::int64_t before = objective.counters().hessian_vectors;
        const Extremes found = search.at(objective, w);
        const std::int64_t products = objective.counters().hessian_vectors - before;
        SpectrumOptions whole;
        whole.dense_limit = objective.size();
        const Spectrum spectrum = hessian_spectrum(objective, w, whole);
        const Real scale = std::max(std::abs(spectrum.min()), std::abs(spectrum.max()));
        const auto off = [&](Real value, Real exact) {
          return std::abs(value - exact) / std::max(std::abs(exact), Real(1e-2) * scale);
        };
        const Real error = std::max(off(found.min, spectrum.min()), off(found.max, spectrum.max()));
        fmt::print("{} weights, |w| = {}: {} products, error {:.1e}\n", objective.size(),
                   static_cast<double>(size), products, static_cast<double>(error));
        BOOST_TEST(error <= allowed);
        // Up to rounding.
        const Real most =
            std::max(std::abs(found.min - spectrum.min()), std::abs(found.max - spectrum.max()));
        BOOST_TEST(most <= found.residual + Real(1e-13) * scale);
        worst = std::max(worst, error);
        w += Real(0.01) * size * random.unit_vector(objective.size());
      }
    }
  }
}

// The ends of the second point have nothing to do with those of the first, whose vectors the search begins
// with.
BOOST_AUTO_TEST_CASE(a_start_that_knows_other_ends) {
  for (const Index hidden : {50, 150}) {
    Objective objective = problem(hidden);
    const Matrix points = Random(17).normal_matrix(objective.size(), 6);
    ExtremeEigenvalues search;
    for (Index k = 0; k < points.cols(); ++k) {
      const Vector w = Real(0.1) * points.col(k);
      const Extremes warm = search.at(objective, w), cold = ExtremeEigenvalues().at(objective, w);
      BOOST_TEST(std::abs(warm.min / cold.min - 1) < Real(1e-4));
      BOOST_TEST(std::abs(warm.max / cold.max - 1) < Real(1e-4));
    }
  }
}

BOOST_AUTO_TEST_CASE(where_the_hessian_is_zero) {
  for (const Index hidden : {10, 50, 150}) {
    Objective objective = problem(hidden);
    const Extremes found = ExtremeEigenvalues().at(objective, Vector::Zero(objective.size()));
    BOOST_TEST(found.min == 0);
    BOOST_TEST(found.max == 0);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_is_an_error) {
  for (const Index hidden : {50, 150}) {
    Objective objective = problem(hidden);
    const Vector w = Vector::Constant(objective.size(), std::numeric_limits<Real>::infinity());
    BOOST_CHECK_THROW(ExtremeEigenvalues().at(objective, w), NumericalError);
  }
}

// The numbers are functions of the point and of start(): a resumed run has the same bits.
BOOST_AUTO_TEST_CASE(the_start_is_all_that_is_remembered) {
  Objective objective = problem(50);
  Random random(3);
  const Vector w = random.unit_vector(objective.size()), next = w + Real(0.01) * random.unit_vector(w.size());
  ExtremeEigenvalues first, second;
  first.at(objective, w);
  second.set_start(first.start());
  const Extremes a = first.at(objective, next), b = second.at(objective, next);
  BOOST_TEST(a.min == b.min);
  BOOST_TEST(a.max == b.max);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow

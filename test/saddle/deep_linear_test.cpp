// Two linear layers: all critical points, every one refined to from beside it, with its index, zero modes and
// loss.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddle/linear_points.hpp"
#include "saddleflow/saddle/critical_point.hpp"

BOOST_AUTO_TEST_SUITE(deep_linear_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

struct Worst {
  Real product = 0, loss = 0, gradient = 0, distance = 0;
  int iterations = 0;
  Index points = 0, zero_modes = 0, most_negative = 0;
};

Vector beside(const Vector& w, Real distance, Random& random) {
  return w + distance * w.norm() * random.unit_vector(w.size());
}

void check_subset(const LinearProblem& problem, Objective& objective, unsigned mask, Random& random,
                  Worst& worst) {
  const Vector known = problem.point(objective.network().layout(), mask);
  const Refinement found = refine_critical_point(objective, beside(known, Real(1e-3), random));
  const Matrix product = product_of(objective.network().layout(), found.point);
  const Real product_error = (product - problem.product(mask)).norm() / problem.s[0];
  const Real loss_error = std::abs(found.loss - problem.loss(mask)) / problem.loss(0);
  SpectrumOptions options;
  options.vectors = true;
  const Spectrum s = hessian_spectrum(objective, found.point, options);
  const Inertia expected = inertia_of(two_layer_eigenvalues(problem, mask));
  const ZeroModes modes =
      explain_zero_modes(objective, found.point, s.vectors.middleCols(s.negative, s.zero));
  BOOST_TEST_CONTEXT("subset " << mask) {
    BOOST_TEST(found.converged);
    BOOST_TEST(found.displacement < 2e-3);
    BOOST_TEST(product_error < 1e-12);
    BOOST_TEST(loss_error < 1e-13);
    BOOST_TEST(s.negative == expected.negative);
    BOOST_TEST(s.zero == expected.zero);
    BOOST_TEST(s.positive == expected.positive);
    BOOST_TEST(modes.unexplained == 0);
    BOOST_TEST(modes.explained() == expected.zero);
  }
  worst.product = std::max(worst.product, product_error);
  worst.loss = std::max(worst.loss, loss_error);
  worst.gradient = std::max(worst.gradient, found.relative_gradient);
  worst.distance = std::max(worst.distance, found.displacement);
  worst.iterations = std::max(worst.iterations, found.iterations);
  worst.zero_modes += s.zero;
  worst.most_negative = std::max(worst.most_negative, s.negative);
  ++worst.points;
}

}  // namespace

// The subset {} is the origin, which refinement does not take.
void check_all_subsets(Index singular_values, Index width, std::uint64_t seed) {
  const Vector s = Vector::LinSpaced(singular_values, 2, Real(0.5));
  const LinearProblem problem(seed, s, width, 2);
  Objective objective = problem.objective();
  Random random(seed, RandomStream::noise);
  Worst worst;
  const unsigned all = (1U << singular_values) - 1;
  for (unsigned mask = 1; mask <= all; ++mask)
    if (static_cast<Index>(problem.subset(mask).size()) <= width)
      check_subset(problem, objective, mask, random, worst);
  fmt::print(
      "{} singular values, width {}, seed {}: {} points of {} weights, up to {} negative eigenvalues, {} "
      "zero "
      "modes in all; product {:.1e}, loss {:.1e}, gradient {:.1e}, {} iterations, displacement {:.1e}\n",
      singular_values, width, seed, worst.points, objective.size(), worst.most_negative, worst.zero_modes,
      static_cast<double>(worst.product), static_cast<double>(worst.loss),
      static_cast<double>(worst.gradient), worst.iterations, static_cast<double>(worst.distance));
}

BOOST_AUTO_TEST_CASE(all_points_of_two_linear_layers_small) {
  check_all_subsets(5, 3, 1);
  check_all_subsets(5, 5, 2);
  check_all_subsets(4, 6, 3);
}

BOOST_AUTO_TEST_CASE(all_points_of_two_linear_layers) { check_all_subsets(9, 9, 4); }

BOOST_AUTO_TEST_SUITE_END()

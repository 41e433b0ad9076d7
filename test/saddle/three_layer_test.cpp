// Three linear layers: the points of the singular subsets, and what lies around those of deficient rank.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "network/slow_network.hpp"
#include "saddle/linear_points.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/critical_point.hpp"

BOOST_AUTO_TEST_SUITE(three_layer_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

/// With c_i = s_i^{1/3}: |S|^2 positive eigenvalues among the weights of S alone, c_i (s_i -+ s_j) from W_1
/// and W_3 for i in S, j not, zero all others: the free directions of two layers in a row interact to third
/// order.
Inertia three_layer_inertia(const LinearProblem& problem, unsigned mask, Index weights) {
  const Vector& s = problem.s;
  const auto rank = static_cast<Index>(problem.subset(mask).size());
  Inertia inertia{0, 0, rank * rank};
  for (const Index i : problem.subset(mask))
    for (Index j = 0; j < s.size(); ++j) {
      if (mask >> j & 1U) continue;
      ++inertia.positive;
      ++(s[j] > s[i] ? inertia.negative : inertia.positive);
    }
  inertia.zero = weights - inertia.negative - inertia.positive;
  return inertia;
}

/// By hyper-dual numbers.
Inertia slow_inertia(Objective& objective, const Vector& w) {
  const SlowProblem slow{objective.network(), objective.data().inputs, objective.data().targets,
                         SlowProblem::Kind::square};
  const Matrix hessian = differentiate(slow, w).hessian.cast<Real>();
  const Vector values = symmetric_eigenvalues(hessian, "test");
  const Real zero = Real(1e-10) * values.cwiseAbs().maxCoeff();
  std::vector<Real> rounded;
  for (const Real lambda : values) rounded.push_back(std::abs(lambda) > zero ? lambda : Real(0));
  return inertia_of(rounded);
}

std::string text(const Inertia& i) { return fmt::format("(-{}, 0 {}, +{})", i.negative, i.zero, i.positive); }

}  // namespace

// The neurons are the singular directions: what is not of S is inactive, and is put to zero before refining.
BOOST_AUTO_TEST_CASE(points_of_three_linear_layers) {
  const std::uint64_t seed = 5;
  const LinearProblem problem(seed, Vector::LinSpaced(5, 2, Real(0.6)), 5, 3);
  Objective objective = problem.objective();
  const Layout& layout = objective.network().layout();
  Random random(seed, RandomStream::noise);
  CriticalPointOptions options;
  options.search.starts = 2;  // what the zero neurons see is not the question
  options.search.descend = false;
  Real worst_product = 0, worst_loss = 0;
  int points = 0;
  for (unsigned mask = 1; mask < 32; ++mask) {
    const Vector known = problem.point(layout, mask, LinearProblem::HiddenBases::neurons);
    const CriticalPoint found = analyse_critical_point(
        objective, known + Real(1e-3) * known.norm() * random.unit_vector(known.size()), options);
    const Real product_error =
        (product_of(layout, found.point()) - problem.product(mask)).norm() / problem.s[0];
    const Real loss_error = std::abs(found.refinement.loss - problem.loss(mask)) / problem.loss(0);
    const Inertia expected = three_layer_inertia(problem, mask, objective.size());
    const Inertia measured{found.spectrum.negative, found.spectrum.zero, found.spectrum.positive};
    BOOST_TEST_CONTEXT("subset " << mask << ", expected " << text(expected) << ", found " << text(measured)) {
      BOOST_TEST(found.is_critical());
      BOOST_TEST(product_error < 1e-12);
      BOOST_TEST(loss_error < 1e-13);
      BOOST_TEST((measured == expected));
      if (mask % 8 == 1) BOOST_TEST((slow_inertia(objective, known) == expected));
      BOOST_TEST(found.zero_modes.unexplained == 0);
      BOOST_TEST(found.zero_modes.total() == expected.zero);
    }
    worst_product = std::max(worst_product, product_error);
    worst_loss = std::max(worst_loss, loss_error);
    ++points;
  }
  fmt::print("three layers, aligned, seed {}: {} points of {} weights, product {:.1e}, loss {:.1e}\n", seed,
             points, objective.size(), static_cast<double>(worst_product), static_cast<double>(worst_loss));
}

// Hidden directions that are no neurons. Of full rank the points are Morse-Bott; of deficient rank they lie
// on larger sets of critical points (W_1 may reach into a direction that W_2 and W_3 do not carry on), on
// which the index varies: what refinement finds has the same product and loss.
BOOST_AUTO_TEST_CASE(degenerate_points_of_three_linear_layers) {
  const std::uint64_t seed = 6;
  const LinearProblem problem(seed, Vector::LinSpaced(4, 2, Real(0.6)), 4, 3);
  Objective objective = problem.objective();
  const Layout& layout = objective.network().layout();
  Random random(seed, RandomStream::noise);
  int same_inertia = 0, critical = 0;
  for (unsigned mask = 1; mask < 16; ++mask) {
    const Vector known = problem.point(layout, mask);
    const Vector start = known + Real(1e-3) * known.norm() * random.unit_vector(known.size());
    const Refinement found = refine_critical_point(objective, start);
    SpectrumOptions options;
    options.vectors = true;
    const Spectrum s = hessian_spectrum(objective, found.point, options);
    const ZeroModes modes =
        explain_zero_modes(objective, found.point, s.vectors.middleCols(s.negative, s.zero));
    const Inertia measured{s.negative, s.zero, s.positive};
    const Inertia expected = three_layer_inertia(problem, mask, objective.size());
    const Real product_error =
        (product_of(layout, found.point) - problem.product(mask)).norm() / problem.s[0];
    fmt::print(
        "subset {:2}: {} balanced {}, found {} ({} zero modes unexplained, gap {:.0e}), product {:.1e}, {} "
        "iterations\n",
        mask, name_of(found.status), text(expected), text(measured), modes.unexplained,
        static_cast<double>(s.gap), static_cast<double>(product_error), found.iterations);
    critical += found.converged;
    same_inertia += measured == expected;
    BOOST_TEST_CONTEXT("subset " << mask) {
      BOOST_TEST(found.converged);
      BOOST_TEST(product_error < 1e-6);
      BOOST_TEST(std::abs(found.loss - problem.loss(mask)) < Real(1e-9) * problem.loss(0));
      BOOST_TEST((mask != 15 || (measured == expected && modes.unexplained == 0)));
    }
  }
  fmt::print("seed {}: {} of 15 critical, {} with the inertia of the balanced point\n", seed, critical,
             same_inertia);
}

BOOST_AUTO_TEST_SUITE_END()

// V3 and V4 of THEORY.md: saddles, index, ways down, and where these lead.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "saddle/linear_points.hpp"
#include "saddleflow/saddle/connection.hpp"

BOOST_AUTO_TEST_SUITE(closed_form_points_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

/// V4, w* at this angle to e_1.
Objective turned_square_neuron(Index n, Real angle) {
  Dataset data{Matrix(2, n), Matrix(1, n), "circle"};
  for (Index i = 0; i < n; ++i) {
    const Real phase = 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(n);
    data.inputs.col(i) << std::cos(phase), std::sin(phase);
    data.targets(0, i) = std::pow(std::cos(phase - angle), 2);
  }
  return Objective(power_sum(2, 1, Activation(-1, 2)), data, Loss());
}

/// The unit vectors of the negative eigenvalues of a two-layer point with as many hidden directions as
/// singular values in S, sorted by steepness: W_1 and W_2 turn from i in S towards j, s_j > s_i.
struct KnownWay {
  Real value;
  Vector direction;
};

std::vector<KnownWay> known_ways(const LinearProblem& problem, const Layout& layout, unsigned mask) {
  std::vector<KnownWay> ways;
  const std::vector<Index> members = problem.subset(mask);
  for (std::size_t slot = 0; slot < members.size(); ++slot)
    for (Index j = 0; j < problem.s.size(); ++j) {
      const Real value = problem.s[j] - problem.s[members[slot]];
      if ((mask >> j & 1U) || value < 0) continue;
      Vector direction = Vector::Zero(layout.size());
      const Vector hidden = problem.basis_of(0).col(static_cast<Index>(slot));
      layout.matrix(direction, 0) = hidden * problem.right().col(j).transpose();
      layout.matrix(direction, 1) = problem.left().col(j) * hidden.transpose();
      ways.push_back({value, direction.normalized()});
    }
  std::sort(ways.begin(), ways.end(), [](const KnownWay& a, const KnownWay& b) { return a.value > b.value; });
  return ways;
}

}  // namespace

BOOST_DATA_TEST_CASE(saddle_of_v4_and_its_unstable_manifold,
                     boost::unit_test::data::make({0.0, 0.3, 1.1, 2.5}), angle) {
  const Index n = 7;
  const Real turn = static_cast<Real>(angle);
  Objective objective = turned_square_neuron(n, turn);
  const Vector star{{std::cos(turn), std::sin(turn)}}, across{{-std::sin(turn), std::cos(turn)}};
  const Vector start = Real(0.6) * across + Real(0.03) * star;
  const CriticalPoint saddle = analyse_critical_point(objective, start);
  const Real off = (saddle.point() - across / std::sqrt(Real(3))).norm();
  BOOST_TEST((saddle.kind == CriticalKind::saddle));
  BOOST_TEST(off < 1e-9);
  BOOST_TEST(std::abs(saddle.point().squaredNorm() - 1 / Real(3)) < 1e-9);
  BOOST_TEST(saddle.spectrum.negative == 1);
  BOOST_TEST(saddle.spectrum.zero == 0);
  BOOST_REQUIRE(saddle.escapes.size() == 1);
  const Real cosine = std::abs(saddle.escapes[0].direction.dot(star));
  const Real sine = std::abs(saddle.escapes[0].direction.dot(across));
  BOOST_TEST(sine < 1e-9);
  BOOST_TEST(std::abs(cosine - 1) < 1e-9);
  BOOST_TEST(std::abs(saddle.escapes[0].value - static_cast<Real>(n) / 2) < 1e-9);
  fmt::print("V4 at {:.1f}: saddle off by {:.1e}, way down by {:.1e}", angle, static_cast<double>(off),
             static_cast<double>(sine));
  for (const int sign : {1, -1}) {
    const Connection way = follow_escape(objective, saddle, saddle.escapes[0], sign);
    BOOST_REQUIRE(way.arrived);
    BOOST_TEST((way.end.kind == CriticalKind::minimum));
    const Real side = sign * (saddle.escapes[0].direction.dot(star) > 0 ? Real(1) : Real(-1));
    const Real error = (way.end.point() - side * star).norm();
    BOOST_TEST(error < 1e-9);
    fmt::print("; sign {:+}: {} off by {:.1e} after {} gradients, {}", sign, name_of(way.end.kind),
               static_cast<double>(error), way.work.gradients, way.stop_reason.text());
  }
  fmt::print("\n");
}

BOOST_DATA_TEST_CASE(saddles_of_v3_and_their_ways_down, boost::unit_test::data::make({1, 2, 3}), seed) {
  const LinearProblem problem(static_cast<std::uint64_t>(seed),
                              Vector{{Real(2), Real(1.7), Real(1.1), Real(0.6)}}, 2, 2);
  Objective objective = problem.objective();
  const Layout& layout = objective.network().layout();
  Random random(static_cast<std::uint64_t>(seed), RandomStream::noise);
  Real worst_value = 0, worst_direction = 0, worst_point = 0;
  int points = 0, ways = 0;
  for (unsigned mask = 1; mask < 16; ++mask) {
    if (problem.subset(mask).size() != 2) continue;
    const Vector known = problem.point(layout, mask);
    const CriticalPoint found = analyse_critical_point(
        objective, known + Real(1e-6) * known.norm() * random.unit_vector(known.size()));
    const std::vector<KnownWay> expected = known_ways(problem, layout, mask);
    BOOST_TEST_CONTEXT("subset " << mask) {
      BOOST_TEST(found.is_critical());
      BOOST_REQUIRE(found.escapes.size() == expected.size());
      BOOST_TEST((found.kind == (expected.empty() ? CriticalKind::minimum : CriticalKind::saddle)));
      BOOST_TEST(found.zero_modes.unexplained == 0);
    }
    worst_point = std::max(worst_point, (product_of(layout, found.point()) - problem.product(mask)).norm());
    // The point found lies on the orbit of the known one, as near as the start: directions at the known one.
    const Spectrum s = [&] {
      SpectrumOptions options;
      options.vectors = true;
      return hessian_spectrum(objective, known, options);
    }();
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const auto column = static_cast<Index>(k);
      worst_value = std::max(worst_value, std::abs(-s.eigenvalues[column] - expected[k].value));
      worst_direction = std::max(
          worst_direction,
          (expected[k].direction - s.vectors.col(column) * s.vectors.col(column).dot(expected[k].direction))
              .norm());
      BOOST_TEST(std::abs(found.escapes[k].value - expected[k].value) < 1e-4);
    }
    ++points;
    ways += static_cast<int>(expected.size());
  }
  fmt::print("V3, seed {}: {} points, {} ways down; product {:.1e}, eigenvalues {:.1e}, directions {:.1e}\n",
             seed, points, ways, static_cast<double>(worst_point), static_cast<double>(worst_value),
             static_cast<double>(worst_direction));
  BOOST_TEST(worst_point < 1e-9);
  BOOST_TEST(worst_value < 1e-9);
  BOOST_TEST(worst_direction < 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()

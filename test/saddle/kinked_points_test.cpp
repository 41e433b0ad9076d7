// Critical points on kinks: closed forms, and the ends of random flows against brute force.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "saddle/kinked_check.hpp"
#include "saddle/kinked_examples.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/saddle/connection.hpp"

BOOST_AUTO_TEST_SUITE(kinked_points_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

double number(Real x) { return static_cast<double>(x); }

/// Samples (1, 1), (0, 1), (1, -1): at u = (c, 0), v = +-c the second one is on its kink.
Objective three_samples(Real slope, Real y1, Real y2, Real y3) {
  Dataset data{Matrix(2, 3), Matrix(1, 3), "three samples"};
  data.inputs << 1, 0, 1, 1, 1, -1;
  data.targets << y1, y2, y3;
  return Objective(feed_forward({2, 1, 1}, Activation(slope, 1)), data, Loss());
}

/// The library's kind of the point: neurons that are zero may add ways down, but take none away.
void check_kind(Objective& objective, const KinkedPoint& found) {
  if (found.verdict == KinkedVerdict::unresolved) return;
  const CriticalPoint point = analyse_critical_point(objective, found.point());
  const bool by_neurons = std::all_of(
      point.escapes.begin(), point.escapes.end(),
      [](const EscapeDirection& escape) { return escape.kind == EscapeDirection::Kind::correlation; });
  if (found.verdict == KinkedVerdict::saddle) BOOST_TEST((point.kind == CriticalKind::saddle && !by_neurons));
  if (found.verdict == KinkedVerdict::minimum) BOOST_TEST(by_neurons);
}

}  // namespace

// u = (1, 0), v = 1 fits the mean of y_1 and y_3. Slope at the kink: s = (y_3 - y_1) / y_2, b = -y_2; the
// loss rises by b (1 - s) and b (s - alpha).
BOOST_DATA_TEST_CASE(one_neuron_on_one_kink,
                     boost::unit_test::data::make({0.1, 0.0, -1.0}) * boost::unit_test::data::make({1, -1}),
                     slope, concave) {
  const Real alpha = static_cast<Real>(slope);
  const Real y2 = concave > 0 ? Real(1) : Real(-1);
  Objective objective = three_samples(alpha, 1 - y2 / 4, y2, 1 + y2 / 4);
  const KinkedPoint found = analyse_kinked_point(objective, Vector{{Real(1.01), Real(0), Real(0.98)}});
  BOOST_REQUIRE(found.refinement.refinement.converged);
  const KinkedFirstOrder& first = found.first_order;
  BOOST_REQUIRE(first.kinks.size() == 1);
  BOOST_TEST((first.kinks[0] == Kink{0, 0, 1}));
  const Vector p = found.point();
  const Real v = p[2];
  BOOST_TEST(std::abs(p[0] * v - 1) < 1e-13);
  BOOST_TEST(std::abs(p[1]) < 1e-15);
  BOOST_TEST(std::abs(first.slopes[0] - Real(0.5)) < 1e-13);
  BOOST_TEST(std::abs(first.back[0] + v * y2) < 1e-13);
  BOOST_TEST(first.clarke_stationary);
  BOOST_TEST(first.clarke_residual < 1e-14);
  BOOST_TEST((first.one_sided.method == OneSidedResult::Method::separable));
  const Real up = -v * y2 / 2, down = -v * y2 * (Real(0.5) - alpha);
  BOOST_TEST(std::abs(first.one_sided.least - std::min(up, down)) < 1e-13);
  BOOST_TEST(found.spectrum.negative == 0);
  BOOST_TEST(found.spectrum.positive == 1);
  BOOST_TEST(found.zero_modes.held_kinks == 1);
  BOOST_TEST(found.zero_modes.rescaling == 1);
  BOOST_TEST((found.verdict == (concave > 0 ? KinkedVerdict::saddle : KinkedVerdict::minimum)));
  BOOST_TEST(!objective.has_mode());
  fmt::print("slope {:4.1f}, {}: {}, Clarke residual {:.1e}, least one-sided derivative {:+.3f}\n", slope,
             concave > 0 ? "concave" : "convex ", name_of(found.verdict), number(first.clarke_residual),
             number(first.one_sided.least));
}

// H = v |u x|: u = 0 is critical whatever v.
BOOST_DATA_TEST_CASE(one_neuron_of_absolute_value_at_one_sample, boost::unit_test::data::make({1, -1}),
                     sign) {
  Dataset data{Matrix::Constant(1, 1, 2), Matrix::Constant(1, 1, static_cast<Real>(sign)), "one sample"};
  Objective objective(feed_forward({1, 1, 1}, Activation(-1, 1)), data, Loss());
  const KinkedPoint found = analyse_kinked_point(objective, Vector{{Real(1e-12), Real(0.7)}});
  BOOST_REQUIRE(found.refinement.refinement.converged);
  BOOST_REQUIRE(found.first_order.kinks.size() == 1);
  BOOST_TEST(found.first_order.clarke_residual < 1e-14);
  BOOST_TEST(std::abs(found.first_order.slopes[0]) < 1e-14);
  BOOST_TEST(std::abs(found.first_order.one_sided.least + Real(2 * sign) * found.point()[1]) < 1e-14);
  BOOST_TEST((found.verdict == (sign > 0 ? KinkedVerdict::saddle : KinkedVerdict::minimum)));
}

// The same points as the catalogue sees them; the way off the concave kink leads to a lower critical point.
BOOST_DATA_TEST_CASE(one_kink_in_the_catalogue, boost::unit_test::data::make({1, -1}), concave) {
  const Real y2 = static_cast<Real>(concave);
  Objective objective = three_samples(Real(0.1), 1 - y2 / 4, y2, 1 + y2 / 4);
  Catalogue catalogue(objective);
  const Index row =
      catalogue.add(analyse_critical_point(objective, Vector{{Real(1.01), Real(0), Real(0.98)}}));
  BOOST_TEST(catalogue.add(analyse_critical_point(objective, Vector{{Real(2.01), Real(0), Real(0.49)}})) ==
             row);
  BOOST_TEST(catalogue.points().size() == 1U);
  BOOST_TEST(!objective.has_mode());
  const CriticalPoint point = catalogue.at(row);
  BOOST_REQUIRE(point.kinks);
  BOOST_TEST(point.kinks->kinks.size() == 1U);
  BOOST_TEST((point.kind == (concave > 0 ? CriticalKind::saddle : CriticalKind::minimum)));
  BOOST_REQUIRE(point.escapes.size() == (concave > 0 ? 1U : 0U));
  if (concave < 0) return;
  BOOST_TEST((point.escapes[0].kind == EscapeDirection::Kind::descent));
  BOOST_TEST(std::abs(point.escapes[0].value - point.point()[2] / 2) < 1e-13);
  const Connection way = follow_escape(objective, point, point.escapes[0], 1);
  BOOST_REQUIRE(way.arrived);
  BOOST_TEST(!objective.has_mode());
  // All three samples on the upper side: least squares with orthogonal columns, v u = (1, 1/6).
  BOOST_TEST(std::abs(way.end.refinement.loss - Real(25) / 48) < 1e-13);
}

// One neuron on its kinks at e_2 and -e_2, whose sides flip together: with slopes that are free on their own,
// zero both, the gradient would vanish whatever the targets there, and no solution of the flow rests.
BOOST_DATA_TEST_CASE(opposite_samples_are_no_box,
                     boost::unit_test::data::make({-1.0, 0.3, 1.0}) *
                         boost::unit_test::data::make({-0.5, 2.0}),
                     y2, y3) {
  Dataset data{Matrix(2, 3), Matrix(1, 3), "opposite"};
  data.inputs << 1, 0, 0, 0, 1, -1;
  data.targets << Real(0.75), static_cast<Real>(y2), static_cast<Real>(y3);
  Objective objective(feed_forward({2, 1, 1}, Activation(0, 1)), data, Loss(square_loss(), Reduction::sum));
  const Real v = Real(1.5);
  const Vector w{{Real(0.5), 0, v}};
  KinkedSurface surface(objective);
  surface.enter(surface.mode_at(w, Real(1e-9)), w);
  BOOST_TEST_REQUIRE(surface.held().size() == 2U);
  const KinkedFirstOrder first = first_order_at(surface, w, {}, 0, {});
  // dL/dw_2 is -v y2 above and v y3 below, and all between them.
  const Real above = -v * static_cast<Real>(y2), below = v * static_cast<Real>(y3);
  const Real least = above * below <= 0 ? Real(0) : std::min(std::abs(above), std::abs(below));
  BOOST_TEST(std::abs(first.clarke_residual * first.unit - least) <= Real(1e-14));
  BOOST_TEST(first.clarke_stationary == (least == 0));
}

// On the kinks of samples at e_2 and -e_2 a move along e_2 leaves the branch of one, a move along -e_2 that
// of the other; along u_1 and v neither is left.
BOOST_AUTO_TEST_CASE(sides_that_loose_kinks_leave_open) {
  Dataset data{Matrix(2, 3), Matrix::Ones(1, 3), "opposite"};
  data.inputs << 1, 0, 0, 0, 1, -1;
  Objective objective(feed_forward({2, 1, 1}, Activation(Real(0.1), 1)), data, Loss());
  const Vector w{{Real(0.5), 0, Real(1.5)}};
  KinkedSurface surface(objective);
  Mode mode = surface.mode_at(w, Real(1e-9));
  const std::vector<Kink> both{{0, 0, 1}, {0, 0, 2}}, first{both[0]};
  for (const Kink& kink : both) mode.set(surface.index()(kink), Side::above);
  surface.enter(mode, w);
  const Vector up{{0, 1, 0}}, along{{Real(0.6), 0, Real(0.8)}};
  BOOST_TEST(open_side(surface, w, {}, up) == 1);
  BOOST_TEST(open_side(surface, w, first, up) == 1);
  BOOST_TEST(open_side(surface, w, first, -up) == -1);
  BOOST_TEST(open_side(surface, w, both, up) == 0);
  BOOST_TEST(open_side(surface, w, both, along) == 1);
  for (const Real rounding : {Real(1e-15), Real(-1e-15)})
    BOOST_TEST(open_side(surface, w, both, along + rounding * up) == 1);
  mode.set(surface.index()(both[0]), Side::below);
  surface.enter(mode, w);
  BOOST_TEST(open_side(surface, w, both, up) == -1);
  BOOST_TEST(open_side(surface, w, both, -up) == 1);
}

// Residuals of either sign: convex and concave kinks.
BOOST_AUTO_TEST_CASE(points_made_stationary) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Index kinks = static_cast<Index>(seed % 6);
    const KinkedExample example = stationary_example({.seed = seed,
                                                      .inputs = 3,
                                                      .width = 3,
                                                      .samples = 24,
                                                      .slope = Real(0.1),
                                                      .kinks = kinks,
                                                      .silent = seed % 3 == 0});
    const KinkedPoint found = analyse_kinked_point(*example.objective, example.w);
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST((found.verdict != KinkedVerdict::unresolved));
      // Rounding of the gradient moves it along the softest direction.
      const Vector curvatures = found.spectrum.eigenvalues.cwiseAbs();
      Real softest = curvatures.maxCoeff();
      for (const Real c : curvatures)
        if (c > found.spectrum.zero_threshold) softest = std::min(softest, c);
      BOOST_TEST((found.point() - example.w).norm() <
                 Real(1e-14) * example.w.norm() * curvatures.maxCoeff() / softest);
      // Idle where another neuron is on the same branches but there: the residual of that sample is zero.
      BOOST_TEST(static_cast<Index>(found.first_order.kinks.size()) + found.first_order.idle == kinks);
      BOOST_TEST(found.first_order.margin > 0.09);
      check_point(*example.objective, found, seed, tally);
    }
  }
  BOOST_TEST(tally.first_order > 10);
  BOOST_TEST(tally.eigenvalue > 5);
  tally.print("made stationary");
}

// A neuron without incoming weights lies on its kinks at all samples: dependent normals.
BOOST_AUTO_TEST_CASE(points_with_a_neuron_at_zero) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const KinkedExample example = stationary_example(
        {.seed = seed, .inputs = 2, .width = 2, .samples = 12, .slope = Real(0.1), .zero_rows = 1});
    const KinkedPoint found = analyse_kinked_point(*example.objective, example.w);
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST((found.verdict != KinkedVerdict::unresolved));
      BOOST_TEST(found.first_order.kinks.size() == 12U);
      BOOST_TEST(found.first_order.codimension == 2);
      BOOST_TEST((found.first_order.one_sided.method == OneSidedResult::Method::rays));
      check_point(*example.objective, found, seed, tally);
    }
  }
  tally.print("a neuron at zero");
}

// L = sum (v sigma(u . x_i) + r_i)^2 / 2 with r > 0 and sum s_i r_i x_i = 0: a minimum at u = 0, v > 0; too
// many rays to see all. With one sample's residual turned round it is none.
BOOST_DATA_TEST_CASE(one_neuron_at_zero_in_many_dimensions, boost::unit_test::data::make({1, 2, 3}), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  const Index d = 6, n = 30;
  Matrix x = random.normal_matrix(d, n);
  Vector r = Vector::NullaryExpr(n, [&] { return Real(0.5) + random.uniform(); });
  x.col(n - 1) = -x.leftCols(n - 1) * r.head(n - 1) / r[n - 1];
  for (const bool turned : {false, true}) {
    // All slopes 0.55 but that of the turned one; its part goes to the last input.
    if (turned) {
      r[0] = -r[0];
      x.col(n - 1) = -x.leftCols(n - 1) * r.head(n - 1) / r[n - 1];
    }
    Objective objective(feed_forward({d, 1, 1}, Activation(Real(0.1), 1)),
                        Dataset{x, -r.transpose(), "many dimensions"}, Loss());
    Vector w = Vector::Zero(d + 1);
    w[d] = 1;
    const KinkedPoint found = analyse_kinked_point(objective, w);
    BOOST_TEST(found.first_order.clarke_residual < 1e-10);
    BOOST_TEST((found.first_order.one_sided.method == OneSidedResult::Method::corners));
    BOOST_TEST(found.first_order.one_sided.sign_is_exact);
    Random noise(static_cast<std::uint64_t>(seed), RandomStream::noise);
    Real lowest = 0;
    for (int k = 0; k < 2000; ++k)
      lowest =
          std::min(lowest, objective.value(w + Real(1e-4) * noise.unit_vector(d + 1)) - objective.value(w));
    if (found.verdict == KinkedVerdict::minimum) BOOST_TEST(lowest >= -1e-13);
    if (!turned) BOOST_TEST((found.verdict == KinkedVerdict::minimum));
    if (found.verdict == KinkedVerdict::saddle)
      BOOST_TEST(objective.value(w + Real(1e-3) * found.descent) <
                 objective.value(w) + Real(5e-4) * found.descent_rate);
    fmt::print("seed {}, {} concave kinks of {}: {}, least one-sided derivative {:+.3f}\n", seed,
               turned ? 1 : 0, n, name_of(found.verdict), number(found.first_order.one_sided.least));
  }
}

BOOST_AUTO_TEST_CASE(ends_of_flows) {
  struct Shape {
    std::vector<Index> sizes;
    Index samples;
    Real slope;
    int runs, least_on_kinks, unresolved;
  };
  for (const Shape& shape :
       {Shape{{3, 4, 1}, 12, Real(0.1), 25, 15, 0}, Shape{{3, 4, 1}, 12, -1, 12, 6, 0},
        Shape{{2, 3, 2, 1}, 16, Real(0.1), 25, 3, 0}, Shape{{3, 4, 1}, 40, 0, 15, 8, 0}}) {
    Tally tally;
    int rest = 0;
    for (int run = 0; run < shape.runs; ++run) {
      const auto seed = 100 + static_cast<std::uint64_t>(run);
      const KinkedExample example = end_of_flow(seed, shape.sizes, shape.samples, shape.slope);
      if (example.w.size() == 0) continue;
      ++rest;
      const KinkedPoint found = analyse_kinked_point(*example.objective, example.w);
      BOOST_TEST_CONTEXT("seed " << seed << ", verdict " << name_of(found.verdict)) {
        check_point(*example.objective, found, seed, tally);
        check_kind(*example.objective, found);
        // The kinks of a neuron that slides turn concave as its outgoing weight changes sign, and it slides
        // on.
        BOOST_TEST((!found.first_order.falls() || found.first_order.back.minCoeff() < 0));
      }
    }
    BOOST_TEST(tally.unresolved <= shape.unresolved);
    BOOST_TEST(tally.on_kinks >= shape.least_on_kinks);
    tally.print(fmt::format("{} layers, slope {}, {} of {} flows at rest, from seed 100",
                            shape.sizes.size() - 1, number(shape.slope), rest, shape.runs));
  }
}

BOOST_AUTO_TEST_SUITE_END()

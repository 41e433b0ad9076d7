// One neuron alone in its layer: the kinks of all later layers lie on its own. What slides there, and with
// which slopes, against gradients on the two sides and against Euler's method with tiny steps.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(leading_kinks_test)

namespace {

struct Case {
  std::vector<Index> sizes;
  Real slope;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << fmt::format("{}, slope {}", fmt::join(c.sizes, "-"), static_cast<double>(c.slope));
}

const std::vector<Case> kCases{{{5, 1, 1, 1}, Real(0.2)},    {{5, 1, 1, 1}, 0},
                               {{5, 1, 1, 1}, Real(-0.5)},   {{5, 1, 3, 2}, Real(0.2)},
                               {{5, 1, 3, 2}, Real(-0.5)},   {{4, 1, 2, 3, 1}, Real(0.3)},
                               {{4, 1, 1, 1, 1}, Real(0.1)}, {{4, 1, 3, 2}, 0}};

constexpr Index kHeld = 3;

/// Random weights on the kinks of the first kHeld samples, all of the first layer's one neuron.
struct Setting {
  Setting(const Case& c, std::uint64_t seed)
      : problem(make(c, seed)), objective(problem.network(), data(problem), Loss()), w(objective.size()) {
    Random random(seed, RandomStream::test);
    for (Real& entry : w) entry = random.normal();
    const Matrix& x = objective.data().inputs;
    dual = minimum_norm_least_squares(x.leftCols(kHeld).transpose(), Matrix::Identity(kHeld, kHeld));
    const Vector z = x.leftCols(kHeld).transpose() * w.head(x.rows());
    w.head(x.rows()) -= dual * z;
  }

  static test::KinkProblem make(const Case& c, std::uint64_t seed) {
    test::KinkProblem problem;
    problem.seed = seed;
    problem.sizes = c.sizes;
    problem.samples = 12;
    problem.slope = c.slope;
    problem.targets = test::Targets::random;
    return problem;
  }

  static Dataset data(const test::KinkProblem& problem) {
    Dataset data = problem.data();
    Random random(problem.seed + 100, RandomStream::test);
    data.targets.resize(problem.sizes.back(), problem.samples);
    for (Real& y : data.targets.reshaped()) y = random.normal();
    return data;
  }

  /// The gradient where the held pre-activations are +-1e-9.
  Vector beside(const std::vector<int>& sides) {
    Vector at = w;
    for (Index k = 0; k < kHeld; ++k)
      at.head(dual.rows()) +=
          Real(1e-9) * static_cast<Real>(sides[static_cast<std::size_t>(k)]) * dual.col(k);
    objective.clear_mode();
    Vector g;
    objective.gradient(at, g);
    return g;
  }

  test::KinkProblem problem;
  Objective objective;
  Vector w;
  Matrix dual;  ///< moves one pre-activation, the others stay
};

}  // namespace

/// The gradient of the mode is the combination of those beside it that its slopes name, and keeps z = 0.
BOOST_DATA_TEST_CASE(slopes_are_parts_of_the_two_sides, kCases* bdata::xrange(1, 6), c, seed) {
  Setting s(c, static_cast<std::uint64_t>(seed));
  const Vector below = s.beside({-1, -1, -1});
  Matrix jumps(below.size(), kHeld);
  for (Index k = 0; k < kHeld; ++k) {
    std::vector<int> sides{-1, -1, -1};
    sides[static_cast<std::size_t>(k)] = 1;
    jumps.col(k) = s.beside(sides) - below;
  }
  GradientFlow flow(s.objective);
  PiecewiseFlow piecewise(flow);
  const Vector x = GradientFlow::initial_state(s.w);
  Vector z;
  piecewise.values(x, z);
  Mode mode;
  for (const Real value : z) mode.sides.push_back(value > 0 ? Side::above : Side::below);
  std::vector<Index> held;
  for (Index k = 0; k < kHeld; ++k) {
    held.push_back(piecewise.index()({0, 0, k}));
    mode.set(held.back(), Side::sliding);
  }
  piecewise.set_mode(mode);
  Vector tangent, slopes;
  s.objective.gradient(s.w, tangent);
  piecewise.slopes(x, slopes);
  const Vector shares = (slopes.array() - c.slope) / (1 - c.slope);
  if (jumps.norm() <= Real(1e-7) * below.norm()) {
    // Both sides feed back the same: no slope holds the neuron there, unless it is nothing that they do.
    BOOST_TEST((below.isZero(0) ? tangent.isZero(0) : !shares.allFinite()));
    return;
  }
  const Vector combined = below + jumps * shares;
  // Differences carry 1e-9 of the gradient each.
  const Real error = (combined - tangent).norm() / (below.norm() * (1 + shares.lpNorm<1>()));
  BOOST_TEST_MESSAGE(fmt::format("{}-layer net, seed {}: shares {:.3f} {:.3f} {:.3f}, off by {:.1e}",
                                 c.sizes.size() - 1, seed, static_cast<double>(shares[0]),
                                 static_cast<double>(shares[1]), static_cast<double>(shares[2]),
                                 static_cast<double>(error)));
  BOOST_TEST(error < 3e-8);
  const Vector rates = s.objective.data().inputs.leftCols(kHeld).transpose() * tangent.head(s.dual.rows());
  BOOST_TEST(rates.norm() < 1e-12 * below.norm());
}

namespace {

/// Euler's method, blind to kinks.
Vector creep(Objective& objective, Vector w, Real t_end, Real h) {
  objective.clear_mode();
  Vector g;
  const auto steps = static_cast<std::int64_t>(std::llround(static_cast<double>(t_end / h)));
  for (std::int64_t k = 0; k < steps; ++k) {
    objective.gradient(w, g);
    w -= h * g;
  }
  return w;
}

}  // namespace

BOOST_DATA_TEST_CASE(path_of_a_chain, bdata::xrange(1, 7), seed) {
  test::KinkProblem problem = Setting::make({{5, 1, 1, 1}, Real(0.2)}, static_cast<std::uint64_t>(seed));
  problem.samples = 20;
  problem.norm = 1;
  problem.t_end = 40;
  Objective objective(problem.network(), problem.data(), Loss(square_loss(), problem.reduction));
  test::KinkOptions options;
  options.times = {problem.t_end};
  const test::KinkRun run = test::run_kinks(objective, problem.start(), problem.t_end, options);
  BOOST_REQUIRE_MESSAGE(run.stop_reason == "reached_end", run.stop_reason << " " << run.message);
  const Vector& w = run.path.back();
  Real errors[2];
  for (int k = 0; k < 2; ++k)
    errors[k] =
        (creep(objective, problem.start(), problem.t_end, k == 0 ? Real(1e-3) : Real(1e-4)) - w).norm() /
        w.norm();
  BOOST_TEST_MESSAGE(fmt::format(
      "seed {}: {} slides, at most {} at once, {} released; Euler 1e-3 {:.1e}, 1e-4 {:.1e} away", seed,
      run.entries, run.most, run.releases, static_cast<double>(errors[0]), static_cast<double>(errors[1])));
  BOOST_TEST(errors[0] < 1e-2);
  BOOST_TEST(errors[1] < 0.15 * errors[0] + 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()

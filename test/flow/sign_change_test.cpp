// Weights that must pass through zero: of degree 1 they do so in finite time, in a direction that has no
// turn.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/chart_run.hpp"
#include "saddleflow/base/random.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(sign_change_test)

namespace bdata = boost::unit_test::data;

namespace {

// w' = x (y - x^T w) of one sample and output: the part of w along x goes to y / |x|, the rest stays.
Vector exact(const Vector& w0, const Vector& x, Real y, Real t) {
  const Real square = x.squaredNorm();
  return w0 + x * ((y - x.dot(w0)) / square) * -std::expm1(-square * t);
}

Vector end_of(const FlowProblem& problem, const std::string& chart, const std::string& stepper, Real t_end) {
  ChartOptions options;
  options.chart = chart_named(chart);
  options.stepper = stepper;
  options.rtol = Real(1e-10);
  IntegrationOptions until;
  until.t_end = t_end;
  ChartRun run(problem, options, until);
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_TEST(outcome.stop_reason == "reached_end");
  return run.parts.probe.weights(outcome.state);
}

}  // namespace

// Weights opposite to what they tend to, in one and two inputs, and beside it.
BOOST_DATA_TEST_CASE(linear_weights_against_the_closed_form,
                     bdata::make(std::vector<std::string>{"cartesian", "auto", "polar"}) *
                         bdata::make(std::vector<std::string>{"auto", "dopri5", "rodas5p"}),
                     chart, stepper) {
  Real worst = 0;
  int runs = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Random random(seed);
    for (const Index inputs : {1, 2})
      for (const bool sum : {false, true}) {
        const Vector x = random.unit_vector(inputs) * (Real(0.5) + random.uniform());
        const Real y = random.normal();
        const Real size = std::pow(Real(10), -1 - 8 * random.uniform());
        Vector w0 = -size * (y > 0 ? 1 : -1) * x;
        if (seed % 3 == 0) w0 += Real(0.1) * size * random.unit_vector(inputs);
        Dataset data{x, Matrix::Constant(1, 1, y), "one sample"};
        const Activation identity(1, 1);
        const auto network = sum ? power_sum(inputs, 1, identity) : feed_forward({inputs, 1}, identity);
        const Real t_end = 5;
        const Vector right = exact(w0, x, y, t_end);
        const Vector found = end_of({network, data, Loss(), w0}, chart, stepper, t_end);
        worst = std::max(worst, (found - right).norm() / right.norm());
        ++runs;
      }
  }
  fmt::print("{:<9} {:<8} {} runs (seeds 1 to 12): ends off by {:.1e} at most\n", chart, stepper, runs,
             static_cast<double>(worst));
  BOOST_TEST(worst < Real(1e-8));
}

// One weight of two changes its sign, near the origin: w1' = s w2, w2' = s w1, s = x y while w is small.
BOOST_DATA_TEST_CASE(one_weight_of_a_product, bdata::make(std::vector<std::string>{"product", "diagonal"}),
                     kind) {
  Real worst = 0;
  for (const Real ratio : {Real(-0.5), Real(-0.9), Real(-0.999), Real(-1.001), Real(-2)}) {
    const auto network = kind == "product" ? feed_forward({1, 1, 1}, Activation(1, 1)) : diagonal_linear(1);
    const Real s = Real(1.5), size = Real(1e-12), t = 6;
    const Vector w0{{size, ratio * size}};
    Dataset data{Matrix::Constant(1, 1, s), Matrix::Ones(1, 1), "one sample"};
    const Vector right{{size * (std::cosh(s * t) + ratio * std::sinh(s * t)),
                        size * (std::sinh(s * t) + ratio * std::cosh(s * t))}};
    for (const std::string chart : {"auto", "polar", "cartesian"}) {
      const Vector found = end_of({network, data, Loss(), w0}, chart, "auto", t);
      worst = std::max(worst, (found - right).norm() / right.norm());
    }
  }
  fmt::print("{}: off by {:.1e} at most\n", kind, static_cast<double>(worst));
  BOOST_TEST(worst < Real(1e-6));  // -0.999 keeps a thousandth of its start, the rest is error that grows
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

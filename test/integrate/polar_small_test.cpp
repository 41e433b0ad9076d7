// However small the start: the same direction at the escape, its time by the law of the degree, the same
// work.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "integrate/chart_run.hpp"
#include "reference/deep_scalar.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::test {

namespace bdata = boost::unit_test::data;

namespace {

double d(Real x) { return static_cast<double>(x); }

struct SmallCase {
  const char* name;
  int degree;
  FlowProblem (*problem)();  ///< w0 of norm 1
};
std::ostream& operator<<(std::ostream& out, const SmallCase& c) { return out << c.name; }

FlowProblem with_start(std::shared_ptr<const Network> network, const GeneratorOptions& options,
                       std::uint64_t seed) {
  Random random(seed);
  Vector w0 = random.unit_vector(network->parameter_count());
  return {std::move(network), generate_dataset(options), Loss(), std::move(w0)};
}

GeneratorOptions teacher(Index dimension, Index samples, Index neurons, Activation activation) {
  GeneratorOptions options;
  options.inputs = InputKind::sphere;
  options.targets = TargetKind::teacher;
  options.dimension = dimension;
  options.samples = samples;
  options.seed = 1;
  options.teacher.layers = {dimension, neurons, 1};
  options.teacher.activation = activation;
  return options;
}

/// Labels |x|^2-like along two axes: neurons of a sum of squares.
FlowProblem squares() {
  GeneratorOptions options;
  options.inputs = InputKind::circle;
  options.targets = TargetKind::sparse_polynomial;
  options.dimension = 2;
  options.samples = 12;
  options.sparse_polynomial = {{2, {1, 1}}, {1, {2, 2}}};
  return with_start(power_sum(2, 4, Activation(-1, 2)), options, 2);
}
FlowProblem two_layer_linear() {
  GeneratorOptions options;
  options.inputs = InputKind::whitened;
  options.targets = TargetKind::linear;
  options.dimension = 3;
  options.samples = 6;
  options.outputs = 2;
  options.linear = Matrix{{Real(3), Real(0), Real(0)}, {Real(0), Real(1), Real(0)}};
  return with_start(feed_forward({3, 4, 2}, Activation(1, 1)), options, 3);
}
FlowProblem main_job() {
  return with_start(feed_forward({10, 20, 1}, Activation(0, 2)), teacher(10, 100, 3, Activation(0, 2)), 1);
}
FlowProblem square_outer() {
  return with_start(feed_forward({4, 6, 1}, Activation(-1, 2)), teacher(4, 30, 2, Activation(-1, 2)), 5);
}

const SmallCase kSmallCases[] = {{"power sum of squares", 2, squares},
                                 {"two-layer linear", 2, two_layer_linear},
                                 {"squared ReLU 10-20-1", 3, main_job},
                                 {"squares 4-6-1", 3, square_outer}};

struct Escape {
  Vector direction;
  Real log_time = 0, time = 0, rate = 0;  ///< rate: d ln|w|/dt over |w|^{D-2} in the middle of the way
  std::int64_t gradients = 0, steps = 0, hessians = 0;
};

Escape escape_from(FlowProblem problem, Real delta) {
  problem.w0 *= delta;
  ChartOptions options;
  options.events.escape = {EscapeBy::loss};
  options.events.escape_terminal = true;
  IntegrationOptions end;
  end.t_end = std::numeric_limits<Real>::max();
  end.max_steps = 20000;
  ChartRun run(problem, options, end);
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_TEST(outcome.stop_reason == "event:escape_loss");
  Escape result;
  const Vector w = run.probe.weights(outcome.state);
  result.direction = w / w.norm();
  result.time = outcome.time;
  result.log_time = outcome.log_time;
  result.gradients = run.gradients();
  result.hessians = run.work().hessians;
  result.steps = run.integration.steps();
  // The last state at |w| < 1e-2: there u is where it will be at the limit, D N = <u, grad N(u)>.
  for (std::size_t i = log.states.size(); i-- > 0;)
    if (log.polar[i]) {
      Vector f;
      run.polar_flow(log.states[i], f, 0);
      Vector g;
      const Vector u = run.polar_flow.look(log.states[i]);
      run.correlation.set_output_scale(0);
      result.rate = static_cast<Real>(run.objective.network().degree()) * run.correlation.gradient(u, g);
      break;
    }
  return result;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_start_of_1e_150_is_like_one_of_1e_3, bdata::make(kSmallCases), c) {
  const Escape large = escape_from(c.problem(), Real(1e-3)), small = escape_from(c.problem(), Real(1e-150));
  const Real angle = (large.direction - small.direction).norm();
  fmt::print(
      "{:<24} 1e-3: t = {:.6g}, {} gradients, {} Hessians, {} steps; 1e-150: t = {:.6g}, {} gradients, {} "
      "Hessians, {} steps; "
      "directions differ by {:.1e}\n",
      c.name, d(large.time), large.gradients, large.hessians, large.steps, d(small.time), small.gradients,
      small.hessians, small.steps, d(angle));
  BOOST_TEST(angle < Real(0.1));
  BOOST_TEST(small.gradients <= 2 * large.gradients);
  const Real decades = std::log(Real(10)) * 147;
  if (c.degree == 2) {
    // Along u*: |w| grows as e^{2 N* t}.
    const Real ratio = (small.time - large.time) * small.rate / decades;
    fmt::print("{:<24} (T(1e-150) - T(1e-3)) 2 N* / ln 1e147 = {:.8f}\n", "", d(ratio));
    BOOST_TEST(std::abs(ratio - 1) < Real(0.01));
  } else {
    const Real ratio = std::exp(small.log_time - large.log_time - decades);
    fmt::print("{:<24} T(1e-150) 1e-150 / (T(1e-3) 1e-3) = {:.8f}\n", "", d(ratio));
    BOOST_TEST(std::abs(ratio - 1) < Real(0.01));
  }
}

// V2: the time to a given size is known for every start, and errs by the tolerance alone.
BOOST_DATA_TEST_CASE(escape_time_error_does_not_depend_on_the_start, bdata::make({1, 3, 10, 50, 100, 150}),
                     digits) {
  const Real a0 = std::pow(Real(10), Real(-digits)), level = Real(0.8);
  FlowProblem problem{feed_forward({1, 1, 1, 1}, Activation(1, 1)),
                      {Matrix::Ones(1, 1), Matrix::Ones(1, 1), "one sample"},
                      Loss(),
                      Vector::Constant(3, a0)};
  ChartOptions options;
  options.events.levels = {
      {"weight_norm", level * std::sqrt(Real(3)), Direction::rising, true, 0},
      {"weight_norm", std::sqrt(Real(3)) / 2, Direction::rising, false, 0},
  };
  IntegrationOptions end;
  end.t_end = std::numeric_limits<Real>::max();
  end.max_steps = 20000;
  ChartRun run(problem, options, end);
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_REQUIRE(log.events.size() == 2u);
  const reference::DeepScalar exact(3, 1, a0);
  const Real error = std::abs(outcome.time / exact.time(level) - 1);
  // Whatever the whole time resolves, the phase time does the jump.
  const reference::DeepScalar jump(3, 1, Real(0.5));
  const Real between = log.events[1].phase - log.events[0].phase;
  const Real jump_error = std::abs(between / jump.time(level) - 1);
  fmt::print("a0 = 1e-{}: t = {:.12g}, off by {:.1e}; from 0.5 to {} off by {:.1e}; {} steps\n", digits,
             d(outcome.time), d(error), d(level), d(jump_error), run.integration.steps());
  BOOST_TEST(error < 10 * options.rtol);
  BOOST_TEST(jump_error < 10 * options.rtol);
}

}  // namespace saddleflow::test

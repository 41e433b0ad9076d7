// Kinks of a higher derivative: what a step over one errs, and the paths of networks of power 2 and more with
// the default settings against those whose kinks are all located.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "flow/chart_run.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;
using Kinks = FlowAssemblyOptions::Kinks;

namespace {

/// x' = 1, y' = p max(x - kink, 0)^{p - 1}: from 0, y(1) = (1 - kink)^p.
struct Ramp {
  Real kink;
  int power;

  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const {
    dxdt.resize(2);
    dxdt << 1, static_cast<Real>(power) * std::pow(std::max(x[0] - kink, Real(0)), power - 1);
  }
  void jacobian(const Vector& /*x*/, Matrix& out, Real /*t*/) const { out.setZero(2, 2); }
};

/// Of one step of length 1.
Real error_over(const std::string& method, const Ramp& ramp) {
  StepperOptions options;
  options.error.rtol = 1;
  options.error.atol = 1000;
  const auto stepper = make_stepper(method, options);
  stepper->initialize(Vector::Zero(2), 0, 1);
  stepper->do_step(ramp);
  BOOST_TEST_REQUIRE(stepper->current_time() == 1);
  return std::abs(stepper->current_state()[1] - std::pow(1 - ramp.kink, ramp.power));
}

constexpr int kComparedTimes = 40;

struct KinkedProblem {
  test::FlowProblem flow;
  Real t_end;
  std::string description;
};

/// Small networks in which one kink more or less matters.
KinkedProblem random_kinked(std::uint64_t seed, int hidden_layers) {
  Random random(seed);
  const auto pick = [&random](std::initializer_list<Real> of) {
    return of.begin()[static_cast<std::size_t>(random.uniform() * static_cast<Real>(of.size()))];
  };
  std::vector<Index> sizes{static_cast<Index>(pick({2, 3, 4}))};
  for (int l = 0; l < hidden_layers; ++l) sizes.push_back(static_cast<Index>(pick({2, 3, 4, 5})));
  sizes.push_back(static_cast<Index>(pick({1, 1, 2})));
  const Real slope = pick({0, Real(0.1), Real(-0.5)});
  const int power = hidden_layers == 1 ? static_cast<int>(pick({2, 2, 3})) : 2;
  const Index samples = static_cast<Index>(pick({3, 5, 8}));
  Real norm = pick({Real(1e-2), Real(0.3), 1});
  KinkedProblem problem;
  problem.flow.network = feed_forward(sizes, Activation(slope, power));
  problem.flow.data.inputs = random.normal_matrix(sizes.front(), samples);
  problem.flow.data.targets = random.normal_matrix(sizes.back(), samples);
  problem.flow.loss = Loss(square_loss(), Reduction::mean);
  // Deep networks of a small norm stand still.
  if (hidden_layers > 1)
    norm = Real(0.6) * std::sqrt(static_cast<Real>(problem.flow.network->parameter_count()));
  problem.flow.w0 = norm * random.unit_vector(problem.flow.network->parameter_count());
  // So that something happens: the time in which the flow near the origin would leave it, and some more.
  problem.t_end = 20;
  if (hidden_layers == 1)
    problem.t_end = std::min(20 / std::pow(norm, static_cast<Real>(power - 1)), Real(2000));
  problem.description = fmt::format("seed {:2} sizes {} slope {} power {} samples {} |w0| {:.3g} T {:.0f}",
                                    seed, fmt::join(sizes, "-"), static_cast<double>(slope), power, samples,
                                    static_cast<double>(norm), static_cast<double>(problem.t_end));
  return problem;
}

/// Sums of max(s, alpha s)^p without outer weights.
KinkedProblem random_kinked_sum(std::uint64_t seed) {
  Random random(seed);
  const auto pick = [&random](std::initializer_list<Real> of) {
    return of.begin()[static_cast<std::size_t>(random.uniform() * static_cast<Real>(of.size()))];
  };
  const auto inputs = static_cast<Index>(pick({2, 3, 4})), width = static_cast<Index>(pick({1, 2, 4}));
  const Real slope = pick({0, Real(0.1), Real(-0.5)}), norm = pick({Real(1e-2), Real(0.3), 1});
  const int power = static_cast<int>(pick({2, 3}));
  const auto samples = static_cast<Index>(pick({3, 5, 8}));
  KinkedProblem problem;
  problem.flow.network = power_sum(inputs, width, Activation(slope, power));
  problem.flow.data.inputs = random.normal_matrix(inputs, samples);
  problem.flow.data.targets = random.normal_matrix(1, samples);
  problem.flow.loss = Loss(square_loss(), Reduction::mean);
  problem.flow.w0 = norm * random.unit_vector(problem.flow.network->parameter_count());
  problem.t_end = 20 / std::pow(norm, static_cast<Real>(power - 2));
  problem.description =
      fmt::format("seed {:2} sum of {} neurons, {} inputs, slope {} power {} samples {} |w0| {:.3g} T {:.0f}",
                  seed, width, inputs, static_cast<double>(slope), power, samples, static_cast<double>(norm),
                  static_cast<double>(problem.t_end));
  return problem;
}

class PathObserver final : public Observer {
 public:
  PathObserver(test::ChartRun& run, Real t_end) : run_(run), t_end_(t_end) {}
  void on_step(const StepView& step) override {
    for (; next() <= step.t1 && path.size() < kComparedTimes; path.push_back(run_.parts.probe.weights(x_)))
      step.dense(next(), x_);
  }
  std::vector<Vector> path;

 private:
  Real next() const { return t_end_ * static_cast<Real>(path.size() + 1) / kComparedTimes; }
  test::ChartRun& run_;
  Real t_end_;
  Vector x_;
};

std::vector<Vector> path_of(const KinkedProblem& problem, Real rtol, Kinks kinks, test::Chart chart) {
  test::ChartOptions options;
  options.rtol = rtol;
  options.kinks = kinks;
  options.chart = chart;
  IntegrationOptions integration;
  integration.t_end = problem.t_end;
  integration.max_steps = 200000;
  test::ChartRun run(problem.flow, options, integration);
  PathObserver observer(run, problem.t_end);
  const Outcome outcome = run.integration.run(observer);
  BOOST_TEST_REQUIRE(outcome.stop_reason == "reached_end",
                     problem.description << ": " << outcome.stop_reason << " at " << outcome.time
                                         << " with rtol " << rtol << " " << outcome.message);
  return observer.path;
}

Real distance(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  Real worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, (a[k] - b[k]).norm() / b[k].norm());
  return worst;
}

/// The path at several tolerances against that of located kinks at 1e-14. What this differs by from itself at
/// 1e-13 is known of no path: it is allowed besides.
void compare(const KinkedProblem& problem) {
  const auto right = path_of(problem, Real(1e-14), Kinks::locate, test::Chart::cartesian);
  const Real known = distance(path_of(problem, Real(1e-13), Kinks::locate, test::Chart::cartesian), right);
  std::string line;
  for (int digits = 6; digits <= 12; digits += 2) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const Real error = distance(path_of(problem, rtol, Kinks::follow, test::Chart::automatic), right);
    const Real ignored = distance(path_of(problem, rtol, Kinks::ignore, test::Chart::automatic), right);
    line += fmt::format(" {:7.2f} ({:8.1f})", static_cast<double>(error / rtol),
                        static_cast<double>(ignored / rtol));
    BOOST_TEST(error <= 100 * rtol + 10 * known, problem.description << " at rtol 1e-" << digits);
  }
  fmt::print("{}: path error over rtol at 1e-6, 1e-8, 1e-10, 1e-12 (kinks ignored):{}; reference {:.0e}\n",
             problem.description, line, static_cast<double>(known));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(squared_kinks_test)

// The bound of KinkCheck: theta h D, D = p (1 - theta)^{p - 1} here.
BOOST_DATA_TEST_CASE(error_of_a_step_over_a_kink,
                     bdata::make(std::vector<std::string>{"dopri5", "dop853", "rodas5p"}) *
                         bdata::xrange(2, 5),
                     method, power) {
  Real worst = 0, at = 0;
  for (int k = 1; k < 1000; ++k) {
    const Real theta = static_cast<Real>(k) / 1000;
    const Real bound = theta * static_cast<Real>(power) * std::pow(1 - theta, power - 1);
    const Real ratio = error_over(method, {theta, power}) / bound;
    if (ratio > worst) at = theta;
    worst = std::max(worst, ratio);
  }
  fmt::print("{:<8} power {}: a step over a kink errs at most {:.3f} theta h D, at theta = {:.3f}\n", method,
             power, static_cast<double>(worst), static_cast<double>(at));
  BOOST_TEST(worst <= Real(1.01));
}

// One hidden layer: all kinks located by the stepper that keeps modes, which shares nothing with the check.
BOOST_DATA_TEST_CASE(one_hidden_layer, bdata::xrange(1, 21), seed) {
  compare(random_kinked(static_cast<std::uint64_t>(seed), 1));
}

BOOST_DATA_TEST_CASE(several_hidden_layers, bdata::xrange(1, 9), seed) {
  compare(random_kinked(static_cast<std::uint64_t>(seed), 2 + seed % 2));
}

BOOST_DATA_TEST_CASE(sums_of_powers, bdata::xrange(1, 9), seed) {
  compare(random_kinked_sum(static_cast<std::uint64_t>(seed)));
}

BOOST_AUTO_TEST_SUITE_END()

// radau7 on flows of networks against dopri5: kinks of power 2, slides of a Leaky ReLU network, a tiny start.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/chart_run.hpp"
#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(radau7_paths_test)

namespace bdata = boost::unit_test::data;

namespace {

/// Two squared neurons seen by five.
FlowProblem squared_problem(Real slope, Real norm) {
  GeneratorOptions options;
  options.inputs = InputKind::sphere;
  options.targets = TargetKind::teacher;
  options.dimension = 4;
  options.samples = 20;
  options.seed = 3;
  options.teacher.layers = {4, 2, 1};
  options.teacher.activation = Activation(slope, 2);
  const auto network = feed_forward({4, 5, 1}, Activation(slope, 2));
  Random random(4);
  return {network, generate_dataset(options), Loss(), norm * random.unit_vector(network->parameter_count())};
}

struct Path {
  std::int64_t steps = 0;
  Real escape = 0;
  std::vector<Real> times;
  std::vector<Vector> weights;
};

/// At the given times, ascending.
class Sampler final : public Observer {
 public:
  Sampler(ChartRun& run, Path& path, const std::vector<Real>& times)
      : run_(run), path_(path), times_(times) {}
  void on_step(const StepView& step) override {
    ++path_.steps;
    for (; path_.weights.size() < times_.size() && times_[path_.weights.size()] <= step.t1;
         path_.weights.push_back(run_.parts.probe.weights(x_)))
      step.dense(times_[path_.weights.size()], x_);
  }
  void on_event(const EventHit& hit, const Vector&, const StateAt&) override {
    if (run_.parts.events.kinds[hit.event] == "escape_loss") path_.escape = hit.time;
  }

 private:
  ChartRun& run_;
  Path& path_;
  const std::vector<Real>& times_;
  Vector x_;
};

Path path_by(const FlowProblem& problem, const std::string& stepper, Chart chart, Real rtol,
             const std::vector<Real>& times) {
  ChartOptions options;
  options.stepper = stepper;
  options.chart = chart;
  options.rtol = rtol;
  options.events.escape = {EscapeBy::loss};
  IntegrationOptions until;
  until.t_end = times.back();
  until.max_steps = 200000;
  ChartRun run(problem, options, until);
  Path path;
  Sampler sampler(run, path, times);
  const Outcome outcome = run.integration.run(sampler);
  BOOST_TEST_REQUIRE(outcome.stop_reason == "reached_end",
                     stepper << ": " << outcome.stop_reason << " " << outcome.message);
  BOOST_TEST_REQUIRE(path.weights.size() == times.size());
  return path;
}

Real largest_distance(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  Real worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, (a[k] - b[k]).norm() / b[k].norm());
  return worst;
}

std::vector<Real> equidistant(Real end, int count) {
  std::vector<Real> times;
  for (int k = 1; k <= count; ++k) times.push_back(end * static_cast<Real>(k) / static_cast<Real>(count));
  return times;
}

double shown(Real x) { return static_cast<double>(x); }

}  // namespace

// Slope 0: a dead side; 0.1: a kink of the second derivative on both sides.
BOOST_DATA_TEST_CASE(kinks_of_power_two, bdata::make({Real(0), Real(0.1)}), slope) {
  const FlowProblem problem = squared_problem(slope, Real(0.1));
  const auto times = equidistant(400, 40);
  const Path right = path_by(problem, "dopri5", Chart::cartesian, Real(1e-12), times);
  const Path known = path_by(problem, "dopri5", Chart::cartesian, Real(1e-11), times);
  for (const Real rtol : {Real(1e-5), Real(1e-7), Real(1e-9)}) {
    const Path path = path_by(problem, "radau7", Chart::cartesian, rtol, times);
    const Path peer = path_by(problem, "dopri5", Chart::cartesian, rtol, times);
    const Real error = largest_distance(path.weights, right.weights);
    fmt::print(
        "power 2, slope {}, rtol {:.0e}: radau7 errs {:.2f} rtol in {} steps, dopri5 {:.2f} rtol in {}\n",
        shown(slope), shown(rtol), shown(error / rtol), path.steps,
        shown(largest_distance(peer.weights, right.weights) / rtol), peer.steps);
    BOOST_TEST(error <= 100 * rtol + 10 * largest_distance(known.weights, right.weights));
  }
}

// Slides that begin and end.
BOOST_DATA_TEST_CASE(leaky_relu_slides_as_with_dopri5, bdata::make({1, 2, 3}), seed) {
  KinkProblem problem;
  problem.seed = static_cast<std::uint64_t>(seed);
  problem.sizes = {4, 6, 1};
  problem.samples = 20;
  problem.norm = Real(0.1);
  KinkOptions options;
  options.rtol = Real(1e-11);
  options.times = equidistant(problem.t_end, 40);
  const KinkRun right = run_kinks(problem, options);
  options.rtol = Real(1e-8);
  const KinkRun peer = run_kinks(problem, options);
  options.stepper = "radau7";
  const KinkRun run = run_kinks(problem, options);
  BOOST_TEST_REQUIRE(run.stop_reason == "reached_end", run.message);
  const Real error = largest_distance(run.path, right.path);
  fmt::print("Leaky ReLU, seed {}: {} changes, {} slides; radau7 errs {:.2f} rtol, dopri5 {:.2f} rtol\n",
             seed, run.changes.size(), run.entries, shown(error / options.rtol),
             shown(largest_distance(peer.path, right.path) / options.rtol));
  BOOST_TEST(run.changes.size() == right.changes.size());
  BOOST_TEST(run.entries == right.entries);
  BOOST_TEST(run.releases == right.releases);
  BOOST_TEST(error <= 100 * options.rtol);
}

// Time is in units of 1 / norm. In the polar chart the steps are those of auto.
BOOST_AUTO_TEST_CASE(tiny_start_in_both_charts) {
  const Real norm = Real(1e-9), rtol = Real(1e-8);
  const FlowProblem problem = squared_problem(0, norm);
  const std::vector<Real> end{30 / norm};
  const Path right = path_by(problem, "rodas5p", Chart::automatic, Real(1e-11), end);
  for (const Chart chart : {Chart::cartesian, Chart::automatic}) {
    const Path path = path_by(problem, "radau7", chart, rtol, end);
    const Real error = largest_distance(path.weights, right.weights);
    const Real late = std::abs(path.escape / right.escape - 1);
    fmt::print(
        "radau7 from 1e-9, {} chart: escape off by {:.2f} rtol, end by {:.2f} rtol, {} steps (rodas5p at "
        "1e-11: {})\n",
        chart == Chart::cartesian ? "cartesian" : "automatic", shown(late / rtol), shown(error / rtol),
        path.steps, right.steps);
    BOOST_TEST(right.escape > 0);
    BOOST_TEST(late <= 100 * rtol);
    BOOST_TEST(error <= 100 * rtol);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

// Integration across charts: ends, events, cooldowns, collapse, checkpoints.
#include "saddleflow/flow/polar_chart.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "flow/chart_run.hpp"
#include "flow/polar_cases.hpp"
#include "reference/deep_scalar.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(polar_chart_test)

namespace bdata = boost::unit_test::data;

namespace {

double d(Real x) { return static_cast<double>(x); }

Dataset one_sample(Index inputs, Real y) {
  return {Matrix::Ones(inputs, 1), Matrix::Constant(1, 1, y), "one sample"};
}

FlowProblem deep_scalar(Real a0) {
  return {feed_forward({1, 1, 1, 1}, Activation(1, 1)), one_sample(1, 1), Loss(), Vector::Constant(3, a0)};
}

/// A teacher of two squared ReLU neurons seen by five, |w0| = norm.
FlowProblem teacher_problem(Real norm) {
  GeneratorOptions options;
  options.inputs = InputKind::sphere;
  options.targets = TargetKind::teacher;
  options.dimension = 4;
  options.samples = 20;
  options.seed = 3;
  options.teacher.layers = {4, 2, 1};
  options.teacher.activation = Activation(0, 2);
  const auto network = feed_forward({4, 5, 1}, Activation(0, 2));
  Random random(4);
  return {network, generate_dataset(options), Loss(), norm * random.unit_vector(network->parameter_count())};
}

IntegrationOptions until(Real t_end) {
  IntegrationOptions options;
  options.t_end = t_end;
  options.max_steps = 20000;
  return options;
}

const std::vector<std::string> kMethods{"dopri5", "dop853", "rodas5p", "rodas5p-cg", "radau7", "auto"};

}  // namespace

BOOST_DATA_TEST_CASE(an_end_within_the_polar_phase_is_hit, bdata::make(kMethods), method) {
  const Real a0 = Real(1e-3), t_end = 640;  // escapes at t = 1000
  const reference::DeepScalar exact(3, 1, a0);
  ChartOptions options;
  options.stepper = method;
  ChartRun run(deep_scalar(a0), options, until(t_end));
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_TEST(outcome.stop_reason == "reached_end");
  BOOST_TEST(outcome.time == t_end);
  BOOST_TEST(log.times.back() == t_end);
  BOOST_TEST(std::abs(outcome.phase_time - t_end) <= 1e-12 * t_end);
  BOOST_TEST(std::abs(outcome.log_time - std::log(t_end)) <= Real(1e-12));
  BOOST_TEST(log.polar.back());
  const Vector w = run.parts.probe.weights(outcome.state);
  const Real error = std::abs(w[0] / exact.factor(t_end) - 1);
  fmt::print("{}: state at the end off by {:.1e} after {} steps\n", method, d(error), log.times.size());
  BOOST_TEST(error < 100 * options.rtol);
}

BOOST_DATA_TEST_CASE(conserved_quantities,
                     bdata::make(polar_cases()) * bdata::make(std::vector<std::string>{"auto", "polar"}), c,
                     chart) {
  PolarProblem p(c, 8, Real(1e-4));
  ChartOptions options;
  options.chart = chart_named(chart);
  options.events.escape = {EscapeBy::loss};
  options.events.escape_terminal = true;
  const Vector w0 = p.x.head(p.objective.size());
  ChartRun run({p.objective.shared_network(), p.objective.data(), p.objective.loss(), w0}, options,
               until(std::numeric_limits<Real>::max()));
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  const Real rtol = options.rtol;
  fmt::print("{:<32} {:<6} {}: {} steps, {} polar; balance {:.1f} rtol, energy {:.1f} rtol\n", c.name, chart,
             outcome.stop_reason.text(), log.times.size(), log.polar_steps, d(log.balance_drift / rtol),
             d(log.energy_drift / rtol));
  BOOST_TEST(outcome.stop_reason == "event:escape_loss");
  BOOST_TEST(log.polar_steps > 10);
  BOOST_TEST(log.balance_drift <= 100 * rtol);
  BOOST_TEST(log.energy_drift <= 100 * rtol);
  BOOST_TEST(log.loss_rise <= rtol);
}

// Every kind of event, at the same times in either chart.
BOOST_AUTO_TEST_CASE(events_do_not_depend_on_the_chart) {
  ChartOptions options;
  options.rtol = Real(1e-10);
  options.events = FlowEventOptions();
  options.events.escape = {EscapeBy::loss, EscapeBy::norm, EscapeBy::direction};
  options.events.escape_norm = Real(0.1);
  options.events.levels = {
      {.quantity = "weight_norm", .value = Real(0.05), .direction = Direction::either},
      {.quantity = "loss", .value = Real(0), .direction = Direction::either},
      {.quantity = "layer_norm[0]", .value = Real(0.03), .direction = Direction::either},
      {.quantity = "neuron_norm[1]", .value = Real(0.01), .direction = Direction::either}};
  const FlowProblem problem = teacher_problem(Real(0.02));
  std::vector<ChartLog::Located> expected;
  for (Chart chart : {Chart::cartesian, Chart::automatic, Chart::polar}) {
    options.chart = chart;
    Objective objective(problem.network, problem.data, problem.loss);
    options.events.levels[1].value = Real(0.9999) * objective.value(problem.w0);
    ChartRun run(problem, options, until(3000));
    ChartLog log(run);
    const Outcome outcome = run.integration.run(log);
    BOOST_TEST(outcome.stop_reason == "reached_end");
    if (chart == Chart::cartesian) {
      expected = log.events;
      for (const auto& e : expected) fmt::print("{:<24} {:.9f}\n", e.kind, d(e.time));
      BOOST_TEST(expected.size() >= 7);
      continue;
    }
    BOOST_REQUIRE(log.events.size() == expected.size());
    BOOST_TEST(log.polar_steps > 10);
    Real worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      BOOST_TEST(log.events[i].kind == expected[i].kind);
      worst = std::max(worst, std::abs(log.events[i].time / expected[i].time - 1));
    }
    fmt::print("{} steps, {} polar: times off by {:.1e}\n", log.times.size(), log.polar_steps, d(worst));
    BOOST_TEST(worst < 1000 * options.rtol);
  }
}

namespace {

/// Starts with its output of the wrong sign: the norm falls, then rises again. Degree 2 or 3.
FlowProblem turning(int degree) {
  Vector w0(degree);
  if (degree == 2)
    w0 << Real(1e-3), Real(-0.98e-3);
  else
    w0 << Real(1e-3), Real(0.9e-3), Real(-0.95e-3);
  return {feed_forward(std::vector<Index>(static_cast<std::size_t>(degree) + 1, 1), Activation(1, 1)),
          one_sample(1, 1), Loss(), w0};
}

}  // namespace

// A level is passed downwards and upwards; a cooldown a little shorter than the time between lets both pass.
BOOST_DATA_TEST_CASE(cooldown_is_measured_in_flow_time,
                     bdata::make({2, 3}) *
                         bdata::make(std::vector<std::string>{"cartesian", "auto", "polar"}),
                     degree, chart) {
  const FlowProblem problem = turning(degree);
  const auto crossings = [&](Real cooldown) {
    ChartOptions options;
    options.chart = chart_named(chart);
    options.events.levels = {{.quantity = "weight_norm",
                              .value = Real(0.7) * problem.w0.norm(),
                              .direction = Direction::either,
                              .cooldown = cooldown}};
    ChartRun run(problem, options, until(degree == 2 ? 20 : 20000));
    ChartLog log(run);
    const Outcome outcome = run.integration.run(log);
    BOOST_TEST(outcome.stop_reason == "reached_end");
    BOOST_TEST((log.polar_steps > 0) == (chart != "cartesian"));
    return log.events;
  };
  const auto both = crossings(0);
  BOOST_REQUIRE(both.size() == 2u);
  const Real gap = both[1].time - both[0].time;
  fmt::print("degree {}, {}: below the level from {:.6f} for {:.6f}\n", degree, chart, d(both[0].time),
             d(gap));
  BOOST_TEST(crossings(Real(0.999) * gap).size() == 2u);
  BOOST_TEST(crossings(Real(1.001) * gap).size() == 1u);
}

// w' = D w^{D-1} (y - w^D) with y = -1: nothing stops the fall. w^{2-D} = w0^{2-D} + D (D-2) t near the
// origin.
BOOST_DATA_TEST_CASE(a_collapse_is_timed_and_named, bdata::make({2, 3, 4}) * bdata::make({0.8, 1e-3, 1e-100}),
                     degree, start) {
  FlowProblem problem{power_sum(1, 1, degree == 4 ? Activation(-1, 4) : Activation(1, degree)),
                      one_sample(1, -1), Loss(), Vector::Constant(1, static_cast<Real>(start))};
  if (degree == 2) problem.network = power_sum(1, 1, Activation(-1, 2));
  ChartOptions options;
  options.events.levels = {
      {.quantity = "weight_norm", .value = Real(1e-200), .direction = Direction::falling}};
  IntegrationOptions end = until(std::numeric_limits<Real>::max());
  end.end_after_polar = true;  // the time of degree 4 is no number
  ChartRun run(problem, options, end);
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_TEST(outcome.stop_reason == "collapsed");
  BOOST_TEST(log.polar.back());
  const Real log_norm = run.parts.polar_flow.log_norm(outcome.state);
  // Where the start is not small: int dw / (w^{D-1} (1 + w^D)) of the rest, by Simpson's rule in ln w.
  const auto D = static_cast<Real>(degree), w0 = static_cast<Real>(start);
  Real correction = 0;
  const int panels = 2000;
  for (int i = 0; i <= 2 * panels; ++i) {
    const Real w = w0 * std::exp(-Real(40) * static_cast<Real>(i) / (2 * panels));
    const Real weight = i == 0 || i == 2 * panels ? 1 : (i % 2 == 1 ? 4 : 2);
    correction += weight * std::pow(w, 2) / (1 + std::pow(w, D)) * Real(40) / (6 * panels);
  }
  const auto log_time = [&](Real log_w) {
    if (degree == 2) return std::log((std::log(w0) - log_w - correction) / D);
    const Real ratio = std::exp((2 - D) * (std::log(w0) - log_w));
    return (2 - D) * log_w + std::log1p(-ratio * (1 + (D - 2) * correction * std::pow(w0, D - 2))) -
           std::log(D * (D - 2));
  };
  const Real error = std::abs(outcome.log_time - log_time(log_norm));
  const auto& level = log.first(run.parts.events.kinds[0]);
  const Real at_level = std::abs(level.log_time - log_time(std::log(Real(1e-200))));
  fmt::print(
      "degree {} from {:.0e}: collapsed at {:.4g} (ln {:.4f}) after {} steps, ln t off by {:.1e}, at 1e-200 "
      "{:.1e}\n",
      degree, start, d(outcome.time), d(outcome.log_time), log.times.size(), d(error), d(at_level));
  BOOST_TEST(error < 100 * options.rtol);
  BOOST_TEST(at_level < 100 * options.rtol);
  // For D = 2 free of the way; else q grows as e^{(D-2) ell}, at the few steps that a factor e of it takes.
  const Real way = std::log(w0) - log_norm;
  BOOST_TEST(static_cast<Real>(log.times.size()) < 100 + Real(12) * (D - 2) * way);
}

BOOST_DATA_TEST_CASE(a_restored_run_goes_on_bit_by_bit,
                     bdata::make(kMethods) * bdata::make(std::vector<std::string>{"auto", "polar"}), method,
                     chart) {
  ChartOptions options;
  options.stepper = method;
  options.chart = chart_named(chart);
  options.events.levels = {{.quantity = "weight_norm",
                            .value = Real(2e-3),
                            .direction = Direction::either,
                            .cooldown = Real(0.5)}};
  const FlowProblem problem = teacher_problem(Real(1e-3));
  const auto run_from = [&](const Memory* memory, std::int64_t max_steps, ChartLog* all, Memory* out) {
    IntegrationOptions end = until(Real(1e4));
    end.max_steps = max_steps;
    ChartRun run(problem, options, end);
    if (memory != nullptr) run.integration.restore(*memory);
    ChartLog log(run);
    run.integration.run(log);
    if (out != nullptr) *out = run.integration.memory();
    all->times.insert(all->times.end(), log.times.begin(), log.times.end());
    all->phases.insert(all->phases.end(), log.phases.begin(), log.phases.end());
    all->states.insert(all->states.end(), log.states.begin(), log.states.end());
    all->events.insert(all->events.end(), log.events.begin(), log.events.end());
    all->polar.insert(all->polar.end(), log.polar.begin(), log.polar.end());
    return run.integration.counters().accepted;
  };
  ChartRun dummy(problem, options, until(1));
  ChartLog whole(dummy);
  const std::int64_t accepted = run_from(nullptr, 400, &whole, nullptr);
  const auto polar_steps = std::count(whole.polar.begin(), whole.polar.end(), true);
  fmt::print("{} {}: {} steps, {} polar, {} events\n", method, chart, whole.times.size(), polar_steps,
             whole.events.size());
  BOOST_TEST(polar_steps > 20);
  BOOST_TEST(whole.events.size() >= 1u);
  for (std::int64_t stop :
       {std::int64_t{1}, polar_steps / 2, polar_steps - 1, polar_steps, polar_steps + 1}) {
    if (stop >= static_cast<std::int64_t>(whole.times.size())) continue;
    ChartLog parts(dummy);
    Memory memory;
    run_from(nullptr, stop, &parts, &memory);
    const std::int64_t counted = run_from(&memory, 400, &parts, nullptr);
    BOOST_TEST(counted == accepted);
    BOOST_TEST(parts.times == whole.times);
    BOOST_TEST(parts.phases == whole.phases);
    BOOST_TEST(parts.polar == whole.polar);
    bool same = parts.states.size() == whole.states.size() && parts.events.size() == whole.events.size();
    for (std::size_t i = 0; same && i < parts.states.size(); ++i) same = parts.states[i] == whole.states[i];
    for (std::size_t i = 0; same && i < parts.events.size(); ++i)
      same =
          parts.events[i].time == whole.events[i].time && parts.events[i].weights == whole.events[i].weights;
    BOOST_TEST(same);
  }
}

// Five factors of 1e-150: the escape takes a0^{-3}/3 = 3e449, which only its logarithm tells.
BOOST_AUTO_TEST_CASE(times_beyond_the_numbers) {
  const Real a0 = Real(1e-150);
  const FlowProblem problem{feed_forward({1, 1, 1, 1, 1, 1}, Activation(1, 1)), one_sample(1, 1), Loss(),
                            Vector::Constant(5, a0)};
  ChartOptions options;
  options.events.escape = {EscapeBy::loss};
  IntegrationOptions end = until(Real(50));
  end.end_after_polar = true;
  ChartRun run(problem, options, end);
  ChartLog log(run);
  const Outcome outcome = run.integration.run(log);
  BOOST_TEST(outcome.stop_reason == "reached_end");
  BOOST_TEST(std::abs(outcome.phase_time - 50) <= Real(1e-12));
  BOOST_REQUIRE(log.events.size() == 1u);
  const Real expected = -3 * std::log(a0) - std::log(Real(3));
  const Real error = std::abs(log.events[0].log_time - expected);
  fmt::print("escape at e^{:.6f}, off by {:.1e}; t = {}; {} steps\n", d(log.events[0].log_time), d(error),
             d(log.events[0].time), log.times.size());
  BOOST_TEST(std::isinf(log.events[0].time));
  BOOST_TEST(error < 10 * options.rtol);
  // An end that has a number comes first.
  ChartRun early(problem, options, until(Real(1e300)));
  ChartLog none(early);
  const Outcome stopped = early.integration.run(none);
  BOOST_TEST(stopped.stop_reason == "reached_end");
  BOOST_TEST(stopped.time == Real(1e300));
  BOOST_TEST(none.events.empty());
  BOOST_TEST(std::abs(early.parts.probe.weights(stopped.state)[0] / a0 - 1) < Real(1e-12));
  // It ends where it is, even when that is the first step.
  BOOST_TEST(none.times.size() == 1u);
}

// One sample: the gradient of the first row is along the row, which passes through zero.
BOOST_DATA_TEST_CASE(a_row_that_passes_through_zero, bdata::make(std::vector<std::string>{"auto", "polar"}),
                     chart) {
  FlowProblem problem{feed_forward({2, 1, 1, 1}, Activation(1, 1)), one_sample(2, 1), Loss(), Vector(4)};
  problem.w0 << Real(-1e-3), Real(-1e-3), Real(3e-3), Real(4e-3);
  ChartOptions options;
  options.events.escape = {EscapeBy::loss};
  Real expected = 0;
  for (Chart which : {Chart::cartesian, chart_named(chart)}) {
    options.chart = which;
    ChartRun run(problem, options, until(500));
    ChartLog log(run);
    const Outcome outcome = run.integration.run(log);
    fmt::print("{}: {} {} after {} steps, {} polar\n", chart, outcome.stop_reason.text(), outcome.message,
               log.times.size(), log.polar_steps);
    BOOST_TEST(outcome.stop_reason == "reached_end");
    BOOST_REQUIRE(log.events.size() == 1u);
    if (which == Chart::cartesian)
      expected = log.events[0].time;
    else
      BOOST_TEST(std::abs(log.events[0].time / expected - 1) < 1000 * options.rtol);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

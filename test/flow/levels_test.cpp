// Levels of every quantity: each crossing is found, also where there are two within a step.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <utility>

#include "flow/chart_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(levels_test)

namespace bdata = boost::unit_test::data;

namespace {

constexpr Real kEnd = 30;

FlowProblem random_problem(std::uint64_t seed) {
  const int power = seed % 2 == 0 ? 2 : 1;
  const Activation activation(seed % 2 == 0 ? 0 : 1, power);
  GeneratorOptions options;
  options.inputs = InputKind::sphere;
  options.targets = TargetKind::teacher;
  options.dimension = 3;
  options.samples = 12;
  options.seed = seed;
  options.teacher.layers = {3, 2, 1};
  options.teacher.activation = activation;
  const auto network = feed_forward({3, 4, 1}, activation);
  Random random(seed);
  return {network, generate_dataset(options), Loss(),
          Real(0.2) * random.unit_vector(network->parameter_count())};
}

const std::vector<std::string> kQuantities{"gradient_norm",  "weight_norm",   "proximity",
                                           "kkt_residual",   "layer_norm[0]", "layer_norm[1]",
                                           "neuron_norm[0]", "neuron_norm[3]"};

IntegrationOptions until(Real t_end) {
  IntegrationOptions options;
  options.t_end = t_end;
  return options;
}

/// Every quantity along the path, finely sampled; no events are asked for.
class Curves : public Observer {
 public:
  explicit Curves(ChartRun& run) : run_(run) {
    for (const std::string& name : kQuantities)
      quantities_.emplace_back(name, run.objective.network(), "test");
  }
  void on_step(const StepView& step) override {
    constexpr int kSamples = 100;
    for (int k = times.empty() ? 0 : 1; k <= kSamples; ++k) {
      const Real t = step.t0 + (step.t1 - step.t0) * static_cast<Real>(k) / kSamples;
      step.dense(t, x_);
      run_.parts.probe.observe(x_, o_);
      for (const Quantity& quantity : quantities_) values[quantity.name()].push_back(quantity.of(o_));
      times.push_back(t);
    }
  }
  /// Where rest begins, in which quantities are quotients of rounding.
  Real time_of_rest() const {
    const std::vector<Real>& slope = values.at("gradient_norm");
    const Real least = Real(1e-3) * *std::ranges::max_element(slope);
    std::size_t size = slope.size();
    while (size > 1 && slope[size - 1] < least) --size;
    return times[size - 1];
  }
  void on_event(const EventHit&, const Vector&, const StateAt&) override {}
  std::map<std::string, std::vector<Real>> values;
  std::vector<Real> times;

 private:
  ChartRun& run_;
  std::vector<Quantity> quantities_;
  Observables o_;
  Vector x_;
};

std::size_t crossings(const std::vector<Real>& values, Real level) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    count += (values[i - 1] < level) != (values[i] < level) ? 1 : 0;
  return count;
}

/// Levels a little below every maximum and above every minimum, by these parts of the way to the next one.
std::vector<Real> levels_at_extrema(const std::vector<Real>& values, const std::vector<Real>& parts) {
  std::vector<Real> turns{values.front()}, levels;
  for (std::size_t i = 1; i + 1 < values.size(); ++i)
    if ((values[i] - values[i - 1]) * (values[i + 1] - values[i]) < 0) turns.push_back(values[i]);
  turns.push_back(values.back());
  for (std::size_t k = 1; k + 1 < turns.size(); ++k) {
    const Real near = std::min(std::abs(turns[k - 1] - turns[k]), std::abs(turns[k + 1] - turns[k]));
    const Real way = turns[k - 1] < turns[k] ? -near : near;
    if (near < Real(1e-3) * std::abs(turns[k])) continue;  // a ripple
    for (const Real part : parts) levels.push_back(turns[k] + part * way);
  }
  return levels;
}

}  // namespace

// Against the same path, sampled: levels are asked for where a step may cross them twice.
BOOST_DATA_TEST_CASE(every_crossing_is_found,
                     bdata::make(std::vector<std::string>{"dopri5", "dop853", "rodas5p", "rodas5p-cg",
                                                          "radau7", "auto"}),
                     stepper) {
  const std::vector<Real> parts{Real(0.1), Real(0.01), Real(1e-3)};
  std::size_t levels = 0, wrong = 0, more = 0, steps = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const FlowProblem problem = random_problem(seed);
    ChartOptions options;
    options.chart = Chart::cartesian;
    options.stepper = stepper;
    const auto sampled = [&](Real rtol, Real t_end) {
      options.rtol = rtol;
      options.events = no_flow_events();
      ChartRun run(problem, options, until(t_end));
      Curves curves(run);
      run.integration.run(curves);
      return std::pair{curves.values, curves.time_of_rest()};
    };
    const Real t_end = sampled(Real(1e-10), kEnd).second;
    for (const Real rtol : {Real(1e-4), Real(1e-6), Real(1e-8)}) {
      const auto values = sampled(rtol, t_end).first;
      std::vector<std::size_t> expected;
      for (const std::string& name : kQuantities)
        for (const Real value : levels_at_extrema(values.at(name), parts)) {
          options.events.levels.push_back({.quantity = name, .value = value, .direction = Direction::either});
          expected.push_back(crossings(values.at(name), value));
        }
      ChartRun run(problem, options, until(t_end));
      ChartLog log(run);
      run.integration.run(log);
      steps += log.times.size();
      levels += expected.size();
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string& kind = run.parts.events.kinds[i];
        const auto found =
            static_cast<std::size_t>(std::ranges::count(log.events, kind, &ChartLog::Located::kind));
        // A dip narrower than the samples is found by its signs alone: two crossings more.
        const bool right = found >= expected[i] && (found - expected[i]) % 2 == 0;
        wrong += right ? 0 : 1;
        more += found > expected[i] ? 1 : 0;
        BOOST_TEST(right, stepper << ", seed " << seed << ", rtol " << rtol << ": " << kind << " " << found
                                  << " times, expected " << expected[i]);
      }
    }
  }
  fmt::print(
      "{}: {} of {} levels beside extrema wrong, {} crossed more often than samples tell, {} steps (seeds 1 "
      "to 6)\n",
      stepper, wrong, levels, more, steps);
  BOOST_TEST(100 * more <= levels);
  BOOST_TEST(levels > 100U);
}

BOOST_AUTO_TEST_CASE(different_levels_have_different_names) {
  const FlowProblem problem = random_problem(1);
  ChartOptions options;
  const auto add = [&](Real value, Direction direction) {
    options.events.levels.push_back({.quantity = "weight_norm", .value = value, .direction = direction});
  };
  add(Real(1.5), Direction::either);
  add(Real(1.5) + Real(1e-10), Direction::either);
  add(Real(1.5), Direction::rising);
  add(Real(100000), Direction::either);
  ChartRun run(problem, options, until(kEnd));
  BOOST_TEST((run.parts.events.kinds ==
              std::vector<std::string>{"level:weight_norm=1.5", "level:weight_norm=1.5000000001",
                                       "level:weight_norm=1.5:rising", "level:weight_norm=100000"}));
  add(Real(1.5), Direction::rising);
  BOOST_CHECK_THROW(ChartRun(problem, options, until(kEnd)), InputError);
}

// Squared ReLU with two wells: w and -grad L are parallel near the saddles too, and a fit that lowers the
// loss by little (targets that are mostly noise) must not make them look like the origin.
BOOST_AUTO_TEST_CASE(the_direction_settles_near_the_origin_only) {
  std::size_t settled = 0, runs = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const Real noise : {Real(0), Real(20)}) {
      FlowProblem problem = random_problem(2 * seed);
      Random random(seed);
      for (Index i = 0; i < problem.data.targets.cols(); ++i)
        problem.data.targets(0, i) += noise * random.normal();
      problem.w0 *= Real(1e-4);
      ChartOptions options;
      options.events = FlowEventOptions();
      options.events.escape = {EscapeBy::direction, EscapeBy::loss};
      IntegrationOptions limits = until(Real(3e5));
      limits.max_steps = 20000;
      ChartRun run(problem, options, limits);
      ChartLog log(run);
      run.integration.run(log);
      bool left = false;
      for (const ChartLog::Located& event : log.events) {
        left = left || event.kind == "escape_loss" || event.kind == "saddle_enter";
        if (event.kind != "direction_settled") continue;
        BOOST_TEST(!left,
                   "seed " << seed << ": settled at " << event.time << " after the origin has been left");
        ++settled;
      }
      ++runs;
    }
  fmt::print("direction settled {} times in {} runs (seeds 1 to 8), always near the origin\n", settled, runs);
  BOOST_TEST(settled >= runs / 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

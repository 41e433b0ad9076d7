// Neurons that stay inactive through one saddle after another, from tiny starts: the times at which the next
// ones leave scale as delta^(2-D), to the tolerance.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <ostream>

#include "flow/chart_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(inactive_start_test)

namespace bdata = boost::unit_test::data;

namespace {

struct InactiveCase {
  std::string name;
  Index teacher, width, outputs;
  int power;
  std::size_t escapes;  ///< beyond the first
  Real t_end;           ///< in units of delta^(2-D)
};
std::ostream& operator<<(std::ostream& out, const InactiveCase& c) { return out << c.name; }

const std::vector<InactiveCase> kCases{{"one output", 2, 6, 1, 2, 1, 8},
                                       {"two outputs", 2, 6, 2, 2, 1, 8},
                                       {"power 3", 2, 6, 1, 3, 1, 30},
                                       {"three escapes", 4, 8, 1, 2, 2, 12}};

FlowProblem problem(const InactiveCase& c, Real delta) {
  GeneratorOptions options;
  options.inputs = InputKind::sphere;
  options.targets = TargetKind::teacher;
  options.dimension = 3;
  options.samples = 30;
  options.seed = 1;
  options.outputs = c.outputs;
  options.teacher.layers = {3, c.teacher, c.outputs};
  options.teacher.activation = Activation(0, c.power);
  const auto network = feed_forward({3, c.width, c.outputs}, Activation(0, c.power));
  Random random(1);
  return {network, generate_dataset(options), Loss(), delta * random.unit_vector(network->parameter_count())};
}

struct Run {
  std::vector<Real> leaves;  ///< times of departure, in units of delta^(2-D)
  Real balance = 0;
  std::size_t steps = 0;
  std::string stop;
};

Run run_from(const InactiveCase& c, Real delta, Real rtol) {
  ChartOptions options;
  options.rtol = rtol;
  options.events.saddles = true;
  options.events.saddle_leaves_terminal = static_cast<int>(c.escapes);
  IntegrationOptions end;
  const Real unit = std::pow(delta, static_cast<Real>(1 - c.power));
  end.t_end = c.t_end * unit;
  end.max_steps = 200000;
  ChartRun run(problem(c, delta), options, end);
  ChartLog log(run);
  Run result;
  const Outcome outcome = run.integration.run(log);
  result.stop = outcome.stop_reason.text() + (outcome.message.empty() ? "" : ", " + outcome.message);
  for (const ChartLog::Located& event : log.events)
    if (event.kind == "saddle_leave") result.leaves.push_back(event.time / unit);
  result.balance = log.balance_drift;
  result.steps = log.times.size();
  return result;
}

}  // namespace

BOOST_DATA_TEST_CASE(escapes_come_when_they_are_due, bdata::make(kCases), c) {
  const Run limit = run_from(c, Real(1e-14), Real(1e-12));
  BOOST_REQUIRE(limit.leaves.size() >= c.escapes);
  // Powers of the smallest neuron of all must be numbers: |w|^(p+1) above 1e-308.
  const std::vector<int> digits = c.power == 2 ? std::vector<int>{6, 8, 10, 12, 14, 30, 60, 100}
                                               : std::vector<int>{4, 6, 8, 10, 12, 14, 30, 70};
  for (const int tolerance : {6, 8, 10})
    for (const int size : digits) {
      const Real rtol = std::pow(Real(10), Real(-tolerance)), delta = std::pow(Real(10), Real(-size));
      const Run run = run_from(c, delta, rtol);
      BOOST_REQUIRE_MESSAGE(
          run.leaves.size() >= c.escapes,
          fmt::format("{}, rtol 1e-{:02}, delta 1e-{:03}: {} departures after {} steps, stopped by {}",
                      c.name, tolerance, size, run.leaves.size(), run.steps, run.stop));
      std::string errors;
      for (std::size_t k = 0; k < c.escapes; ++k) {
        const Real error = std::abs(run.leaves[k] / limit.leaves[k] - 1);
        errors += fmt::format(" {:7.2f}", static_cast<double>(error / rtol));
        BOOST_TEST(error <= 100 * rtol + 10 * delta);
      }
      fmt::print("{:<14} rtol 1e-{:02} delta 1e-{:03}: off by {} rtol; balance {:.2f} rtol, {} steps\n",
                 c.name, tolerance, size, errors, static_cast<double>(run.balance / rtol), run.steps);
      BOOST_TEST(run.balance <= 100 * rtol);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

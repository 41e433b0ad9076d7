// A stepper from outside the library in a flow: chosen by its name, and named as the method of its steps.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>
#include <string>

#include "flow/chart_run.hpp"
#include "ode/stepper/own_stepper.hpp"
#include "saddleflow/problem/data_generators.hpp"

using namespace saddleflow;
using namespace saddleflow::test;

BOOST_AUTO_TEST_SUITE(own_stepper_test)

namespace {

FlowProblem small_teacher() {
  GeneratorOptions data;
  data.inputs = InputKind::circle;
  data.samples = 6;
  data.dimension = 2;
  data.teacher.layers = {2, 2, 1};
  data.teacher.activation = Activation(0, 2);
  FlowProblem problem{feed_forward({2, 3, 1}, Activation(0, 2)), generate_dataset(data), Loss(), {}};
  Vector w = Vector::Zero(problem.network->parameter_count());
  for (Index i = 0; i < w.size(); ++i) w[i] = std::sin(Real(i + 1));
  problem.w0 = Real(0.1) * w;
  return problem;
}

class MethodLog : public Observer {
 public:
  void on_step(const StepView& step) override { (step.polar ? polar : cartesian).emplace(step.method); }
  std::set<std::string> polar, cartesian;
};

struct MethodRun {
  MethodLog log;
  Vector weights;
  std::int64_t steps = 0;
};

MethodRun run_with(const std::string& stepper, Chart chart) {
  const FlowProblem problem = small_teacher();
  ChartOptions options;
  options.stepper = stepper;
  options.chart = chart;
  options.rtol = Real(1e-7);
  IntegrationOptions end;
  end.t_end = 30;
  ChartRun run(problem, options, end);
  MethodRun result;
  const Outcome outcome = run.integration.run(result.log);
  BOOST_TEST_REQUIRE((outcome.stop_reason == Stop::reached_end), outcome.stop_reason);
  result.weights = run.parts.weights(outcome.state);
  result.steps = run.integration.steps();
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(its_name_is_that_of_the_steps) {
  register_own_stepper();
  const std::set<std::string> own{BogackiShampine::kName};
  const MethodRun cartesian = run_with(BogackiShampine::kName, Chart::cartesian);
  BOOST_TEST((cartesian.log.cartesian == own));
  BOOST_TEST(cartesian.log.polar.empty());
  const MethodRun polar = run_with(BogackiShampine::kName, Chart::polar);
  BOOST_TEST((polar.log.polar == own));

  const MethodRun known = run_with("dopri5", Chart::cartesian);
  BOOST_TEST((known.log.cartesian == std::set<std::string>{"dopri5"}));
  BOOST_TEST(cartesian.steps != known.steps);
  for (const MethodRun* run : {&cartesian, &polar}) {
    const Real error = (run->weights - known.weights).norm() / known.weights.norm();
    BOOST_TEST(error <= Real(1e-4));
    BOOST_TEST(error > 0);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_an_error_that_lists_it) {
  register_own_stepper();
  BOOST_CHECK_EXCEPTION(run_with("euler", Chart::cartesian), InputError, [](const InputError& error) {
    const std::string message = error.what();
    return message.find("\"euler\"") != std::string::npos &&
           message.find("rkc2, bogacki_shampine") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

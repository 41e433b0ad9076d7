#include "saddleflow/flow/integration.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/standstill.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(integration_test)

namespace {

/// u' = -e^{-u}, a gradient flow with u(t) = log(e^{u0} - t), beside a decay x' = -x.
struct TestFlow {
  void operator()(const Vector& x, Vector& dxdt, Real) const {
    dxdt.resize(2);
    dxdt[0] = -std::exp(-x[0]);
    dxdt[1] = -x[1];
  }
  void hessian(const Vector& x, Matrix& h, Real) const {
    h.setZero(2, 2);
    h(0, 0) = -std::exp(-x[0]);
    h(1, 1) = 1;
  }
};

class Log : public Observer {
 public:
  void on_event(const EventHit& hit, const Vector&, const StateAt&) override { events.push_back(hit.time); }
  void on_step(const StepView& step) override {
    times.push_back(step.t1);
    states.push_back(step.x1);
  }
  std::vector<Real> events, times;
  std::vector<Vector> states;
};

Vector start() { return Vector{{Real(2), Real(1)}}; }

Event level(Real value) {
  Event e;
  e.name = "level";
  e.function = [value](const Vector& x) { return x[0] - value; };
  return e;
}

StepperOptions tolerance(Real rtol) {
  StepperOptions options;
  options.error.rtol = rtol;
  return options;
}

struct Run {
  Outcome outcome;
  Log log;
};

Run run(const std::string& method, IntegrationOptions options, std::vector<Event> events) {
  TestFlow flow;
  const auto stepper = make_stepper(method, tolerance(Real(1e-10)));
  EventDetector detector(std::move(events));
  Integration integration(System(flow), *stepper, detector, options);
  integration.start(start(), Real(1e-3));
  Run result;
  result.outcome = integration.run(result.log);
  return result;
}

// What the tolerance 1e-10 is worth: an error proportional to it, to its power 2/3 for the second-order
// method.
Real allowed(const std::string& method) {
  return method == "rkc2" ? std::pow(Real(1e-10), Real(2) / 3) : Real(1e-9);
}

const std::vector<std::string> kMethods{"dopri5", "dop853", "rodas5p", "rkc2", "auto"};

}  // namespace

BOOST_DATA_TEST_CASE(the_run_ends_on_t_end_with_the_right_state, boost::unit_test::data::make(kMethods),
                     method) {
  IntegrationOptions options;
  options.t_end = 5;
  const Run r = run(method, options, {});
  BOOST_TEST(r.outcome.stop_reason == "reached_end");
  BOOST_TEST(r.outcome.time == Real(5));
  BOOST_TEST(r.log.times.back() == Real(5));
  const Real error = std::abs(r.outcome.state[0] - std::log(std::exp(Real(2)) - 5));
  fmt::print("{}: error at t = 5 {:.1e} after {} steps\n", method, static_cast<double>(error),
             r.log.times.size());
  BOOST_TEST(error < allowed(method));
}

BOOST_DATA_TEST_CASE(event_times_agree_with_the_closed_form, boost::unit_test::data::make(kMethods), method) {
  IntegrationOptions options;
  options.t_end = 5;
  Event second = level(Real(1));
  second.terminal = true;
  const Run r = run(method, options, {level(Real(1.5)), second});
  BOOST_TEST(r.outcome.stop_reason == "event:level");
  BOOST_REQUIRE(r.log.events.size() == 2u);
  const Real t1 = std::exp(Real(2)) - std::exp(Real(1.5)), t2 = std::exp(Real(2)) - std::exp(Real(1));
  fmt::print("{}: event times off by {:.1e}, {:.1e}\n", method, static_cast<double>(r.log.events[0] - t1),
             static_cast<double>(r.log.events[1] - t2));
  BOOST_TEST(std::abs(r.log.events[0] - t1) < allowed(method));
  BOOST_TEST(std::abs(r.log.events[1] - t2) < allowed(method));
  BOOST_TEST(r.outcome.time == r.log.events[1]);
  BOOST_TEST(std::abs(r.outcome.state[0] - 1) < Real(1e-9));
}

BOOST_AUTO_TEST_CASE(every_stop_has_its_name) {
  IntegrationOptions options;
  options.t_end = 5;
  options.max_steps = 3;
  BOOST_TEST(run("dopri5", options, {}).outcome.stop_reason == "step_limit");
  options.max_steps = 1000000;
  const std::atomic<bool> interrupt{true};
  options.interrupt = &interrupt;
  BOOST_TEST(run("dopri5", options, {}).outcome.stop_reason == "interrupted");
  options.interrupt = nullptr;
  options.t_end = 10;  // beyond the singularity at t = e^2
  const Outcome failed = run("dopri5", options, {}).outcome;
  fmt::print("beyond the singularity: {} ({})\n", failed.stop_reason.text(), failed.message);
  BOOST_TEST(failed.stop_reason == "step_underflow");
  BOOST_TEST(std::abs(failed.time - std::exp(Real(2))) < Real(1e-9));
  BOOST_TEST(!failed.message.empty());
}

// What fails is named: an event function without a number, and what an observer computes.
BOOST_AUTO_TEST_CASE(failures_besides_the_flow_keep_their_names) {
  IntegrationOptions options;
  options.t_end = 5;
  Event broken = level(Real(1.5));
  broken.function = [](const Vector& x) { return x[0] > Real(1.8) ? Real(1) : std::sqrt(Real(-1)); };
  const Outcome nan = run("dopri5", options, {broken}).outcome;
  BOOST_TEST(nan.stop_reason == "nonfinite");
  BOOST_TEST(nan.message.find("'level'") != std::string::npos);
  options.between_steps = [] { throw NumericalError("Hessian: no eigenvalues"); };
  const Outcome other = run("dopri5", options, {}).outcome;
  fmt::print("{} ({}), {} ({})\n", nan.stop_reason.text(), nan.message, other.stop_reason.text(),
             other.message);
  BOOST_TEST(other.stop_reason == "numerical_error");
  BOOST_TEST(other.message == "Hessian: no eigenvalues");
  BOOST_TEST(other.failed());
}

BOOST_DATA_TEST_CASE(a_restored_run_goes_on_bit_by_bit, boost::unit_test::data::make(kMethods), method) {
  IntegrationOptions options;
  options.t_end = 5;
  const Run whole = run(method, options, {level(Real(1.5))});
  for (std::size_t stop : {std::size_t{1}, whole.log.times.size() / 2, whole.log.times.size() - 1}) {
    TestFlow flow;
    const auto stepper = make_stepper(method, tolerance(Real(1e-10)));
    EventDetector detector({level(Real(1.5))});
    IntegrationOptions limited = options;
    limited.max_steps = static_cast<std::int64_t>(stop);
    Integration first(System(flow), *stepper, detector, limited);
    first.start(start(), Real(1e-3));
    Log log;
    first.run(log);
    const Memory memory = first.memory();

    const auto other = make_stepper(method, tolerance(Real(1e-10)));
    EventDetector other_detector({level(Real(1.5))});
    Integration second(System(flow), *other, other_detector, options);
    second.restore(memory);
    second.run(log);
    BOOST_TEST(log.times == whole.log.times);
    BOOST_TEST(log.events == whole.log.events);
    bool same = log.states.size() == whole.log.states.size();
    for (std::size_t i = 0; same && i < log.states.size(); ++i) same = log.states[i] == whole.log.states[i];
    BOOST_TEST(same);
  }
}

BOOST_AUTO_TEST_CASE(memory_of_another_kind_is_refused) {
  TestFlow flow;
  const auto stepper = make_stepper("dopri5", tolerance(Real(1e-10)));
  EventDetector detector({});
  Integration integration(System(flow), *stepper, detector, {});
  BOOST_CHECK_THROW(integration.restore({{"state", {1, 2}}}), InputError);
}

namespace {

/// x'' = -x, every zero at a known time however late.
struct Oscillator {
  void operator()(const Vector& x, Vector& dxdt, Real) const {
    dxdt.resize(2);
    dxdt[0] = x[1];
    dxdt[1] = -x[0];
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_clock_set_back_keeps_absolute_times) {
  // An oscillator with unit frequency for 3000 periods in steps of at most 2^-10: the clock is set back about
  // twice.
  Oscillator oscillator;
  StepperOptions options = tolerance(Real(1e-12));
  options.max_step = Real(1) / 1024;
  const auto stepper = make_stepper("dopri5", options);
  Event zero;
  zero.name = "zero";
  zero.function = [](const Vector& x) { return x[0]; };
  zero.direction = Direction::rising;
  EventDetector detector({zero});
  IntegrationOptions o;
  o.t_end = 2100;
  Integration integration(System(oscillator), *stepper, detector, o);
  integration.start(Vector{{Real(0), Real(1)}}, Real(1e-3));
  Log log;
  integration.run(log);
  const Real expected = static_cast<Real>(log.events.size()) * 2 * std::acos(Real(-1));
  fmt::print("after {} steps the last zero is off by {:.1e}; the stepper's clock shows {:.1f}\n",
             log.times.size(), static_cast<double>(log.events.back() - expected),
             static_cast<double>(stepper->current_time()));
  BOOST_TEST(std::abs(log.events.back() - expected) < Real(1e-7));
  BOOST_TEST(stepper->current_time() < Real(1100));
  BOOST_TEST(log.times.back() == Real(2100));
}

// A run stands still only where neither the time nor anything else goes on: not where one neuron grows from
// almost nothing, nor where nothing happens for a long time.
BOOST_AUTO_TEST_CASE(a_standstill_is_told_from_growth_and_rest) {
  const auto steps_until = [](Real advance, Real growth) -> std::int64_t {
    Standstill watch;
    Vector x{{Real(1), Real(1e-100)}};
    Real time = Real(1e20);
    watch.start(time, x);
    for (std::int64_t step = 1; step <= 10 * Standstill::kSteps; ++step) {
      time += advance;
      x[1] *= growth;
      if (watch.note(time, x)) return step;
    }
    return 0;
  };
  BOOST_TEST(steps_until(0, 1) == Standstill::kSteps);
  BOOST_TEST(steps_until(Real(16384), 1) == Standstill::kSteps);  // the last digit of the time
  BOOST_TEST(steps_until(Real(1e12), 1) == 0);
  BOOST_TEST(steps_until(0, Real(1.01)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow

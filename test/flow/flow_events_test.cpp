// The built-in events against closed forms: escape times of V1 for every delta, the saddle visit of V4.
#include "saddleflow/flow/flow_events.hpp"

#include <fmt/format.h>

#include <boost/math/tools/roots.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "reference/reference_cases.hpp"
#include "reference/square_neuron.hpp"
#include "saddleflow/flow/integration.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(flow_events_test)

namespace {

class EventLog : public Observer {
 public:
  explicit EventLog(const FlowEvents& events) : events_(events) {}
  void on_event(const EventHit& hit, const Vector&, const StateAt&) override {
    times[events_.kinds[hit.event]].push_back(hit.time);
  }
  std::map<std::string, std::vector<Real>> times;

 private:
  const FlowEvents& events_;
};

struct Problem {
  std::shared_ptr<const Network> network;
  Dataset data;
  Vector w0;
  Real t_end;
};

std::map<std::string, std::vector<Real>> events_of(const Problem& problem, const FlowEventOptions& options,
                                                   Real rtol) {
  Objective objective(problem.network, problem.data, Loss());
  GradientFlow flow(objective);
  const Vector x0 = GradientFlow::initial_state(problem.w0);
  Probe probe(flow, x0);
  Observables initial;
  probe.observe(x0, initial);
  const FlowEvents events = make_flow_events(options, probe, initial);
  EventDetector detector(events.events);
  StepperOptions stepper_options;
  stepper_options.error.rtol = rtol;
  stepper_options.error.quadratures = 1;
  stepper_options.error.quadrature_scale = initial.loss;
  const ParameterGroups groups = problem.network->groups();
  stepper_options.groups = {groups.first, groups.second, groups.count, {}};
  const auto stepper = make_stepper("auto", stepper_options);
  IntegrationOptions integration_options;
  integration_options.t_end = problem.t_end;
  const System system(flow);
  Integration integration(system, *stepper, detector, integration_options);
  integration.start(x0, first_step(system, x0, rtol));
  EventLog log(events);
  const Outcome outcome = integration.run(log);
  BOOST_TEST(outcome.stop_reason == "reached_end");
  return log.times;
}

Dataset one_sample(Real x, Real y) {
  Dataset data;
  data.inputs = Matrix::Constant(1, 1, x);
  data.targets = Matrix::Constant(1, 1, y);
  return data;
}

// V1 balanced: q = ab follows q/(s - q) = q0/(s - q0) e^{2st}; the loss has fallen by the fraction f of L(0)
// where s - q = sqrt(1 - f) (s - q0).
Real exact_escape(Real s, Real delta, Real fraction) {
  const Real q0 = delta * delta / 2;
  const Real left = std::sqrt(1 - fraction) * (s - q0);
  return std::log((s - left) / left * (s - q0) / q0) / (2 * s);
}

}  // namespace

BOOST_AUTO_TEST_CASE(escape_time_error_does_not_depend_on_delta) {
  const Real s = 2, rtol = Real(1e-8);
  FlowEventOptions options;
  options.saddles = options.steady = false;
  Real smallest = 1, largest = 0;
  for (int digits = 1; digits <= 12; ++digits) {
    const Real delta = std::pow(Real(10), Real(-digits));
    const Problem problem{feed_forward({1, 1, 1}, Activation(1, 1)), one_sample(1, s),
                          Vector::Constant(2, delta / std::sqrt(Real(2))), 40};
    const auto times = events_of(problem, options, rtol);
    BOOST_REQUIRE(times.at("escape_loss").size() == 1u);
    const Real exact = exact_escape(s, delta, options.escape_fraction);
    const Real error = std::abs(times.at("escape_loss")[0] - exact) / exact;
    fmt::print("delta 1e-{:02}: escape at {:.12f}, relative error {:.2e}\n", digits,
               static_cast<double>(exact), static_cast<double>(error));
    smallest = std::min(smallest, error);
    largest = std::max(largest, error);
    BOOST_TEST(error <= 10 * rtol);
  }
}

namespace {

/// r along the exact path of V4, for the times at which it crosses thresholds or is least.
class ExactProximity {
 public:
  explicit ExactProximity(const Problem& problem, Index samples)
      : objective_(problem.network, problem.data, Loss()), exact_(samples, problem.w0[0], problem.w0[1]) {}

  Real operator()(Real t) {
    const Vector w = exact_.weights(t);
    Vector g(2);
    objective_.gradient(w, g);
    const Matrix& outputs = objective_.outputs(w);
    const Matrix& targets = objective_.data().targets;
    return g.norm() * w.norm() /
           (outputs.norm() * ((outputs - targets).norm() + Real(1e-4) * targets.norm()));
  }
  // d ln r/dt by a central difference of fourth order.
  Real rate(Real t) {
    const Real h = Real(1e-4);
    return (8 * (std::log((*this)(t + h)) - std::log((*this)(t - h))) - std::log((*this)(t + 2 * h)) +
            std::log((*this)(t - 2 * h))) /
           (12 * h);
  }
  template <class F>
  static Real root(F f, Real from, Real to) {
    std::uintmax_t iterations = 200;
    const auto [a, b] = boost::math::tools::toms748_solve(
        f, from, to, [](Real x, Real y) { return std::abs(y - x) < Real(1e-14); }, iterations);
    return (a + b) / 2;
  }

 private:
  Objective objective_;
  reference::SquareNeuron exact_;
};

/// The square neuron that passes the saddle at a distance: along the whole circle of inputs, targets cos^2.
Problem square_neuron(Index samples) {
  Problem problem;
  problem.network = power_sum(2, 1, Activation(-1, 2));
  problem.data.inputs.resize(2, samples);
  problem.data.targets.resize(1, samples);
  for (Index i = 0; i < samples; ++i) {
    const Real angle = 2 * std::acos(Real(-1)) * static_cast<Real>(i) / static_cast<Real>(samples);
    problem.data.inputs.col(i) << std::cos(angle), std::sin(angle);
    problem.data.targets(0, i) = std::cos(angle) * std::cos(angle);
  }
  return problem;
}

}  // namespace

BOOST_AUTO_TEST_CASE(saddle_visit_of_the_square_neuron) {
  const Index samples = 8;
  Problem problem = square_neuron(samples);
  problem.w0 = Vector{{Real(1e-9), Real(1e-2)}};
  problem.t_end = 14;
  FlowEventOptions options;
  options.steady = false;
  // Wide thresholds: a start nearer to the stable manifold would be decided by rounding of the data.
  options.saddle_enter = Real(0.1);
  options.saddle_leave = Real(0.2);
  const Real rtol = Real(1e-9);
  const auto times = events_of(problem, options, rtol);
  for (const auto& [kind, list] : times)
    for (Real t : list) fmt::print("{:<16} {:.12f}\n", kind, static_cast<double>(t));
  BOOST_REQUIRE(times.at("saddle_enter").size() == 2u);  // the saddle, then the minimum
  BOOST_REQUIRE(times.at("saddle_closest").size() >= 1u);
  BOOST_REQUIRE(times.at("saddle_leave").size() == 1u);

  ExactProximity r(problem, samples);
  const Real closest = times.at("saddle_closest")[0];
  const auto below = [&](Real threshold) { return [&r, threshold](Real t) { return r(t) - threshold; }; };
  const Real enter = ExactProximity::root(below(options.saddle_enter), Real(0.1), closest);
  const Real leave = ExactProximity::root(below(options.saddle_leave), closest, closest + 2);
  const Real least =
      ExactProximity::root([&](Real t) { return r.rate(t); }, closest - Real(0.1), closest + Real(0.1));
  fmt::print("errors: enter {:.1e}, closest {:.1e}, leave {:.1e}; r at the closest approach {:.2e}\n",
             static_cast<double>(times.at("saddle_enter")[0] - enter), static_cast<double>(closest - least),
             static_cast<double>(times.at("saddle_leave")[0] - leave), static_cast<double>(r(closest)));
  BOOST_TEST(std::abs(times.at("saddle_enter")[0] - enter) <= 100 * rtol);
  BOOST_TEST(std::abs(times.at("saddle_leave")[0] - leave) <= 100 * rtol);
  BOOST_TEST(std::abs(closest - least) <= 100 * rtol);
}

// A plateau that is not close: a dip of r from 1/3 down to its minimum and up again by the prominence.
BOOST_AUTO_TEST_CASE(shallow_visit_of_the_square_neuron) {
  const Index samples = 8;
  Problem problem = square_neuron(samples);
  problem.w0 = Vector{{Real(1e-9), Real(1e-2)}};
  problem.t_end = 9;  // before r is rounding
  FlowEventOptions options;
  options.steady = false;
  options.saddle_enter = Real(1e-12);
  options.saddle_leave = Real(2e-12);
  for (const Real rtol : {Real(1e-6), Real(1e-9)}) {
    const auto times = events_of(problem, options, rtol);
    BOOST_TEST(times.count("saddle_enter") == 0u);
    BOOST_REQUIRE(times.at("dip_begin").size() == 2u);  // the minimum at the end is not left again
    BOOST_REQUIRE(times.at("dip_closest").size() >= 1u);
    BOOST_REQUIRE(times.at("saddle_leave").size() == 1u);

    ExactProximity r(problem, samples);
    const Real closest = times.at("dip_closest")[0];
    const auto below = [&](Real threshold) { return [&r, threshold](Real t) { return r(t) - threshold; }; };
    const Real least =
        ExactProximity::root([&](Real t) { return r.rate(t); }, closest - Real(0.1), closest + Real(0.1));
    const Real enter =
        ExactProximity::root(below(std::min(kShallowest, r(0) / kVisitProminence)), Real(0.1), least);
    const Real leave = ExactProximity::root(below(kVisitProminence * r(least)), least, least + 3);
    const Real errors[] = {times.at("dip_begin")[0] - enter, closest - least,
                           times.at("saddle_leave")[0] - leave};
    fmt::print("rtol {:.0e}: errors begin {:.1e}, closest {:.1e}, leave {:.1e}; r there {:.2e}\n",
               static_cast<double>(rtol), static_cast<double>(errors[0]), static_cast<double>(errors[1]),
               static_cast<double>(errors[2]), static_cast<double>(r(least)));
    for (const Real error : errors) BOOST_TEST(std::abs(error) <= 100 * rtol);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow

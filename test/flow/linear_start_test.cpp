// Exact steps of the polar chart: accuracy, dense output, events, interruption.
#include "saddleflow/flow/linear_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "flow/chart_run.hpp"
#include "reference/scalar_product.hpp"
#include "reference/two_layer_linear.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_stepping.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(linear_start_test)

namespace bdata = boost::unit_test::data;

namespace {

double d(Real x) { return static_cast<double>(x); }

/// Identity inputs: the flow is that of |W2 W1 - Sigma|^2 / 2.
FlowProblem product_problem(const Matrix& sigma, const Matrix& w1, const Matrix& w2) {
  const Index inputs = sigma.cols(), outputs = sigma.rows(), hidden = w1.rows();
  FlowProblem problem{feed_forward({inputs, hidden, outputs}, Activation(1, 1)),
                      {Matrix::Identity(inputs, inputs), sigma, "identity"},
                      Loss(),
                      Vector(hidden * (inputs + outputs))};
  problem.w0 << w1.reshaped(), w2.reshaped();
  return problem;
}

struct Balanced {
  Matrix sigma, w1, w2;
};

Balanced balanced_start(Real delta) {
  constexpr Index inputs = 4, hidden = 3, outputs = 3;
  Random random(7);
  Balanced start;
  start.sigma = random.orthonormal_columns(outputs, 2) * Vector{{Real(2), Real(0.5)}}.asDiagonal() *
                random.orthonormal_columns(inputs, 2).transpose();
  const Vector sizes = Vector::LinSpaced(hidden, Real(1), Real(0.5)) * delta;
  const Matrix u = random.orthonormal_columns(hidden, hidden);
  start.w1 = u * sizes.asDiagonal() * random.orthonormal_columns(inputs, hidden).transpose();
  start.w2 = random.orthonormal_columns(outputs, hidden) * sizes.asDiagonal() * u.transpose();
  return start;
}

FlowProblem random_start(std::shared_ptr<const Network> network, LossPointer loss, Real delta) {
  Random random(11);
  Dataset data;
  data.inputs = random.normal_matrix(network->input_count(), 9);
  data.targets = random.normal_matrix(network->output_count(), 9);
  if (loss->traits().classification)
    data.targets = data.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
  Vector w0 = delta * random.unit_vector(network->parameter_count());
  return {std::move(network), std::move(data), Loss(loss), std::move(w0)};
}

struct NetworkCase {
  const char* name;
  std::shared_ptr<const Network> (*network)();
  LossPointer loss;
};
std::ostream& operator<<(std::ostream& out, const NetworkCase& c) { return out << c.name; }

const NetworkCase kNetworks[] = {
    {"linear 4-3-2",
     [] {
       return feed_forward({4, 3, 2}, Activation(1, 1));
     },
     square_loss()},
    {"linear 3-5-1, logistic",
     [] {
       return feed_forward({3, 5, 1}, Activation(1, 1));
     },
     logistic_loss()},
    {"diagonal linear", [] { return diagonal_linear(4); }, square_loss()},
    {"power sum of squares", [] { return power_sum(3, 4, Activation(-1, 2)); }, square_loss()}};

IntegrationOptions until(Real t_end) {
  IntegrationOptions options;
  options.t_end = t_end;
  options.max_steps = 20000;
  return options;
}

/// At the end and in the middle of every exact step: whatever is to be measured there.
class ExactSteps : public Observer {
 public:
  using Measure = std::function<void(Real t, const Vector& weights)>;
  ExactSteps(ChartRun& run, Measure measure) : run_(run), measure_(std::move(measure)) {}
  void on_step(const StepView& step) override {
    ++steps;
    if (step.method != "exponential") return;
    ++exact;
    Vector x;
    for (const double part : {0.01, 0.3, 0.5, 0.9}) {
      const Real t = step.t0 + static_cast<Real>(part) * (step.t1 - step.t0);
      step.dense(t, x);
      measure_(t, run_.parts.probe.weights(x));
    }
    measure_(step.t1, run_.parts.probe.weights(step.x1));
  }
  int steps = 0, exact = 0;

 private:
  ChartRun& run_;
  Measure measure_;
};

ChartOptions to_escape(Real rtol) {
  ChartOptions options;
  options.rtol = rtol;
  options.events.escape = {EscapeBy::loss};
  options.events.escape_terminal = true;
  return options;
}

}  // namespace

// V3: the error of the Gram matrix at all times, and that where the loss has fallen.
BOOST_DATA_TEST_CASE(two_layer_linear_against_the_closed_form,
                     bdata::make({-12, -50, -150}) * bdata::make({-6, -8, -10, -12}), size, digits) {
  const Real rtol = std::pow(Real(10), static_cast<Real>(digits));
  const Balanced start = balanced_start(std::pow(Real(10), static_cast<Real>(size)));
  const reference::TwoLayerLinear exact(start.sigma, start.w1, start.w2);
  ChartRun run(product_problem(start.sigma, start.w1, start.w2), to_escape(rtol), until(1000));
  const auto error_of = [&](Real t, const Vector& w) {
    const Matrix found = reference::gram_of(w.head(12).reshaped(3, 4), w.tail(9).reshaped(3, 3));
    const Matrix expected = exact.gram(t);
    return (found - expected).norm() / expected.norm();
  };
  Real worst = 0;
  ExactSteps log(run, [&](Real t, const Vector& w) { worst = std::max(worst, error_of(t, w)); });
  const Outcome outcome = run.integration.run(log);
  const Real after = error_of(outcome.time, run.parts.weights(outcome.state));
  fmt::print("1e{} rtol 1e{}: {} steps, {} exact, off by {:.1e}; at the escape {:.1e} ({:.2f} rtol)\n", size,
             digits, log.steps, log.exact, d(worst), d(after), d(after / rtol));
  BOOST_TEST(log.exact >= 5);
  // Lengths are known to the rounding of their logarithms, a few hundred.
  BOOST_TEST(worst < Real(0.1) * rtol + Real(2e-12));
  BOOST_TEST(after < 5 * rtol + Real(2e-12));
}

// V1, unbalanced: a and b of the scalar product.
BOOST_DATA_TEST_CASE(scalar_product_against_the_closed_form,
                     bdata::make({-12, -50, -150}) * bdata::make({-6, -9, -12}), size, digits) {
  const Real rtol = std::pow(Real(10), static_cast<Real>(digits));
  const Real a0 = std::pow(Real(10), static_cast<Real>(size)), b0 = Real(-0.6) * a0;
  const FlowProblem problem =
      product_problem(Matrix::Ones(1, 1), Matrix::Constant(1, 1, a0), Matrix::Constant(1, 1, b0));
  // Near the origin: a + b = (a0 + b0) e^t, a - b = (a0 - b0) e^{-t}; its own formula squares them.
  const auto error_of = [&](Real t, const Vector& w) {
    const Real sum = (a0 + b0) * std::exp(t), difference = (a0 - b0) * std::exp(-t);
    return std::max(std::abs(w[0] - (sum + difference) / 2), std::abs(w[1] - (sum - difference) / 2)) /
           std::max(std::abs(w[0]), std::abs(w[1]));
  };
  ChartOptions options = to_escape(rtol);
  ChartRun run(problem, options, until(1000));
  Real worst = 0;
  ExactSteps log(run, [&](Real t, const Vector& w) { worst = std::max(worst, error_of(t, w)); });
  const Outcome outcome = run.integration.run(log);
  const reference::Pair end = reference::ScalarProduct(1, a0, b0).state(outcome.time);
  const Vector at_end = run.parts.weights(outcome.state);
  const Real after = std::max(std::abs(at_end[0] / end.a - 1), std::abs(at_end[1] / end.b - 1));
  fmt::print("1e{} rtol 1e{}: {} steps, {} exact, off by {:.1e}; at the escape {:.1e}\n", size, digits,
             log.steps, log.exact, d(worst), d(after));
  BOOST_TEST(log.exact >= 2);
  BOOST_TEST(worst < Real(0.1) * rtol + Real(2e-12));
  BOOST_TEST(after < 5 * rtol + Real(2e-12));
}

// The whole state against the ordinary stepper at 1e-13, at several times of the way.
BOOST_DATA_TEST_CASE(states_of_a_fine_integration, bdata::make(kNetworks) * bdata::make({-12, -50, -150}), c,
                     size) {
  const FlowProblem problem = random_start(c.network(), c.loss, std::pow(Real(10), static_cast<Real>(size)));
  ChartOptions fine;
  fine.rtol = Real(1e-12);  // a tenth of it in the polar chart
  fine.linear_start = false;
  Real escape = 0;
  {
    ChartRun run(problem, to_escape(Real(1e-8)), until(std::numeric_limits<Real>::max()));
    ChartLog log(run);
    escape = run.integration.run(log).time;
  }
  for (const double part : {0.02, 0.1, 0.4, 0.8, 0.9}) {
    const Real t = static_cast<Real>(part) * escape;
    ChartRun reference(problem, fine, until(t));
    ChartLog none(reference);
    const Vector expected = reference.integration.run(none).state;
    for (const int digits : {-6, -9, -12}) {
      ChartOptions options;
      options.rtol = std::pow(Real(10), static_cast<Real>(digits));
      ChartRun run(problem, options, until(t));
      ExactSteps log(run, [](Real, const Vector&) {});
      const Vector found = run.integration.run(log).state;
      BOOST_REQUIRE(run.integration.in_polar_chart());
      BOOST_REQUIRE(found.size() == expected.size());
      const Index n = run.parts.polar_flow.parameter_count(), groups = run.parts.polar_flow.group_count();
      const Real direction = (found - expected).head(n).cwiseAbs().maxCoeff();
      const Real length = (found - expected).segment(n, groups).cwiseAbs().maxCoeff();
      const Real time = std::abs(found[n + groups] / expected[n + groups] - 1);
      const Real energy = std::abs(found[n + groups + 1] - expected[n + groups + 1]);
      fmt::print(
          "{:<24} 1e{:<4} t {:.2f} T, rtol 1e{:<3}: {:>2} exact of {:>2} steps; d {:.1e}, ell {:.1e}, "
          "q {:.1e}, e {:.1e}\n",
          c.name, size, part, digits, log.exact, log.steps, d(direction), d(length), d(time), d(energy));
      BOOST_TEST(log.exact >= 1);
      const Real allowed = 2 * options.rtol + Real(1e-11);
      BOOST_TEST(direction < allowed);
      BOOST_TEST(length < allowed);
      BOOST_TEST(time < Real(1e-13));
      BOOST_TEST(energy < allowed);
    }
  }
}

// Located on the dense output of exact steps, many e-folds long.
BOOST_DATA_TEST_CASE(events_at_the_times_of_the_ordinary_stepper, bdata::make(kNetworks), c) {
  const FlowProblem problem = random_start(c.network(), c.loss, Real(1e-100));
  ChartOptions options;
  options.rtol = Real(1e-11);
  options.events = FlowEventOptions();
  options.events.escape = {EscapeBy::direction, EscapeBy::norm, EscapeBy::loss};
  options.events.escape_angle = Real(1e-2);
  options.events.escape_norm = Real(1e-30);
  options.events.escape_terminal = false;
  options.events.levels = {
      {.quantity = "weight_norm", .value = Real(1e-90), .direction = Direction::rising},
      {.quantity = "weight_norm", .value = Real(1e-60), .direction = Direction::either},
      {.quantity = "layer_norm[0]", .value = Real(1e-70), .direction = Direction::either}};
  Real t_end = 0;
  {
    ChartRun run(problem, to_escape(Real(1e-8)), until(std::numeric_limits<Real>::max()));
    ChartLog log(run);
    t_end = run.integration.run(log).time * Real(1.01);
  }
  std::vector<ChartLog::Located> events[2];
  std::int64_t gradients[2];
  for (const bool linear : {false, true}) {
    options.linear_start = linear;
    ChartRun run(problem, options, until(t_end));
    ChartLog log(run);
    run.integration.run(log);
    // How often r has a maximum between two visits is a matter of looks, and tells nothing by itself.
    std::erase_if(log.events,
                  [](const ChartLog::Located& event) { return !is_stored(event_kind_of(event.kind)); });
    events[linear ? 1 : 0] = log.events;
    gradients[linear ? 1 : 0] = run.gradients();
  }
  BOOST_REQUIRE(events[0].size() == events[1].size());
  BOOST_TEST(events[0].size() >= 6u);
  Real worst = 0;
  for (std::size_t i = 0; i < events[0].size(); ++i) {
    BOOST_TEST(events[0][i].kind == events[1][i].kind);
    const Real off = std::abs(events[1][i].time / events[0][i].time - 1);
    fmt::print("{:<24} {:<28} t = {:.10f}, off by {:.1e}\n", c.name, events[0][i].kind, d(events[0][i].time),
               d(off));
    worst = std::max(worst, off);
  }
  fmt::print("{:<24} {} gradients, {} without exact steps\n", c.name, gradients[1], gradients[0]);
  BOOST_TEST(worst < Real(1e-9));
}

namespace {

struct Piece {
  std::vector<Real> times, phases;
  std::vector<Vector> states;
  std::vector<ChartLog::Located> events;
  std::int64_t accepted = 0;
  WorkCounters objective, correlation;
};

/// The next steps from the start or from memory(), as a study goes on with its counters.
Piece go_on(const FlowProblem& problem, std::int64_t max_steps, const Memory* from, const Piece* before,
            Memory* memory) {
  ChartOptions options;
  options.events.escape = {EscapeBy::direction, EscapeBy::loss};
  options.events.levels = {{.quantity = "weight_norm",
                            .value = Real(1e-30),
                            .direction = Direction::either,
                            .cooldown = Real(0.5)}};
  IntegrationOptions end = until(std::numeric_limits<Real>::max());
  end.max_steps = max_steps;
  ChartRun run(problem, options, end);
  if (from != nullptr) {
    run.integration.restore(*from);
    run.objective.set_counters(before->objective);
    run.parts.correlation.set_counters(before->correlation);
  }
  ChartLog log(run);
  run.integration.run(log);
  if (memory != nullptr) *memory = run.integration.memory();
  return {log.times,
          log.phases,
          log.states,
          log.events,
          run.integration.counters().accepted,
          run.objective.counters(),
          run.parts.correlation.counters()};
}

void append(Piece& whole, const Piece& more) {
  whole.times.insert(whole.times.end(), more.times.begin(), more.times.end());
  whole.phases.insert(whole.phases.end(), more.phases.begin(), more.phases.end());
  whole.states.insert(whole.states.end(), more.states.begin(), more.states.end());
  whole.events.insert(whole.events.end(), more.events.begin(), more.events.end());
}

}  // namespace

BOOST_DATA_TEST_CASE(a_restored_run_goes_on_bit_by_bit_and_count_by_count, bdata::make(kNetworks), c) {
  const FlowProblem problem = random_start(c.network(), c.loss, Real(1e-60));
  constexpr std::int64_t kSteps = 60;
  const Piece whole = go_on(problem, kSteps, nullptr, nullptr, nullptr);
  fmt::print("{}: {} steps, {} events, {} gradients\n", c.name, whole.times.size(), whole.events.size(),
             whole.correlation.gradients);
  BOOST_TEST(whole.events.size() >= 2u);
  for (std::int64_t stop = 1; stop < 40; ++stop) {
    Memory memory;
    Piece parts = go_on(problem, stop, nullptr, nullptr, &memory);
    const Piece rest = go_on(problem, kSteps, &memory, &parts, nullptr);
    append(parts, rest);
    BOOST_TEST(rest.accepted == whole.accepted);
    BOOST_TEST(rest.correlation.gradients == whole.correlation.gradients);
    BOOST_TEST(rest.correlation.hessians == whole.correlation.hessians);
    BOOST_TEST(rest.objective.gradients == whole.objective.gradients);
    BOOST_TEST(parts.times == whole.times);
    BOOST_TEST(parts.phases == whole.phases);
    bool same = parts.states.size() == whole.states.size() && parts.events.size() == whole.events.size();
    for (std::size_t i = 0; same && i < parts.states.size(); ++i) same = parts.states[i] == whole.states[i];
    for (std::size_t i = 0; same && i < parts.events.size(); ++i)
      same = parts.events[i].time == whole.events[i].time;
    BOOST_TEST(same);
  }
}

// One output: the outgoing weights are one group, and one that is zero is soon not.
BOOST_AUTO_TEST_CASE(a_weight_that_leaves_zero) {
  FlowProblem problem = random_start(feed_forward({3, 4, 1}, Activation(1, 1)), square_loss(), Real(1e-60));
  problem.w0[13] = 0;
  Vector states[2];
  for (const bool linear : {false, true}) {
    ChartOptions options;
    options.rtol = Real(1e-11);
    options.linear_start = linear;
    ChartRun run(problem, options, until(2));
    ExactSteps log(run, [](Real, const Vector&) {});
    states[linear ? 1 : 0] = run.integration.run(log).state;
    BOOST_TEST((log.exact > 0) == linear);
  }
  const Real off = (states[0] - states[1]).cwiseAbs().maxCoeff();
  fmt::print("an outgoing weight of zero becomes {:.3f} of its group, off by {:.1e}\n", d(states[1][13]),
             d(off));
  BOOST_TEST(std::abs(states[1][13]) > Real(1e-3));
  BOOST_TEST(off < Real(1e-10));
}

BOOST_AUTO_TEST_CASE(only_where_it_applies) {
  const auto has_one = [](std::shared_ptr<const Network> network, int dense_limit) {
    const FlowProblem problem = random_start(std::move(network), square_loss(), Real(1e-20));
    Objective objective(problem.network, problem.data, problem.loss);
    FlowAssemblyOptions options;
    options.stepping = flow_stepping(*problem.network, Real(1e-8), 1, 0);
    options.stepping->dense_limit = dense_limit;
    options.events = no_flow_events();
    FlowAssembly parts(objective, problem.w0, options);
    return parts.polar != nullptr && dynamic_cast<LinearStart*>(&parts.polar->stepper()) != nullptr;
  };
  BOOST_TEST(has_one(feed_forward({3, 4, 1}, Activation(1, 1)), 2000));
  BOOST_TEST(has_one(feed_forward({3, 4, 1}, Activation(1, 1)), 16));
  BOOST_TEST(!has_one(feed_forward({3, 4, 1}, Activation(1, 1)), 15));
  BOOST_TEST(has_one(diagonal_linear(3), 2000));
  BOOST_TEST(!has_one(feed_forward({3, 4, 4, 1}, Activation(1, 1)), 2000));
  BOOST_TEST(!has_one(feed_forward({3, 4, 1}, Activation(0, 1)), 2000));
  BOOST_TEST(!has_one(power_sum(3, 4, Activation(0, 2)), 2000));
}

// The contract of steppers, beyond what a run asks for.
BOOST_AUTO_TEST_CASE(as_a_stepper) {
  const Balanced start = balanced_start(Real(1e-80));
  ChartRun run(product_problem(start.sigma, start.w1, start.w2), ChartOptions(), until(100));
  PolarFlow& flow = run.parts.polar_flow;
  Stepper& stepper = run.parts.polar->stepper();
  const System system(flow);
  const Vector x0 = stepper.current_state();
  stepper.set_time_step(Real(0.01));
  BOOST_TEST(stepper.current_time_step() == Real(0.01));
  const auto [t0, t1] = stepper.do_step(system);
  BOOST_TEST(stepper.method() == "exponential");
  BOOST_TEST(t1 - t0 == Real(0.01));
  stepper.do_step(system);
  BOOST_TEST(stepper.current_time() - stepper.previous_time() > Real(0.1));
  Vector x;
  stepper.calc_state(stepper.previous_time(), x);
  BOOST_TEST((x == stepper.previous_state()));
  stepper.calc_state(stepper.current_time(), x);
  BOOST_TEST((x == stepper.current_state()));
  // A copy steps like the original.
  const auto copy = stepper.clone();
  copy->do_step(system);
  stepper.do_step(system);
  BOOST_TEST((copy->current_state() == stepper.current_state()));
  BOOST_TEST(copy->counters().accepted == stepper.counters().accepted);
  const Real middle = (stepper.previous_time() + stepper.current_time()) / 2;
  Vector shifted;
  stepper.calc_state(middle, x);
  stepper.shift_time(Real(0.25));
  stepper.calc_state(middle - Real(0.25), shifted);
  BOOST_TEST((x - shifted).norm() < Real(1e-11));
  stepper.move(x0, 3);
  BOOST_TEST(stepper.current_time() == 3);
  BOOST_TEST((stepper.current_state() == x0));
  stepper.do_step(system);
  BOOST_TEST(stepper.method() == "exponential");
  BOOST_TEST(stepper.counters().jacobians == 1);
  std::vector<Real> memory = stepper.memory();
  memory.pop_back();
  BOOST_CHECK_THROW(stepper.restore(x0, 0, memory), InputError);
}

// A group of a neuron passes through zero on the way, w1 for w2 that stays: ordinary steps around it.
BOOST_AUTO_TEST_CASE(a_weight_that_passes_through_zero) {
  for (const double ratio : {0.5, 0.999}) {
    Matrix w1(1, 2), w2(2, 1), sigma(2, 2);
    w1 << Real(-ratio), 0;
    w2 << 1, Real(0.01);
    sigma << 1, 0, 0, Real(0.4);
    ChartOptions options = to_escape(Real(1e-9));
    Real expected = 0;
    for (const bool linear : {false, true}) {
      options.linear_start = linear;
      ChartRun run(product_problem(sigma, Real(1e-40) * w1, Real(1e-40) * w2), options, until(1000));
      ExactSteps log(run, [](Real, const Vector&) {});
      const Outcome outcome = run.integration.run(log);
      fmt::print("w1 / w2 = -{}: escape at {:.10f}, {} steps, {} exact\n", ratio, d(outcome.time), log.steps,
                 log.exact);
      BOOST_TEST(outcome.stop_reason == "event:escape_loss");
      if (linear) {
        BOOST_TEST(log.exact > 3);
        BOOST_TEST(std::abs(outcome.time / expected - 1) < Real(1e-8));
      }
      expected = outcome.time;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

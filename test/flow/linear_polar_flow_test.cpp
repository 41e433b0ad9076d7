// The closed form against fine integrations of the polar flow, and its error bound against what is neglected.
#include "saddleflow/flow/linear_polar_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/polar_cases.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(linear_polar_flow_test)

namespace bdata = boost::unit_test::data;

namespace {

double d(Real x) { return static_cast<double>(x); }

std::vector<PolarCase> linear_cases() {
  const Activation linear(1, 1), square(-1, 2);
  return {{"linear", {3, 4, 1}, linear},
          {.name = "linear, dead neuron, logistic",
           .sizes = {3, 4, 1},
           .activation = linear,
           .loss = logistic_loss(),
           .dead = true},
          {"linear, two outputs", {4, 3, 2}, linear},
          {.name = "power sum of squares", .sizes = {3, 4}, .activation = square, .dead = true},
          {"power sum of one input", {1, 3}, square},
          {.name = "diagonal linear", .sizes = {4}, .activation = linear, .dead = true}};
}

/// The polar state at `times` by the ordinary stepper at the finest tolerance, in steps of at most a 200th
/// of the whole: so near the origin no tolerance resolves the energy.
std::vector<Vector> integrated(PolarFlow& flow, const Vector& start, const std::vector<Real>& times) {
  StepperOptions options;
  options.error.rtol = Real(1e-14);
  options.max_step = times.back() / 200;
  options.error.quadratures = 2;
  options.error.logarithms = flow.group_count();
  options.groups = polar_error_groups(flow.correlation().network());
  const auto stepper = make_stepper("dop853", options);
  std::vector<Vector> states;
  Vector x = start;
  Real now = 0;
  for (const Real t : times) {
    stepper->initialize(x, now, (t - now) / 100);
    while (stepper->current_time() < t) {
      stepper->set_time_step(std::min(stepper->current_time_step(), t - stepper->current_time()));
      stepper->do_step(System(flow));
    }
    x = stepper->current_state();
    now = t;
    states.push_back(x);
  }
  return states;
}

struct Difference {
  Real direction = 0, length = 0, time = 0, energy = 0;
};

/// Directions and lengths absolutely, q and e relative to `b`.
Difference difference(const PolarFlow& flow, const Vector& a, const Vector& b) {
  const Index n = flow.parameter_count(), groups = flow.group_count();
  Difference most;
  most.direction = (a - b).head(n).cwiseAbs().maxCoeff();
  most.length = (a - b).segment(n, groups).cwiseAbs().maxCoeff();
  most.time = std::abs(a[n + groups] / b[n + groups] - 1);
  if (b[n + groups + 1] > 0) most.energy = std::abs(a[n + groups + 1] / b[n + groups + 1] - 1);
  return most;
}

std::vector<Real> times_of(const LinearPolarFlow& linear) {
  std::vector<Real> times;
  for (const double folds : {0.01, 0.3, 0.7, 2.0, 5.0, 12.0})
    times.push_back(static_cast<Real>(folds) / linear.fastest());
  return times;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_for_polynomials_of_degree_two) {
  const Activation linear(1, 1), relu(0, 1), square(-1, 2), squared_relu(0, 2);
  BOOST_TEST(QuadraticForm::applies_to(*feed_forward({3, 4, 2}, linear)));
  BOOST_TEST(QuadraticForm::applies_to(*diagonal_linear(3)));
  BOOST_TEST(QuadraticForm::applies_to(*power_sum(3, 2, square)));
  BOOST_TEST(!QuadraticForm::applies_to(*feed_forward({3, 4, 4, 1}, linear)));
  BOOST_TEST(!QuadraticForm::applies_to(*feed_forward({3, 4, 1}, relu)));
  BOOST_TEST(!QuadraticForm::applies_to(*feed_forward({3, 4, 1}, square)));
  BOOST_TEST(!QuadraticForm::applies_to(*power_sum(3, 2, squared_relu)));
  BOOST_TEST(!QuadraticForm::applies_to(*feed_forward({3, 1}, linear)));
}

BOOST_DATA_TEST_CASE(the_closed_form_is_the_flow_far_inside, bdata::make(linear_cases()), c) {
  PolarProblem p(c, 3, Real(1e-60));
  const Vector start = p.polar.enter(p.x);
  LinearPolarFlow linear(p.polar);
  linear.start(start);
  const std::vector<Real> times = times_of(linear);
  const std::vector<Vector> expected = integrated(p.polar, start, times);
  Difference worst;
  Vector found;
  Index zeros = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    linear.state(times[i], found);
    const Difference now = difference(p.polar, found, expected[i]);
    worst.direction = std::max(worst.direction, now.direction);
    worst.length = std::max(worst.length, now.length);
    worst.time = std::max(worst.time, now.time);
    worst.energy = std::max(worst.energy, now.energy);
    for (Index j = 0; j < p.flow.parameter_count(); ++j)
      if (start[j] == 0) {
        BOOST_TEST(found[j] == 0);
        ++zeros;
      }
  }
  fmt::print("{:<30} {} neurons: direction {:.1e}, ell {:.1e}, time {:.1e}, energy {:.1e}; {} zeros kept\n",
             c.name, linear.neuron_count(), d(worst.direction), d(worst.length), d(worst.time),
             d(worst.energy), zeros);
  BOOST_TEST((zeros > 0) == c.dead);
  BOOST_TEST(worst.direction < Real(2e-12));
  BOOST_TEST(worst.length < Real(2e-12));
  BOOST_TEST(worst.time < Real(1e-13));
  BOOST_TEST(worst.energy < Real(5e-12));
}

// A neuron 1e-100 times as large moves as it did, whether its outgoing weights share a group with others or
// not.
BOOST_DATA_TEST_CASE(an_inactive_neuron_keeps_its_digits, bdata::make({1, 2}), outputs) {
  const PolarCase c{"linear", {3, 4, outputs}, Activation(1, 1)};
  PolarProblem p(c, 3, 1);
  const Neuron& small = p.objective.network().neurons()[2];
  std::vector<Index> its = small.incoming;
  its.insert(its.end(), small.outgoing.begin(), small.outgoing.end());
  Vector shrunk = p.x;
  for (Index i : its) shrunk[i] *= Real(1e-100);
  LinearPolarFlow linear(p.polar);
  const Index n = p.flow.parameter_count();
  // ln|w_i|, also where there is no number for w_i.
  const auto log_weight = [&](const Vector& x, Index i) {
    return x[n + p.polar.groups().first[static_cast<std::size_t>(i)]] + std::log(std::abs(x[i]));
  };
  Vector active, inactive;
  Real worst = 0;
  for (const double folds : {0.1, 2.0, 12.0}) {
    const Real t = static_cast<Real>(folds) / linear.fastest();
    linear.start(p.polar.enter(Real(1e-30) * p.x));
    linear.state(t, active);
    linear.start(p.polar.enter(Real(1e-30) * shrunk));
    linear.state(t, inactive);
    for (Index i : its)
      worst =
          std::max(worst, std::abs(log_weight(active, i) - log_weight(inactive, i) - std::log(Real(1e100))));
  }
  fmt::print("{} neurons, one of 1e-100, {} outputs: its weights off by {:.1e}\n", linear.neuron_count(),
             outputs, d(worst));
  BOOST_TEST(linear.neuron_count() == 4);
  BOOST_TEST(worst < Real(1e-12));
}

// w' = diag(3, 1) w from (1e-30, 1): for long along the second axis, in the end along the first.
BOOST_AUTO_TEST_CASE(a_tiny_component_along_the_top_is_kept) {
  Dataset data{Matrix::Identity(2, 2), Matrix(1, 2), "axes"};
  data.targets << Real(1.5), Real(0.5);
  Objective objective(power_sum(2, 1, Activation(-1, 2)), data, Loss());
  Correlation correlation(objective);
  PolarFlow polar(correlation, correlation.loss_at_origin());
  LinearPolarFlow linear(polar);
  Vector direction(2), x;
  direction << Real(1e-30), 1;
  linear.start(polar.enter(direction, Real(-300), 0));
  BOOST_TEST(std::abs(linear.fastest() - 3) < Real(1e-14));
  Real worst = 0;
  for (const int t : {10, 20, 30, 34, 36, 40, 50}) {
    linear.state(static_cast<Real>(t), x);
    const Real ratio = Real(1e-30) * std::exp(static_cast<Real>(2 * t));
    const Real length = std::hypot(Real(1), ratio);
    worst = std::max({worst, std::abs(x[0] / (ratio / length) - 1), std::abs(x[1] / (1 / length) - 1),
                      std::abs(x[2] - (-300 + static_cast<Real>(t) + std::log(length)))});
  }
  fmt::print("a component of 1e-30: off by {:.1e}\n", d(worst));
  BOOST_TEST(worst < Real(1e-12));
}

// Where c matters: above what it really changes, and not by much.
BOOST_DATA_TEST_CASE(the_bound_holds, bdata::make(linear_cases()) * bdata::make({1e-3, 1e-5}), c, norm) {
  PolarProblem p(c, 3, static_cast<Real>(norm));
  const Vector start = p.polar.enter(p.x);
  LinearPolarFlow linear(p.polar);
  linear.start(start);
  const Index n = p.flow.parameter_count(), groups = p.polar.group_count();
  std::vector<Real> times;
  for (const double folds : {0.5, 1.0, 2.0, 3.0})
    times.push_back(static_cast<Real>(folds) / linear.fastest());
  const std::vector<Vector> exact = integrated(p.polar, start, times);
  Vector sensitivity, at, after, found, carried = Vector::Zero(linear.neuron_count());
  LinearPolarFlow in_steps = linear;
  Real before = 0;
  linear.sensitivity(start, sensitivity);
  for (std::size_t i = 0; i < times.size(); ++i) {
    linear.sensitivity(exact[i], at);
    sensitivity = sensitivity.cwiseMax(at);
    linear.state(times[i], found);
    // Of the ends; in between it may be larger, as steps allow for by a factor of two.
    const Real bound =
        linear.error_bound(times[i], Vector::Zero(linear.neuron_count()), 2 * sensitivity, after).maxCoeff();
    // The same in steps, from one time to the next.
    const Real in_pieces =
        in_steps.error_bound(times[i] - before, carried, 2 * sensitivity, after).maxCoeff();
    carried = after;
    before = times[i];
    in_steps.start(found);
    Real error = 0;
    const Vector difference = found - exact[i];
    for (Index j = 0; j < n; ++j) error = std::max(error, std::abs(difference[j]));
    error = std::max(error, difference.segment(n, groups).cwiseAbs().maxCoeff());
    fmt::print("{:<30} |w| {:.0e}, t {:.2f}: neglected {:.1e}, bound {:.1e}, in steps {:.1e}\n", c.name, norm,
               d(times[i]), d(error), d(bound), d(in_pieces));
    BOOST_TEST(error <= in_pieces + Real(1e-12));
    BOOST_TEST(in_pieces <= 50 * error);
    BOOST_TEST(error <= bound + Real(1e-12));
    BOOST_TEST(bound <= 50 * error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

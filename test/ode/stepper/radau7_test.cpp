// Radau IIA of order 7: its order at fixed steps, on smooth and on stiff problems, its dense output, what it
// asks of a system, what becomes of it when it is moved, and damaged memories.
#include "saddleflow/ode/stepper/radau7.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "plateau_problem.hpp"
#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(radau7_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

double number(Real x) { return static_cast<double>(x); }

/// SymmetricQuartic, by products.
struct QuarticByProducts : SymmetricQuartic {
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real /*t*/) {
    ++products;
    out = minus_jacobian(x) * v;
  }
  std::int64_t products = 0;
};

/// y' = -lambda (y - sin t) + cos t (Prothero & Robinson 1974), solved by sin t: stiff, and it moves.
struct StiffSine {
  Real lambda;
  void operator()(const Vector& y, Vector& f, Real t) const {
    f[0] = -lambda * (y[0] - std::sin(t)) + std::cos(t);
  }
  void hessian_vector(const Vector&, const Vector& v, Vector& out, Real) const { out = lambda * v; }
};

/// y' = t^k.
struct Monomial {
  int k;
  void operator()(const Vector&, Vector& f, Real t) const { f[0] = std::pow(t, static_cast<Real>(k)); }
  void hessian_vector(const Vector&, const Vector&, Vector& out, Real) const { out.setZero(); }
};

/// Every step is h and is accepted, and yet the stages are solved to rounding: what the estimate may be grows
/// without bound where rtol falls, and the iteration is measured against atol.
StepperOptions fixed_steps(Real h) {
  auto options = tolerance(Real(1e-120), Real(1e-10));
  options.error.quadrature_scale = Real(1e110);  // times rtol: atol
  options.error.slope_rounding = SlopeRounding::counted;
  options.error.rounding = 0;
  options.max_step = h;
  return options;
}

struct RadauErrors {
  Real state, quadrature, dense;
};

/// From t = 10, after which H changes so slowly in a step that the iteration comes to rounding.
RadauErrors quartic_errors(int steps) {
  constexpr Real kStart = 10;
  QuarticByProducts problem;
  const Real h = Real(4) / static_cast<Real>(steps);
  auto options = fixed_steps(h);
  options.error.quadratures = 1;
  Radau7 stepper(options);
  stepper.initialize(problem.exact(kStart), kStart, h);
  RadauErrors errors{0, 0, 0};
  Vector x;
  stepper.do_step(System(problem));
  for (const Real theta : {Real(0.2), Real(0.3), Real(0.6), Real(0.9)}) {
    stepper.calc_state(kStart + theta * h, x);
    errors.dense = std::max(errors.dense, (x - problem.exact(kStart + theta * h)).norm());
  }
  while (stepper.counters().accepted < steps) stepper.do_step(System(problem));
  BOOST_TEST_REQUIRE(stepper.counters().rejected_error + stepper.counters().rejected_indefinite == 0);
  const Vector difference = stepper.current_state() - problem.exact(stepper.current_time());
  const Index n = difference.size() - 1;
  errors.state = difference.head(n).norm();
  errors.quadrature = std::abs(difference[n]);
  return errors;
}

/// Per halving of the step.
double halvings(Real coarse, Real fine) { return number(std::log2(coarse / fine)); }

Real stiff_error(Real lambda, int steps) {
  const StiffSine problem{lambda};
  const Real h = Real(2) / static_cast<Real>(steps);
  Radau7 stepper(fixed_steps(h));
  stepper.initialize(Vector::Zero(1), 0, h);
  Real error = 0;
  while (stepper.counters().accepted < steps) {
    stepper.do_step(System(problem));
    error = std::max(error, std::abs(stepper.current_state()[0] - std::sin(stepper.current_time())));
  }
  BOOST_TEST_REQUIRE(stepper.counters().rejected_error + stepper.counters().rejected_indefinite == 0);
  return error;
}

}  // namespace

// Of the same linear problem where it is not stiff.
BOOST_AUTO_TEST_CASE(order_at_fixed_steps) {
  Real last = stiff_error(1, 1);
  double order = 0;
  for (const int steps : {2, 4, 8}) {
    const Real now = stiff_error(1, steps);
    order = halvings(last, now);
    fmt::print("radau7 not stiff, h = 2/{} error {:.2e} order {:.2f}\n", steps, number(now), order);
    last = now;
  }
  BOOST_TEST(order > 6.7);
}

// The dense output of one step errs by O(h^6); ends and integrals are known to the digits that the iteration
// leaves, two of those of atol, so soon that no order is seen.
BOOST_AUTO_TEST_CASE(order_of_the_dense_output) {
  RadauErrors last = quartic_errors(2);
  double dense = 0;
  for (const int steps : {4, 8}) {
    const RadauErrors now = quartic_errors(steps);
    dense = halvings(last.dense, now.dense);
    fmt::print("radau7 h = 4/{} error {:.2e}, quadrature {:.2e}, dense {:.2e} order {:.2f}\n", steps,
               number(now.state), number(now.quadrature), number(now.dense), dense);
    BOOST_TEST(now.state < Real(2e-12));
    BOOST_TEST(now.quadrature < Real(2e-12));
    last = now;
  }
  BOOST_TEST(dense > 5.7);
  BOOST_TEST(dense < 6.7);
}

// Hairer & Wanner, Solving ODEs II, table IV.15.1: four stages err by h^4 / lambda where h lambda is large.
BOOST_AUTO_TEST_CASE(stage_order_on_a_stiff_linear_problem) {
  constexpr Real kLambda = Real(1e5);
  Real last = stiff_error(kLambda, 2);
  double order = 0;
  for (const int steps : {4, 8, 16}) {
    const Real now = stiff_error(kLambda, steps);
    order = halvings(last, now);
    fmt::print("radau7 Prothero-Robinson h = 2/{:<2} error {:.2e} order {:.2f}\n", steps, number(now), order);
    last = now;
  }
  BOOST_TEST(order > 3.7);
  const double by_stiffness = number(stiff_error(kLambda, 4) / stiff_error(10 * kLambda, 4));
  fmt::print("radau7 Prothero-Robinson: ten times as stiff, error / {:.2f}\n", by_stiffness);
  BOOST_TEST(std::abs(by_stiffness - 10) < 1);
}

// The polynomial of degree 5 with the right slopes at five points; and it meets both ends.
BOOST_AUTO_TEST_CASE(dense_output_is_exact_for_polynomials) {
  for (int k = 0; k < 5; ++k) {
    const Monomial monomial{k};
    Radau7 stepper(tolerance(1, 1));
    stepper.initialize(Vector::Zero(1), 0, 1);
    stepper.do_step(System(monomial));
    BOOST_TEST_REQUIRE(stepper.current_time() == 1);
    Vector x;
    for (const Real t : {Real(0), Real(0.1), Real(0.3), Real(0.55), Real(0.8), Real(1)}) {
      stepper.calc_state(t, x);
      const Real exact = std::pow(t, static_cast<Real>(k + 1)) / static_cast<Real>(k + 1);
      BOOST_TEST(std::abs(x[0] - exact) < Real(1e-14), "t^" << k << " at " << t);
    }
  }
}

// Inside the steps as well as at their ends, in proportion to the tolerance.
BOOST_DATA_TEST_CASE(dense_output_keeps_the_tolerance, boost::unit_test::data::make({4, 6, 8, 10, 12}),
                     digits) {
  const Real rtol = std::pow(Real(10), Real(-digits));
  QuarticByProducts problem;
  auto options = tolerance(rtol);
  options.error.quadratures = 1;
  Radau7 stepper(options);
  stepper.initialize(problem.exact(0), 0, Real(1e-3));
  Real inside = 0, ends = 0, jump = 0;
  Vector x;
  while (stepper.current_time() < 100) {
    const auto [t0, t1] = stepper.do_step(System(problem));
    ends = std::max(ends, relative(stepper.current_state(), problem.exact(t1)));
    for (int k = 1; k < 50; ++k) {
      const Real t = t0 + (t1 - t0) * static_cast<Real>(k) / 50;
      stepper.calc_state(t, x);
      inside = std::max(inside, relative(x, problem.exact(t)));
    }
    stepper.calc_state(t0, x);
    jump = std::max(jump, relative(x, stepper.previous_state()));
    stepper.calc_state(t1, x);
    jump = std::max(jump, relative(x, stepper.current_state()));
  }
  fmt::print(
      "radau7 rtol 1e-{}: {} steps, {} slopes, {} products; error at ends {:.2f} rtol, inside {:.2f} rtol\n",
      digits, stepper.counters().accepted, problem.calls, problem.products, number(ends / rtol),
      number(inside / rtol));
  BOOST_TEST(ends < 10 * rtol);
  BOOST_TEST(inside < 10 * rtol);
  BOOST_TEST(jump < Real(1e-14));
}

BOOST_AUTO_TEST_CASE(systems_without_products_are_refused) {
  SymmetricQuartic problem;
  auto options = tolerance(Real(1e-6));
  options.error.quadratures = 1;
  Radau7 stepper(options);
  stepper.initialize(problem.exact(0), 0, 1);
  BOOST_CHECK_EXCEPTION(stepper.do_step(System(problem)), InputError, [](const InputError& error) {
    return std::string(error.what()).find("offers no hessian_vector") != std::string::npos;
  });
}

// An event moves the state: neither the polynomial nor the slope of the path before may serve.
BOOST_DATA_TEST_CASE(moved_steppers_know_nothing_of_the_path_before,
                     boost::unit_test::data::make({3, 10, 25}), steps) {
  PlateauProblem problem(1);
  const auto options = tolerance(Real(1e-9));
  Radau7 moved(options);
  moved.initialize(problem.start(Real(0.1)), 0, 1);
  for (int i = 0; i < steps; ++i) moved.do_step(System(problem));
  Vector middle;
  const Real t = (moved.previous_time() + moved.current_time()) / 2;
  moved.calc_state(t, middle);
  middle *= Real(1.5);
  Radau7 fresh(options);
  fresh.initialize(middle, t, moved.current_time_step());
  moved.move(middle, t);
  const Real end = t + 3;
  const Vector a = drive(moved, problem, end), b = drive(fresh, problem, end);
  Radau7 tight(tolerance(Real(1e-12)));
  tight.initialize(middle, t, Real(1e-3));
  const Vector right = drive(tight, problem, end);
  const Real error = relative(a, right), of_fresh = relative(b, right);
  fmt::print("radau7 moved after {} steps: errs {:.1e}, a fresh one {:.1e}\n", steps, number(error),
             number(of_fresh));
  BOOST_TEST((middle - b).norm() > Real(1e-3) * b.norm());
  BOOST_TEST(error < 10 * std::max(of_fresh, options.error.rtol));
}

BOOST_AUTO_TEST_CASE(not_a_number_is_rejected_or_named) {
  struct {
    void operator()(const Vector& x, Vector& f, Real) const {
      f[0] = x[0] > 25 ? std::numeric_limits<Real>::quiet_NaN() : x[0];
    }
    void hessian_vector(const Vector&, const Vector& v, Vector& out, Real) const { out = -v; }
  } wall;
  Radau7 stepper(tolerance(Real(1e-8)));
  stepper.initialize(Vector::Ones(1), 0, 100);
  stepper.do_step(System(wall));
  const Vector x = drive(stepper, wall, 3);
  BOOST_TEST(stepper.counters().rejected_nonfinite > 0);
  BOOST_TEST(std::abs(x[0] / std::exp(Real(3)) - 1) < Real(1e-6));
  BOOST_CHECK_EXCEPTION(for (int i = 0; i < 10000; ++i) stepper.do_step(System(wall)), StepFailure,
                        [](const StepFailure& failure) { return failure.reason() == Stop::nonfinite; });
  BOOST_TEST(stepper.current_time() <= std::log(Real(25)) + Real(1e-6));
}

BOOST_AUTO_TEST_CASE(damaged_memories_are_refused) {
  QuarticByProducts problem;
  auto options = tolerance(Real(1e-6));
  options.error.quadratures = 1;
  Radau7 stepper(options);
  stepper.initialize(problem.exact(0), 0, 1);
  for (int i = 0; i < 3; ++i) stepper.do_step(System(problem));
  const std::vector<Real> memory = stepper.memory();
  BOOST_CHECK_NO_THROW(stepper.restore(problem.exact(1), 1, memory));
  // Of another state, and cut short anywhere.
  BOOST_CHECK_THROW(stepper.restore(problem.exact(1).head(5), 1, memory), InputError);
  for (std::size_t size = 0; size < memory.size(); ++size)
    BOOST_CHECK_THROW(stepper.restore(problem.exact(1), 1,
                                      {memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(size)}),
                      InputError);
}

BOOST_AUTO_TEST_SUITE_END()

// The library's steppers under Odeint's own integrate functions, ranges and iterators, with Odeint's meaning
// of the two tolerances, and systems that offer no derivatives.
#include <fmt/format.h>

#include <boost/mpl/list.hpp>
#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/integrate/integrate_const.hpp>
#include <boost/numeric/odeint/integrate/integrate_times.hpp>
#include <boost/numeric/odeint/iterator/adaptive_iterator.hpp>
#include <boost/numeric/odeint/iterator/const_step_time_iterator.hpp>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "problems.hpp"
#include "saddleflow/ode/stepper/difference_jacobian.hpp"
#include "saddleflow/ode/stepper/odeint_adaptors.hpp"

BOOST_AUTO_TEST_SUITE(odeint_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace odeint = boost::numeric::odeint;

namespace {

using Methods = boost::mpl::list<odeint_method::Dopri5, odeint_method::Dop853, odeint_method::Rodas5P,
                                 odeint_method::Rkc2, odeint_method::Auto>;

template <class M>
constexpr Real kTolerance = std::is_same_v<M, odeint_method::Rkc2> ? Real(1e-6) : Real(1e-9);

template <class M>
auto dense() {
  return odeint::make_dense_output(Real(0), kTolerance<M>, M());
}

const Vector kEigenvalues{{Real(0.3), 2, 20}};

Real far(const Vector& x, Real t) { return (x - LinearFlow(kEigenvalues, 9).exact(t)).norm(); }

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(integrate_adaptive_and_times, M, Methods) {
  LinearFlow flow(kEigenvalues, 9);
  Vector x = flow.start();
  Real worst = 0, last = -1;
  const auto observe = [&](const Vector& y, Real t) {
    worst = std::max(worst, far(y, t));
    BOOST_TEST(t > last);
    last = t;
  };
  const std::size_t steps =
      odeint::integrate_adaptive(dense<M>(), std::ref(flow), x, Real(0), Real(3), Real(1e-3), observe);
  BOOST_TEST(last == 3);
  fmt::print("integrate_adaptive {:<8} {} steps, {} f, error {:.1e}\n", M::name, steps, flow.calls,
             static_cast<double>(worst));
  BOOST_TEST(worst < 100 * kTolerance<M>);
  BOOST_TEST(far(x, 3) < 100 * kTolerance<M>);

  x = flow.start();
  const std::vector<Real> times = {0, Real(0.1), Real(0.7), 2};
  std::vector<Real> seen;
  odeint::integrate_times(dense<M>(), std::ref(flow), x, times, Real(1e-3), [&](const Vector& y, Real t) {
    seen.push_back(t);
    BOOST_TEST(far(y, t) < 100 * kTolerance<M>);
  });
  BOOST_TEST(seen == times);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(integrate_const_interpolates, M, Methods) {
  LinearFlow flow(kEigenvalues, 9);
  Vector x = flow.start();
  int seen = 0;
  odeint::integrate_const(dense<M>(), std::ref(flow), x, Real(0), Real(2), Real(0.125),
                          [&](const Vector& y, Real t) {
                            ++seen;
                            BOOST_TEST(far(y, t) < 1000 * kTolerance<M>);
                          });
  BOOST_TEST(seen == 17);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ranges_and_iterators, M, Methods) {
  LinearFlow flow(kEigenvalues, 9);
  Vector x = flow.start();
  auto [first, last] =
      odeint::make_adaptive_range(dense<M>(), std::ref(flow), x, Real(0), Real(1), Real(1e-3));
  int points = 0;
  for (; first != last; ++first) ++points;
  BOOST_TEST(points > 3);

  x = flow.start();
  auto [from, to] =
      odeint::make_const_step_time_range(dense<M>(), std::ref(flow), x, Real(0), Real(1), Real(0.25));
  points = 0;
  for (; from != to; ++from, ++points) BOOST_TEST(far((*from).first, (*from).second) < 1000 * kTolerance<M>);
  BOOST_TEST(points == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controlled, M, Methods) {
  LinearFlow flow(kEigenvalues, 9);
  Vector x = flow.start();
  auto stepper = odeint::make_controlled(Real(0), kTolerance<M>, M());
  odeint::integrate_adaptive(std::ref(stepper), std::ref(flow), x, Real(0), Real(1), Real(1e-3));
  BOOST_TEST(far(x, 1) < 100 * kTolerance<M>);
  // A state changed from outside: no stale derivative.
  Real t = 1, dt = Real(1e-3);
  x = flow.start();
  stepper.try_step(std::ref(flow), x, t, dt);
  BOOST_TEST(far(x, t - 1) < 100 * kTolerance<M>);
}

// Odeint copies the lambda for each call; dense output must not ask the dead copies.
BOOST_AUTO_TEST_CASE(a_system_by_value_is_gone_when_its_dense_output_is_asked_for) {
  Vector x = Vector::Ones(1);
  const Real rate = -1;
  const auto decay = [rate](const Vector& y, Vector& f, Real) { f = rate * y; };
  int seen = 0;
  odeint::integrate_const(odeint::make_dense_output(Real(0), Real(1e-9), odeint_method::Dop853()), decay, x,
                          Real(0), Real(2), Real(0.125), [&](const Vector& y, Real t) {
                            ++seen;
                            BOOST_TEST(std::abs(y[0] - std::exp(-t)) < Real(1e-8));
                          });
  BOOST_TEST(seen == 17);
}

BOOST_AUTO_TEST_CASE(lambdas_and_max_dt) {
  Vector x = Vector::Ones(1);
  Real last = 0, longest = 0;
  const auto decay = [](const Vector& y, Vector& f, Real) { f = -y; };
  odeint::integrate_adaptive(
      odeint::make_dense_output(Real(0), Real(1e-6), Real(0.05), odeint_method::Dopri5()), decay, x, Real(0),
      Real(1), Real(0.01), [&](const Vector&, Real t) {
        longest = std::max(longest, t - last);
        last = t;
      });
  BOOST_TEST(longest < Real(0.0501));
  BOOST_TEST(std::abs(x[0] - std::exp(Real(-1))) < Real(1e-6));
}

BOOST_AUTO_TEST_CASE(errors_are_measured_against_atol_and_rtol_alone) {
  const Real rtol = Real(1e-6), atol = Real(1e-9);
  const ErrorControl control(ErrorControl::by_component(rtol, atol));
  const Vector x0{{1, Real(1e-12), 0, -3}}, x1{{2, 0, 0, -1}};
  const Vector weights = atol + rtol * x0.cwiseAbs().cwiseMax(x1.cwiseAbs()).array();
  // Neither the others' sizes nor rounding of the slopes are in them.
  const Vector rounding = Vector::Ones(4);
  BOOST_TEST(std::abs(control.norm(weights, x0, x1, Real(1e9), &rounding) - 1) <= Real(1e-14));
  for (Index i = 0; i < 4; ++i) {
    const Vector alone = weights[i] * Vector::Unit(4, i);
    BOOST_TEST(std::abs(control.norm(alone, x0, x1, Real(1e9), &rounding) - Real(0.5)) <= Real(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(an_absolute_tolerance_is_respected) {
  const auto decay = [](const Vector& y, Vector& f, Real) { f = -y; };
  const Real end = 40;
  std::size_t steps[2] = {};
  for (const bool absolute : {true, false}) {
    Vector x = Vector::Ones(1);
    const Real atol = absolute ? Real(1e-6) : Real(0);
    steps[absolute ? 0 : 1] =
        odeint::integrate_adaptive(odeint::make_dense_output(atol, Real(1e-10), odeint_method::Dopri5()),
                                   decay, x, Real(0), end, Real(1e-3));
    const Real error = std::abs(x[0] - std::exp(-end));
    BOOST_TEST_MESSAGE(fmt::format("atol {:.0e}: {} steps, error {:.1e}, x = {:.3e}",
                                   static_cast<double>(atol), steps[absolute ? 0 : 1],
                                   static_cast<double>(error), static_cast<double>(x[0])));
    // Purely relative: as good at 4e-18 as at 1.
    BOOST_TEST(error <= (absolute ? 10 * atol : Real(1e-7) * std::exp(-end)));
  }
  BOOST_TEST(steps[0] * 5 < steps[1]);
}

namespace {

/// Relative error of y1(1e11) of Robertson's problem.
template <class M, class S>
Real robertson(Real atol, Real rtol) {
  S problem;
  Vector y = problem.start();
  const std::size_t steps = odeint::integrate_adaptive(odeint::make_dense_output(atol, rtol, M()),
                                                       std::ref(problem), y, Real(0), Real(1e11), Real(1e-4));
  const Real exact = problem.at_1e11()[0];
  const Real error = std::abs(y[0] - exact) / exact;
  BOOST_TEST_MESSAGE(fmt::format(
      "Robertson to 1e11, {} {}, atol {:.0e}, rtol {:.0e}: {} steps, {} f, y1 off by {:.1e}", M::name,
      std::is_same_v<S, Robertson> ? "with its Jacobian" : "by differences", static_cast<double>(atol),
      static_cast<double>(rtol), steps, problem.calls, static_cast<double>(error)));
  return error;
}

}  // namespace

BOOST_AUTO_TEST_CASE(robertson_to_the_eleventh_power_of_ten) {
  using namespace odeint_method;
  for (const Real atol : {Real(0), Real(1e-22)}) {
    BOOST_TEST((robertson<Rodas5P, Robertson>(atol, Real(1e-8)) <= Real(1e-8)));
    BOOST_TEST((robertson<Rodas5P, PlainRobertson>(atol, Real(1e-8)) <= Real(1e-8)));
    BOOST_TEST((robertson<Auto, Robertson>(atol, Real(1e-8)) <= Real(1e-8)));
    BOOST_TEST((robertson<Auto, PlainRobertson>(atol, Real(1e-8)) <= Real(1e-8)));
  }
  // y1 there is 2e-8: an absolute tolerance of 1e-10 is a relative one of half a per cent.
  const Real rough = robertson<Rodas5P, Robertson>(Real(1e-10), Real(1e-8));
  BOOST_TEST(rough <= Real(5e-3));
  BOOST_TEST(rough >= Real(1e-6));
}

namespace {

/// x' = -k (x - cos t) - sin t, with x = cos t: neither autonomous nor with derivatives.
struct Prothero {
  void operator()(const Vector& x, Vector& f, Real t) {
    ++calls;
    f.resize(1);
    f[0] = -kRate * (x[0] - std::cos(t)) - std::sin(t);
  }
  static constexpr Real kRate = Real(1e4);
  std::int64_t calls = 0;
};

struct KnownProthero : Prothero {
  void jacobian(const Vector&, Matrix& j, Real) const { j(0, 0) = -kRate; }
  void time_derivative(const Vector&, Vector& f, Real t) const { f[0] = -kRate * std::sin(t) - std::cos(t); }
};

template <class S>
Real prothero(Real rtol) {
  S problem;
  Vector x = Vector::Ones(1);
  const std::size_t steps =
      odeint::integrate_adaptive(odeint::make_dense_output(rtol, rtol, odeint_method::Rodas5P()),
                                 std::ref(problem), x, Real(0), Real(1.3), Real(1e-3));
  const Real error = std::abs(x[0] - std::cos(Real(1.3)));
  BOOST_TEST_MESSAGE(fmt::format("Prothero and Robinson, {}, rtol {:.0e}: {} steps, {} f, error {:.1e}",
                                 std::is_same_v<S, Prothero> ? "by differences" : "with derivatives",
                                 static_cast<double>(rtol), steps, problem.calls,
                                 static_cast<double>(error)));
  return error;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_derivatives_as_accurate_as_with_them) {
  for (const Real rtol : {Real(1e-5), Real(1e-7), Real(1e-9)}) {
    BOOST_TEST(prothero<KnownProthero>(rtol) <= rtol);
    BOOST_TEST(prothero<Prothero>(rtol) <= rtol);
  }
}

BOOST_AUTO_TEST_CASE(difference_jacobians_are_of_second_order) {
  Robertson problem;
  const Vector y{{Real(0.3), Real(1e-5), Real(0.7)}};
  Vector f(3), by_time(3);
  Matrix exact(3, 3), found;
  problem(y, f, 0);
  problem.jacobian(y, exact, 0);
  DifferenceJacobian differences;
  differences.jacobian(System(problem), y, f, 0, 1, found);
  // Quadratic, so that only rounding of the slopes is left: 1e-16 of their terms over 6e-6 of y.
  const Real error = (found - exact).norm() / exact.norm();
  differences.time_derivative(System(problem), y, f, 5, 1, by_time);
  BOOST_TEST_MESSAGE(fmt::format("Jacobian by differences off by {:.1e}", static_cast<double>(error)));
  BOOST_TEST(error <= Real(1e-9));
  BOOST_TEST(by_time.isZero(0));
  Prothero forced;
  const Vector x = Vector::Ones(1);
  Vector g(1), slope(1);
  forced(x, g, 2);
  differences.time_derivative(System(forced), x, g, 2, Real(0.1), slope);
  const Real rate = -Prothero::kRate * std::sin(Real(2)) - std::cos(Real(2));
  BOOST_TEST(std::abs(slope[0] - rate) <= Real(1e-8) * std::abs(rate));
}

BOOST_AUTO_TEST_SUITE_END()

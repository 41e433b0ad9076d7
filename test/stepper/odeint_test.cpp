// The library's steppers under Odeint's own integrate functions, ranges and iterators.
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
#include "saddleflow/stepper/odeint_adaptors.hpp"

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

BOOST_AUTO_TEST_SUITE_END()

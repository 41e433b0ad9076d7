// What every stepper says of its dense output: a polynomial of dense_degree() between dense_breaks().
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/ode/switching/bernstein.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

/// x' = -grad of (x0^2 + x1^2 - 1)^2 / 4 + x0 x1 / 5 + 3 x1^4: nonlinear, with a symmetric Hessian.
struct Bowl {
  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const {
    const Real s = x.squaredNorm() - 1;
    dxdt.resize(2);
    dxdt << -s * x[0] - x[1] / 5, -s * x[1] - x[0] / 5 - 12 * x[1] * x[1] * x[1];
  }
  void hessian(const Vector& x, Matrix& out, Real /*t*/) const {
    const Real s = x.squaredNorm() - 1;
    out = 2 * x * x.transpose() + s * Matrix::Identity(2, 2);
    out(0, 1) += Real(0.2);
    out(1, 0) += Real(0.2);
    out(1, 1) += 36 * x[1] * x[1];
  }
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t) const {
    Matrix h;
    hessian(x, h, t);
    out = h * v;
  }
};

/// Largest distance of the dense output on a part [a, b] of the step from its interpolant of this degree.
Real distance_from_polynomial(const Stepper& stepper, Real a, Real b, int degree) {
  const Real t0 = stepper.previous_time(), h = stepper.current_time() - t0;
  const auto value = [&](Real theta) {
    Vector x;
    stepper.calc_state(t0 + (a + (b - a) * theta) * h, x);
    return x[0];
  };
  const BernsteinFit fit(degree);
  std::vector<Real> values;
  for (const Real node : fit.nodes()) values.push_back(value(node));
  const Bernstein p = fit(values);
  Real worst = 0;
  for (int i = 1; i < 40; ++i) {
    const Real theta = static_cast<Real>(i) / 40;
    worst = std::max(worst, std::abs(p(theta) - value(theta)));
  }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dense_polynomial_test)

BOOST_DATA_TEST_CASE(degree_and_breaks, bdata::make(stepper_names()), method) {
  StepperOptions options;
  options.error.rtol = Real(1e-6);
  const auto stepper = make_stepper(method, options);
  stepper->initialize((Vector(2) << Real(0.3), Real(-0.8)).finished(), 0, Real(0.01));
  Bowl bowl;
  Real worst = 0, lower = 0;
  std::size_t most = 0;
  for (int step = 0; step < 40; ++step) {
    stepper->do_step(bowl);
    stepper->complete_dense_output();
    std::vector<Real> ends = stepper->dense_breaks();
    most = std::max(most, ends.size());
    BOOST_TEST(std::is_sorted(ends.begin(), ends.end()));
    ends.push_back(1);
    Real from = 0;
    for (const Real to : ends) {
      worst = std::max(worst, distance_from_polynomial(*stepper, from, to, stepper->dense_degree()));
      lower = std::max(lower, distance_from_polynomial(*stepper, from, to, stepper->dense_degree() - 1));
      from = to;
    }
  }
  fmt::print("{:<8} degree {}, at most {} breaks: off by {:.1e}; degree {}: {:.1e}\n", method,
             stepper->dense_degree(), most, static_cast<double>(worst), stepper->dense_degree() - 1,
             static_cast<double>(lower));
  BOOST_TEST(worst <= Real(1e-14));
  BOOST_TEST(lower >= Real(1e-11));
  if (method == "dop853") BOOST_TEST(most > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

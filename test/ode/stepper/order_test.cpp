// Convergence order of every method through one template: solution, quadrature and dense output.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(order_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

struct Case {
  std::string method;
  double order;  ///< of the solution
  double dense;  ///< exponent of the error of one step's dense output
  double slack = 0.25;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.method; }
const Case kCases[] = {{"dopri5", 5, 5}, {"dop853", 8, 8, 0.5}, {"rodas5p", 5, 5}, {"rkc2", 2, 3}};

/// Every try is accepted, every step is h.
std::unique_ptr<Stepper> fixed_step(const std::string& method, const Vector& x, Real h, Index quadratures) {
  StepperOptions options = tolerance(Real(1e3), Real(1e6));
  options.error.quadrature_scale = Real(1e9);
  options.error.quadratures = quadratures;
  options.max_step = h;
  auto stepper = make_stepper(method, options);
  stepper->initialize(x, 0, h);
  return stepper;
}

struct Errors {
  Real state, quadrature, dense;
};

template <class Problem>
Errors errors(const std::string& method, int steps) {
  Problem problem;
  const Real h = Real(1) / static_cast<Real>(steps);
  const Index n = problem.exact(0).size() - 1;
  auto stepper = fixed_step(method, problem.exact(0), h, 1);
  Errors e{0, 0, 0};
  stepper->do_step(System(problem));
  Vector x;
  for (const Real theta : {Real(0.2), Real(0.5), Real(0.7), Real(0.9)}) {
    stepper->calc_state(theta * h, x);
    e.dense = std::max(e.dense, (x - problem.exact(theta * h)).norm());
  }
  stepper->calc_state(stepper->current_time(), x);
  BOOST_TEST((x - stepper->current_state()).norm() <= Real(1e-13) * x.norm());
  while (stepper->counters().accepted < steps) stepper->do_step(System(problem));
  BOOST_TEST_REQUIRE(stepper->counters().rejected_error == 0);
  const Vector difference = stepper->current_state() - problem.exact(stepper->current_time());
  e.state = difference.head(n).norm();
  e.quadrature = std::abs(difference[n]);
  return e;
}

/// Errors below this are rounding and show no order.
constexpr Real kRounding = 20 * std::numeric_limits<Real>::epsilon();

void update(double& order, Real last, Real now) {
  if (now > kRounding) order = static_cast<double>(std::log2(last / now));
}

template <class Problem>
void check_order(const Case& c, const char* kind) {
  Errors last = errors<Problem>(c.method, 8);
  double order[3] = {};
  for (int steps = 16; steps <= 256; steps *= 2) {
    const Errors e = errors<Problem>(c.method, steps);
    update(order[0], last.state, e.state);
    update(order[1], last.quadrature, e.quadrature);
    update(order[2], last.dense, e.dense);
    fmt::print(
        "{:<8} {:<9} h = 1/{:<3} error {:.2e} order {:.2f}, quadrature {:.2e} {:.2f}, dense {:.2e} {:.2f}\n",
        c.method, kind, steps, static_cast<double>(e.state), order[0], static_cast<double>(e.quadrature),
        order[1], static_cast<double>(e.dense), order[2]);
    last = e;
  }
  BOOST_TEST(order[0] > c.order - c.slack);
  BOOST_TEST(order[1] > c.order - c.slack);
  BOOST_TEST(order[2] > c.dense - c.slack);
}

/// y' = -y^2 + sin^2 t + cos t, solved by sin t: explicit time dependence, with df/dt.
struct Forced {
  void operator()(const Vector& x, Vector& dxdt, Real t) const {
    using std::cos, std::sin;
    dxdt[0] = -x[0] * x[0] + sin(t) * sin(t) + cos(t);
  }
  void jacobian(const Vector& x, Matrix& j, Real) const { j(0, 0) = -2 * x[0]; }
  void time_derivative(const Vector&, Vector& d, Real t) const {
    using std::cos, std::sin;
    d[0] = 2 * sin(t) * cos(t) - sin(t);
  }
};

}  // namespace

BOOST_DATA_TEST_CASE(gradient_system, boost::unit_test::data::make(kCases)) {
  check_order<SymmetricQuartic>(sample, "symmetric");
}

BOOST_DATA_TEST_CASE(general_system, boost::unit_test::data::make(kCases)) {
  check_order<GeneralQuartic>(sample, "general");
}

BOOST_DATA_TEST_CASE(non_autonomous_system, boost::unit_test::data::make(kCases)) {
  Forced problem;
  Real last = 0;
  double order = 0;
  for (int steps = 2; steps <= 32; steps *= 2) {
    const Vector zero = Vector::Zero(1);
    auto stepper = fixed_step(sample.method, zero, Real(1) / static_cast<Real>(steps), 0);
    while (stepper->counters().accepted < steps) stepper->do_step(System(problem));
    const Real error = std::abs(stepper->current_state()[0] - std::sin(stepper->current_time()));
    update(order, last, error);
    if (last > 0)
      fmt::print("{:<8} forced    h = 1/{:<3} error {:.2e} order {:.2f}\n", sample.method, steps,
                 static_cast<double>(error), order);
    last = error;
  }
  BOOST_TEST(order > sample.order - sample.slack);
}

BOOST_AUTO_TEST_SUITE_END()

// Stiff problems with published or closed-form solutions.
//
// Reference values: Mazzia & Magherini, "Test Set for Initial Value Problem Solvers", release 2.4 (Bari/CWI,
// 2008).
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(stiff_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

const auto kStiff = boost::unit_test::data::make({"rodas5p", "auto"});

struct VanDerPol {
  static constexpr Real kMu = Real(1e6);
  void operator()(const Vector& y, Vector& f, Real) {
    ++calls;
    f << y[1], kMu * ((1 - y[0] * y[0]) * y[1] - y[0]);
  }
  void jacobian(const Vector& y, Matrix& j, Real) const {
    j << 0, 1, kMu * (-2 * y[0] * y[1] - 1), kMu * (1 - y[0] * y[0]);
  }
  std::int64_t calls = 0;
};

struct Hires {
  void operator()(const Vector& y, Vector& f, Real) {
    ++calls;
    const Real r = 280 * y[5] * y[7];
    f = linear() * y;
    f[0] += Real(0.0007);
    f[5] -= r;
    f[6] += r;
    f[7] -= r;
  }
  void jacobian(const Vector& y, Matrix& j, Real) const {
    j = linear();
    const Real a = 280 * y[7], b = 280 * y[5];
    j(5, 5) -= a, j(5, 7) -= b, j(6, 5) += a, j(6, 7) += b, j(7, 5) -= a, j(7, 7) -= b;
  }
  static Matrix linear() {
    Matrix m = Matrix::Zero(8, 8);
    m(0, 0) = Real(-1.71), m(0, 1) = Real(0.43), m(0, 2) = Real(8.32);
    m(1, 0) = Real(1.71), m(1, 1) = Real(-8.75);
    m(2, 2) = Real(-10.03), m(2, 3) = Real(0.43), m(2, 4) = Real(0.035);
    m(3, 1) = Real(8.32), m(3, 2) = Real(1.71), m(3, 3) = Real(-1.12);
    m(4, 4) = Real(-1.745), m(4, 5) = m(4, 6) = Real(0.43);
    m(5, 3) = Real(0.69), m(5, 4) = Real(1.71), m(5, 5) = Real(-0.43), m(5, 6) = Real(0.69);
    m(6, 6) = Real(-1.81), m(7, 6) = Real(1.81);
    return m;
  }
  std::int64_t calls = 0;
};

Real largest_relative(const Vector& x, const Vector& exact) {
  return ((x - exact).array() / exact.array()).abs().maxCoeff();
}

void report(const char* problem, const char* method, const Stepper& s, std::int64_t calls, Real error) {
  const StepCounters& c = s.counters();
  fmt::print("{:<18} {:<8} accepted {:>6} rejected {:>4} f {:>7} J {:>5} switches {} error {:.1e}\n", problem,
             method, c.accepted, c.rejected_error + c.rejected_indefinite + c.rejected_nonfinite, calls,
             c.jacobians, c.switches, static_cast<double>(error));
}

}  // namespace

BOOST_DATA_TEST_CASE(robertson, kStiff) {
  Robertson problem;
  auto options = tolerance(Real(1e-8), Real(1e-22));
  options.error.theta = 0;  // components of very different size
  auto stepper = make_stepper(sample, options);
  stepper->initialize(Vector{{1, 0, 0}}, 0, Real(1e-4));
  drive(*stepper, problem, Real(4e10));
  // CVODE's documentation, cvRoberts_dns, prints 5.2083e-08 2.0833e-13 1.0000e+00.
  BOOST_TEST(std::abs(stepper->current_state()[0] - Real(5.2083e-8)) < Real(0.0002e-8));
  BOOST_TEST(std::abs(stepper->current_state()[1] - Real(2.0833e-13)) < Real(0.0002e-13));
  const Vector x = drive(*stepper, problem, Real(1e11));
  const Vector exact = Robertson::at_1e11();
  report("Robertson, 1e11", sample, *stepper, problem.calls, largest_relative(x, exact));
  BOOST_TEST(largest_relative(x, exact) < Real(1e-6));
}

BOOST_DATA_TEST_CASE(van_der_pol, kStiff) {
  VanDerPol problem;
  auto options = tolerance(Real(1e-8), Real(1e-10));
  options.error.theta = 0;
  auto stepper = make_stepper(sample, options);
  stepper->initialize(Vector{{2, 0}}, 0, Real(1e-8));
  const Vector x = drive(*stepper, problem, 2);
  const Vector exact{{Real(0.1706167732170483e1L), Real(-0.8928097010247975L)}};
  report("van der Pol, 1e6", sample, *stepper, problem.calls, largest_relative(x, exact));
  BOOST_TEST(largest_relative(x, exact) < Real(1e-6));
}

BOOST_DATA_TEST_CASE(hires, kStiff) {
  Hires problem;
  auto options = tolerance(Real(1e-8), Real(1e-12));
  options.error.theta = 0;
  auto stepper = make_stepper(sample, options);
  stepper->initialize(Vector{{1, 0, 0, 0, 0, 0, 0, Real(0.0057)}}, 0, Real(1e-4));
  const Vector x = drive(*stepper, problem, Real(321.8122));
  Vector exact(8);
  exact << Real(0.7371312573325668e-3L), Real(0.1442485726316185e-3L), Real(0.5888729740967575e-4L),
      Real(0.1175651343283149e-2L), Real(0.2386356198831331e-2L), Real(0.6238968252742796e-2L),
      Real(0.2849998395185769e-2L), Real(0.2850001604814231e-2L);
  report("HIRES", sample, *stepper, problem.calls, largest_relative(x, exact));
  BOOST_TEST(largest_relative(x, exact) < Real(1e-5));
}

BOOST_DATA_TEST_CASE(linear_flow,
                     boost::unit_test::data::make({"rodas5p", "rodas5p-cg", "radau7", "rkc2", "auto"})) {
  const Vector eigenvalues{{Real(0.5), 1, 30, 1e3, 1e5, 1e6}};
  LinearFlow flow(eigenvalues, 8);
  const Real rtol = std::string_view(sample) == "rkc2" ? Real(1e-5) : Real(1e-8);
  auto stepper = make_stepper(sample, tolerance(rtol));
  stepper->initialize(flow.start(), 0, Real(1e-7));
  const Vector x = drive(*stepper, flow, 2);
  const Real error = (x - flow.exact(2)).norm() / flow.start().norm();
  report("e^(-Ht), 1e6", sample, *stepper, flow.calls, error);
  BOOST_TEST(error < 100 * rtol);
  BOOST_TEST(flow.calls < 40000);  // an explicit method needs more than 6e5 steps
}

BOOST_DATA_TEST_CASE(prothero_robinson, kStiff) {
  struct {
    Real lambda = Real(-1e6);
    std::int64_t calls = 0;
    void operator()(const Vector& y, Vector& f, Real t) {
      ++calls;
      f[0] = lambda * (y[0] - std::sin(t)) + std::cos(t);
    }
    void jacobian(const Vector&, Matrix& j, Real) const { j(0, 0) = lambda; }
    void time_derivative(const Vector&, Vector& d, Real t) const {
      d[0] = -lambda * std::cos(t) - std::sin(t);
    }
  } problem;
  auto stepper = make_stepper(sample, tolerance(Real(1e-8), Real(1e-8)));
  stepper->initialize(Vector::Zero(1), 0, Real(1e-5));
  const Vector x = drive(*stepper, problem, 10);
  const Real error = std::abs(x[0] - std::sin(Real(10)));
  report("Prothero-Robinson", sample, *stepper, problem.calls, error);
  BOOST_TEST(error < Real(1e-7));
  BOOST_TEST(stepper->counters().accepted < 1000);
}

BOOST_DATA_TEST_CASE(dissipative_exponential,
                     boost::unit_test::data::make({"dopri5", "dop853", "rodas5p", "rkc2", "auto"})) {
  // u' = -e^u, the gradient flow of e^u: e^{-u} grows linearly.
  struct {
    std::int64_t calls = 0;
    void operator()(const Vector& u, Vector& f, Real) {
      ++calls;
      f[0] = -std::exp(u[0]);
    }
    void hessian(const Vector& u, Matrix& h, Real) const { h(0, 0) = std::exp(u[0]); }
  } problem;
  const Real rtol = std::string_view(sample) == "rkc2" ? Real(1e-6) : Real(1e-9);
  auto stepper = make_stepper(sample, tolerance(rtol, rtol));
  stepper->initialize(Vector::Constant(1, Real(0.5)), 0, Real(0.01));
  const Vector u = drive(*stepper, problem, 100);
  const Real error = std::abs(u[0] + std::log(std::exp(Real(-0.5)) + 100));
  report("u' = -e^u", sample, *stepper, problem.calls, error);
  // The error estimate of the order-2 method is O(h^3): its global error follows rtol^(2/3).
  BOOST_TEST(error < (std::string_view(sample) == "rkc2" ? 10 * std::pow(rtol, Real(2) / 3) : 100 * rtol));
}

BOOST_AUTO_TEST_SUITE_END()

// Failures are noticed and named; an interrupted run goes on bit by bit.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "plateau_problem.hpp"
#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(robustness_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

const auto kMethods = boost::unit_test::data::make({"dopri5", "dop853", "rodas5p", "rkc2", "auto"});
// Those that need products as well.
const auto kAllMethods =
    boost::unit_test::data::make({"dopri5", "dop853", "rodas5p", "rodas5p-cg", "radau7", "rkc2", "auto"});
constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();

/// x' = x from 1; not a number from a wall on that the solution to t = 3 never reaches.
struct Wall {
  void operator()(const Vector& x, Vector& dxdt, Real) {
    dxdt[0] = x[0] > 25 ? kNaN : x[0];
    if (x[0] > 25) ++beyond;
  }
  void hessian(const Vector&, Matrix& h, Real) const { h(0, 0) = -1; }
  int beyond = 0;
};

/// Global error to expect: in proportion to the tolerance, for the order-2 method (estimate O(h^3)) to its
/// power 2/3.
Real expected_error(std::string_view method, Real rtol) {
  return method == "rkc2" ? 20 * std::pow(rtol, Real(2) / 3) : 100 * rtol;
}

std::string failure(Stepper& stepper, const System& system, int steps) {
  try {
    for (int i = 0; i < steps; ++i) stepper.do_step(system);
  } catch (const StepFailure& e) {
    BOOST_TEST_MESSAGE(e.what());
    return name_of(e.reason());
  }
  return "none";
}

struct Blind {
  void operator()(const Vector& x, Vector& dxdt, Real) const { dxdt = -x; }
};

}  // namespace

BOOST_DATA_TEST_CASE(nan_is_rejected_and_counted, kMethods) {
  Wall wall;
  auto stepper = make_stepper(sample, tolerance(Real(1e-8)));
  // Far enough for a stage to leave; with Rodas5P short enough for H + 1/(gamma h) > 0.
  stepper->initialize(Vector::Ones(1), 0, std::string_view(sample) == "rodas5p" ? Real(4.5) : Real(100));
  stepper->do_step(System(wall));  // unshortened
  const Vector x = drive(*stepper, wall, 3);
  const Real error = std::abs(x[0] / std::exp(Real(3)) - 1);
  fmt::print("{:<8} NaN wall: {} rejected as non-finite, error {:.1e}\n", sample,
             stepper->counters().rejected_nonfinite, static_cast<double>(error));
  BOOST_TEST(wall.beyond > 0);
  BOOST_TEST(stepper->counters().rejected_nonfinite > 0);
  BOOST_TEST(error < expected_error(sample, Real(1e-8)));
}

BOOST_DATA_TEST_CASE(lasting_nan_is_named, kMethods) {
  struct {
    void operator()(const Vector& x, Vector& dxdt, Real t) const {
      dxdt = t > 1 ? Vector(kNaN * x) : Vector(-x);
    }
    void hessian(const Vector&, Matrix& h, Real) const { h = Matrix::Identity(1, 1); }
  } system;
  auto stepper = make_stepper(sample, tolerance(Real(1e-6)));
  stepper->initialize(Vector::Ones(1), 0, Real(0.1));
  BOOST_TEST(failure(*stepper, System(system), 10000) == "nonfinite");
  // What was accepted is still there and good.
  BOOST_TEST(stepper->current_time() <= 1);
  BOOST_TEST(std::abs(stepper->current_state()[0] - std::exp(-stepper->current_time())) < Real(1e-4));
  stepper->initialize(Vector::Constant(1, kNaN), 0, Real(0.1));
  BOOST_TEST(failure(*stepper, System(system), 1) == "nonfinite");
}

BOOST_DATA_TEST_CASE(unchanged_time_is_named, kAllMethods) {
  const Vector eigenvalues{{1, 2}};
  LinearFlow flow(eigenvalues, 2);
  auto stepper = make_stepper(sample, tolerance(Real(1e-6)));
  stepper->initialize(flow.start(), Real(1e25), 1);
  BOOST_TEST(failure(*stepper, System(flow), 1) == "step_underflow");
}

BOOST_DATA_TEST_CASE(blow_up_ends, kMethods) {
  struct {
    void operator()(const Vector& x, Vector& dxdt, Real) const { dxdt = x.cwiseAbs2(); }
    void hessian(const Vector& x, Matrix& h, Real) const { h(0, 0) = -2 * x[0]; }
  } system;
  auto stepper = make_stepper(sample, tolerance(Real(1e-6)));
  stepper->initialize(Vector::Ones(1), 0, Real(0.1));
  BOOST_TEST(failure(*stepper, System(system), 1000000) != "none");
  BOOST_TEST(std::abs(stepper->current_time() - 1) < Real(1e-3));
}

BOOST_AUTO_TEST_CASE(bad_calls_are_input_errors) {
  Blind blind;
  BOOST_CHECK_THROW(make_stepper("euler", {}), InputError);
  auto stepper = make_stepper("rodas5p", tolerance(Real(1e-6)));
  BOOST_CHECK_THROW(stepper->do_step(System(blind)), InputError);
  BOOST_CHECK_THROW(stepper->initialize(Vector::Ones(1), 0, 0), InputError);
  BOOST_CHECK_THROW(stepper->initialize(Vector::Ones(1), 0, kNaN), InputError);
  stepper->initialize(Vector::Ones(1), 0, 1);
  BOOST_CHECK_NO_THROW(stepper->do_step(System(blind)));  // neither Hessian nor Jacobian: by differences
  SymmetricQuartic quartic;
  stepper->initialize(quartic.exact(0), 0, 1);
  BOOST_CHECK_THROW(stepper->do_step(System(quartic)), InputError);  // a quadrature nobody announced
  BOOST_CHECK_THROW(stepper->restore(Vector::Ones(1), 0, {1, 2, 3}), InputError);
}

BOOST_AUTO_TEST_CASE(cholesky_failure_shrinks_the_step) {
  const Vector eigenvalues{{-1, 2}};
  LinearFlow flow(eigenvalues, 5);
  auto stepper = make_stepper("rodas5p", tolerance(Real(1e-6)));
  stepper->initialize(flow.start(), 0, 100);  // lambda_min + 1/(gamma h) < 0
  drive(*stepper, flow, 5);
  const StepCounters& c = stepper->counters();
  BOOST_TEST(c.rejected_indefinite > 0);
  // The Hessian is kept when a try is rejected.
  BOOST_TEST(c.jacobians == c.accepted);
  BOOST_TEST(c.factorizations == c.accepted + c.rejected_error + c.rejected_indefinite);
  BOOST_TEST(relative(stepper->current_state(), flow.exact(5)) < Real(1e-4));
}

BOOST_DATA_TEST_CASE(restored_run_goes_on_bit_by_bit,
                     kAllMethods* boost::unit_test::data::make({1, 37, 93, 100, 118, 163}) *
                         boost::unit_test::data::make({false, true}),
                     method, split, smooth) {
  constexpr int kSteps = 200;
  PlateauProblem whole(1), parts(1);
  auto options = tolerance(Real(1e-6));
  options.smooth = smooth;
  auto one = make_stepper(method, options);
  one->initialize(whole.start(Real(1e-3)), 0, 1);
  for (int i = 0; i < kSteps; ++i) one->do_step(System(whole));

  auto first = make_stepper(method, options);
  first->initialize(parts.start(Real(1e-3)), 0, 1);
  for (int i = 0; i < split; ++i) first->do_step(System(parts));
  auto second = make_stepper(method, options);
  second->restore(first->current_state(), first->current_time(), first->memory());
  for (int i = split; i < kSteps; ++i) second->do_step(System(parts));

  BOOST_TEST((one->current_state().array() == second->current_state().array()).all());
  BOOST_TEST(one->current_time() == second->current_time());
  BOOST_TEST(one->current_time_step() == second->current_time_step());
  BOOST_TEST((one->memory() == second->memory()));  // counters and all
  BOOST_TEST(whole.counts.gradients == parts.counts.gradients);
  BOOST_TEST(whole.counts.products == parts.counts.products);
  BOOST_TEST(one->method() == second->method());
  Vector a, b;
  const Real middle = (one->previous_time() + one->current_time()) / 2;
  one->calc_state(middle, a);
  second->clone()->calc_state(middle, b);
  BOOST_TEST((a.array() == b.array()).all());
  BOOST_TEST(whole.counts.gradients == parts.counts.gradients);
}

BOOST_AUTO_TEST_SUITE_END()

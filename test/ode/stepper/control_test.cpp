// Error norm and step controller.
#include <fmt/format.h>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "problems.hpp"
#include "saddleflow/ode/stepper/step_controller.hpp"

BOOST_AUTO_TEST_SUITE(control_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();

ErrorControl::Options with_rtol(Real rtol) {
  ErrorControl::Options options;
  options.rtol = rtol;
  options.theta = 1;
  return options;
}

bool close(Real a, Real b) { return std::abs(a - b) <= 100 * kEpsilon * std::abs(b); }

}  // namespace

BOOST_AUTO_TEST_SUITE(error_control)

BOOST_AUTO_TEST_CASE(one_group_by_hand) {
  const Vector x0{{1, -2}}, x1{{3, 1}}, error{{Real(0.5), Real(-0.25)}};
  const Real size = std::sqrt(Real(5));  // rms of x1, the larger end
  const Real a = Real(0.5) / (Real(0.1) * (3 + size)), b = Real(0.25) / (Real(0.1) * (2 + size));
  BOOST_TEST(close(ErrorControl(with_rtol(Real(0.1))).norm(error, x0, x1), std::sqrt((a * a + b * b) / 2)));
}

BOOST_AUTO_TEST_CASE(groups_take_the_smaller_rms) {
  ErrorGroups groups;
  groups.first = {0, 0, 1};
  groups.second = {-1, 1, -1};
  groups.count = 2;
  const Vector x{{3, 4, 12}}, error{{0, 1, 0}};
  // Group 0 holds 3 and 4, group 1 holds 4 and 12; the error is that of group 0, not diluted by the third.
  const Real expected = 1 / (4 + std::sqrt(Real(12.5))) / std::sqrt(Real(2));
  BOOST_TEST(close(ErrorControl(with_rtol(1), groups).norm(error, x, x), expected));
}

BOOST_AUTO_TEST_CASE(the_worst_group_counts_whatever_the_width) {
  for (int width : {1, 10, 100}) {
    ErrorGroups groups;
    groups.count = width;
    for (int g = 0; g < width; ++g) groups.first.insert(groups.first.end(), {g, g});
    const Vector x = Vector::Ones(2 * width);
    Vector error = Vector::Zero(2 * width);
    error[0] = error[1] = Real(0.5);
    BOOST_TEST(close(ErrorControl(with_rtol(Real(0.1)), groups).norm(error, x, x), Real(2.5)));
  }
}

BOOST_AUTO_TEST_CASE(the_error_is_held_against_the_way_of_the_step) {
  auto options = with_rtol(1);
  options.displacement = Real(0.01);
  const Vector x0{{3, 4}}, x1{{3, Real(4.5)}}, error{{0, Real(0.01)}};
  BOOST_TEST(
      close(ErrorControl(options).norm(error, x0, x1), Real(0.01) / (Real(0.005) + Real(1e-5) * x1.norm())));
  // Where nothing moves, 1e-5 of the tolerance is allowed, and rounding anyway.
  const Vector tiny{{0, Real(1e-6)}};
  BOOST_TEST(close(ErrorControl(options).norm(tiny, x0, x0), Real(0.02)));
  options.rtol = Real(1e-13);
  const Vector rounding{{0, kEpsilon}};
  const Real by_weights =
      kEpsilon / std::sqrt(Real(2)) / (options.rtol * (4 + options.theta * 5 / std::sqrt(Real(2))));
  BOOST_TEST(close(ErrorControl(options).norm(rounding, x0, x0), std::max(Real(0.02), by_weights)));
  // A step h ||H|| = 30 long sees four times the rounding.
  const Real longer = by_weights * options.rtol / (options.rtol + 30 * kEpsilon);
  BOOST_TEST(close(ErrorControl(options).norm(rounding, x0, x0, 30), std::max(Real(0.005), longer)));
}

BOOST_AUTO_TEST_CASE(rounding_of_the_slopes_is_no_error) {
  const Vector x{{1, 1}}, error{{Real(1e-5), 0}}, rounding{{Real(1e-5), 0}};
  const ErrorControl control(with_rtol(Real(1e-9)));
  BOOST_TEST(control.norm(error, x, x) > 1000);
  BOOST_TEST(control.norm(error, x, x, 0, &rounding) < 1);
  // That of one component excuses no other.
  const Vector other{{0, Real(1e-5)}};
  BOOST_TEST(control.norm(other, x, x, 0, &rounding) > 1000);
}

// Two rows of lengths e^0 and e^-20 share a column: in the first row its weight is as small as the neuron
// that sends it, and is known relative to that.
BOOST_AUTO_TEST_CASE(second_groups_compare_products) {
  ErrorGroups groups;
  groups.first = {0, 0, 1, 1};
  groups.second = {-1, 2, -1, 2};
  groups.count = 3;
  groups.logarithm = {0, 0, 1, 1};
  auto options = with_rtol(Real(1e-6));
  options.logarithms = 2;
  const Real small = std::exp(Real(-20));
  const Vector x{{1, small, Real(0.6), Real(0.8), 0, -20}};
  const Vector error{{0, Real(1e-6) * small, 0, 0, 0, 0}};
  const Real rms = small * std::sqrt((1 + Real(0.64)) / 2);
  BOOST_TEST(
      close(ErrorControl(options, groups).norm(error, x, x), small / (small + rms) / std::sqrt(Real(2))));
}

BOOST_AUTO_TEST_CASE(quadratures_are_absolute_and_do_not_hide) {
  auto options = with_rtol(Real(0.01));
  options.quadratures = 1;
  options.quadrature_scale = 10;
  const Vector x{{1, 1, 5}};
  const Vector large{{0, 0, Real(0.3)}};
  BOOST_TEST(close(ErrorControl(options).norm(large, x, x), 3));
  // An integral that has outgrown its scale is measured against itself.
  const Vector grown{{1, 1, 1000}};
  BOOST_TEST(close(ErrorControl(options).norm(large, grown, grown), Real(0.03)));
}

BOOST_AUTO_TEST_CASE(errors_of_logarithms_are_relative_errors) {
  auto options = with_rtol(Real(0.01));
  options.quadratures = 1;
  options.logarithms = 2;
  const Vector x{{1, 1, -345, 7, 5}};
  const Vector error{{0, 0, Real(0.02), 0, 0}};
  BOOST_TEST(close(ErrorControl(options).norm(error, x, x), 2));
}

BOOST_AUTO_TEST_CASE(not_finite_is_infinite) {
  const ErrorControl control(with_rtol(Real(1e-3)));
  const Vector good{{1, 1}};
  for (const Real bad : {std::numeric_limits<Real>::quiet_NaN(), kInfinity, -kInfinity}) {
    const Vector v{{bad, 1}};
    BOOST_TEST(control.norm(v, good, good) == kInfinity);
    BOOST_TEST(control.norm(good, good, v) == kInfinity);
  }
}

BOOST_AUTO_TEST_CASE(zeros_and_small_weights) {
  const ErrorControl control(with_rtol(Real(1e-3)));
  const Vector zero = Vector::Zero(2), x{{1, 0}};
  BOOST_TEST(control.norm(zero, zero, zero) == 0);
  BOOST_TEST(control.norm(x, zero, zero) == kInfinity);
  const Real one = control.norm(Real(1e-3) * x, x, x);
  for (const int power : {-1000, -500, 100, 900}) {  // squares of these would under- or overflow
    const Vector y = std::ldexp(Real(1), power) * x;
    BOOST_TEST(control.norm(Real(1e-3) * y, y, y) == one);
  }
}

BOOST_AUTO_TEST_CASE(bad_groups_are_refused) {
  ErrorGroups groups;
  groups.first = {0, 5};
  groups.count = 2;
  BOOST_CHECK_THROW(ErrorControl(with_rtol(1), groups), InputError);
  groups.first = {0, 1};
  const Vector three = Vector::Ones(3);
  BOOST_CHECK_THROW(ErrorControl(with_rtol(1), groups).norm(three, three, three), InputError);
  BOOST_CHECK_THROW(ErrorControl(with_rtol(0)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(step_controller)

BOOST_AUTO_TEST_CASE(formula) {
  StepController control(5);
  const StepController::Options o;
  BOOST_TEST(close(control.accepted(2, Real(0.5)), 2 * o.safety * std::pow(Real(0.5), Real(-0.2))));
  BOOST_TEST(close(control.accepted(2, Real(0.4)),
                   2 * o.safety * std::pow(Real(0.4), Real(-0.16)) * std::pow(Real(0.5), Real(0.06))));
  BOOST_TEST(control.accepted(1, 0) == o.max_factor);
  BOOST_TEST(close(control.rejected(1, Real(4)), o.safety * std::pow(Real(4), Real(-0.2))));
  BOOST_TEST(control.rejected(1, Real(1e30)) == o.min_factor);
  BOOST_TEST(control.rejected(1, kInfinity) == o.nonfinite_factor);
}

BOOST_AUTO_TEST_CASE(no_growth_after_a_rejection) {
  StepController control(5);
  control.rejected(1, 2);
  BOOST_TEST(control.accepted(Real(0.8), Real(1e-9)) <= Real(0.8));
  BOOST_TEST(control.accepted(Real(0.8), Real(1e-9)) > Real(0.8));
  control.indefinite(1);
  BOOST_TEST(control.accepted(Real(0.5), 0) <= Real(0.5));
}

BOOST_AUTO_TEST_CASE(settles_below_the_tolerance) {
  StepController control(5);
  Real h = Real(1e-3), error = 0;
  for (int i = 0; i < 200; ++i) {
    error = std::pow(h, Real(5));  // err = 1 at h = 1
    h = error > 1 ? control.rejected(h, error) : control.accepted(h, error);
  }
  fmt::print("controller settles at error {:.3f} of the tolerance\n", static_cast<double>(error));
  BOOST_TEST(error < 1);
  BOOST_TEST(error > Real(0.05));
}

BOOST_DATA_TEST_CASE(same_steps_at_every_scale,
                     boost::unit_test::data::make({"dopri5", "dop853", "rodas5p", "rkc2", "auto"})) {
  StepCounters first;
  for (const int power : {0, -40, 60}) {
    const Vector eigenvalues{{Real(0.1), 3, 200, -Real(0.05)}};
    LinearFlow flow(eigenvalues, 11);
    auto stepper = make_stepper(sample, tolerance(Real(1e-6)));
    stepper->initialize(std::ldexp(Real(1), power) * flow.start(), 0, Real(1e-3));
    drive(*stepper, flow, 20);
    const StepCounters& c = stepper->counters();
    if (power == 0) first = c;
    fmt::print("{:<8} scale 2^{:<4} {} accepted {} rejected\n", sample, power, c.accepted, c.rejected_error);
    BOOST_TEST(c.accepted == first.accepted);
    BOOST_TEST(c.rejected_error == first.rejected_error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

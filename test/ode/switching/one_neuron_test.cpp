// One neuron H = v sigma(u . x) against closed forms: crossing, sliding for ever, dying, being released.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "ode/switching/kink_run.hpp"

using namespace saddleflow;
using test::KinkRun;
namespace bdata = boost::unit_test::data;

namespace {

/// u' = a (y - a u v) v, v' = a (y - a u v) u with v^2 - u^2 = c > 0 and v, y > 0: u = sqrt(c) sinh(psi),
/// psi' = a (y - a c sinh(2 psi) / 2). With h = tanh(psi) time is (1 / (a K)) ln |(h - h-) / (h - h+)|, K and
/// h+- from the roots of y h^2 + a c h - y (THEORY.md, V1).
class Hyperbola {
 public:
  Hyperbola(Real a, Real c, Real y) : c_(c) {
    const Real k = std::hypot(a * c, 2 * y);
    rate_ = a * k;
    high_ = (k - a * c) / (2 * y);
    low_ = -(k + a * c) / (2 * y);
  }
  Real time(Real u0, Real u1) const { return (std::log(ratio(u1)) - std::log(ratio(u0))) / rate_; }
  Real u_after(Real u0, Real t) const {
    const Real r = ratio(u0) * std::exp(rate_ * t);
    const Real h = (low_ + high_ * r) / (1 + r);
    return std::sqrt(c_) * h / std::sqrt(1 - h * h);
  }

 private:
  Real ratio(Real u) const {
    const Real h = u / std::sqrt(c_ + u * u);
    return (h - low_) / (high_ - h);
  }
  Real c_, rate_, high_, low_;
};

struct OneNeuron {
  Real slope;
  Matrix inputs;   // inputs x samples
  Vector targets;  // samples
  Vector u;
  Real v;
};

Matrix one_by_one(Real x) { return Matrix::Constant(1, 1, x); }
Vector pair(Real a, Real b) { return Vector(Eigen::Matrix<Real, 2, 1>(a, b)); }
Vector single(Real x) { return Vector::Constant(1, x); }

KinkRun run(const OneNeuron& neuron, const std::string& stepper, Real end) {
  Dataset data;
  data.inputs = neuron.inputs;
  data.targets = neuron.targets.transpose();
  Objective objective(feed_forward({neuron.inputs.rows(), 1, 1}, Activation(neuron.slope, 1)), data, Loss());
  Vector w(neuron.u.size() + 1);
  w << neuron.u, neuron.v;
  test::KinkOptions options;
  options.stepper = stepper;
  options.rtol = Real(1e-12);
  options.times = {end};
  return test::run_kinks(objective, w, end, options);
}

Real relative(Real found, Real expected) { return std::abs(found - expected) / std::abs(expected); }

void say(const std::string& what, const std::string& stepper, Real time_error, Real state_error) {
  BOOST_TEST_MESSAGE(fmt::format("{}, {}: time to {:.2g}, end to {:.2g}", what, stepper,
                                 static_cast<double>(time_error), static_cast<double>(state_error)));
}

const std::vector<std::string> kSteppers{"dopri5", "dop853", "rodas5p", "rodas5p-cg", "radau7"};
const std::vector<Real> kInputs{Real(1), Real(2), Real(-0.7)};

// One sample (x, 0), u_1 x = 1/2 at the start and falling; u_2 does not move, so that the neuron is not zero
// at the kink. In the coordinates of the hyperbola x and v are positive, u and y have the signs that leaves.
constexpr Real kU = Real(-0.5), kV = Real(1.5), kY = 2, kAside = Real(0.3);
OneNeuron falling(Real slope, Real x) { return {slope, pair(x, 0), single(-kY), pair(-kU / x, kAside), kV}; }
Real c_of(Real x) { return kV * kV - kU * kU / (x * x); }
Real time_at_kink(Real x) {
  // z / |x| = -u, target -y.
  return Hyperbola(std::abs(x), c_of(x), kY).time(kU / std::abs(x), 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(one_neuron_test)

// Slope 0.1: through the kink, and on with a tenth of the slope.
BOOST_DATA_TEST_CASE(crosses, bdata::make(kSteppers) * bdata::make(kInputs), stepper, x) {
  const Real kink = time_at_kink(x), end = kink + 3, slope = Real(0.1), c = c_of(x);
  const KinkRun found = run(falling(slope, x), stepper, end);
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.crossings == 1);
  const Real u = Hyperbola(slope * std::abs(x), c, kY).u_after(0, end - kink);
  const Vector w = found.path.back();
  const Real time_error = relative(found.changes[0].t, kink);
  const Real state_error =
      std::hypot(w[0] - (x > 0 ? -u : u), w[2] - std::sqrt(c + u * u)) / std::sqrt(c + 2 * u * u);
  say(fmt::format("crosses, x = {}", static_cast<double>(x)), stepper, time_error, state_error);
  BOOST_TEST(time_error <= Real(1e-10));
  BOOST_TEST(state_error <= Real(1e-10));
}

// |s|: both sides point to the kink, where nothing moves; the sample is not fitted.
BOOST_DATA_TEST_CASE(slides_for_ever, bdata::make(kSteppers) * bdata::make(kInputs), stepper, x) {
  const Real kink = time_at_kink(x);
  const KinkRun found = run(falling(-1, x), stepper, kink + 3);
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(found.entries == 1);
  const Real time_error = relative(found.changes[0].t, kink);
  const Real state_error = relative(found.path.back()[2], std::sqrt(c_of(x)));
  say(fmt::format("slides, x = {}", static_cast<double>(x)), stepper, time_error, state_error);
  BOOST_TEST(time_error <= Real(1e-10));
  BOOST_TEST(state_error <= Real(1e-10));
  BOOST_TEST(std::abs(found.path.back()[0]) <= Real(1e-15));
  BOOST_TEST(std::abs(found.loss - kY * kY / 2) <= Real(1e-14));
}

// ReLU: dead at the kink.
BOOST_DATA_TEST_CASE(dies, bdata::make(kSteppers) * bdata::make(kInputs), stepper, x) {
  const Real kink = time_at_kink(x);
  const KinkRun found = run(falling(0, x), stepper, kink + 3);
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST_REQUIRE(found.changes.size() == 1U);
  BOOST_TEST(relative(found.changes[0].t, kink) <= Real(1e-10));
  BOOST_TEST(relative(found.path.back()[2], std::sqrt(c_of(x))) <= Real(1e-10));
  BOOST_TEST(std::abs(found.path.back()[0]) <= Real(1e-15));
}

// Balanced: u v = -p with p / (y + p) falling like e^{-2 y t}, to the saddle at the origin, never to the
// kink.
BOOST_DATA_TEST_CASE(balanced, bdata::make(kSteppers), stepper) {
  const Real end = 2;  // errors across grow like e^{4 y t} against the state
  const KinkRun found = run({Real(0.1), one_by_one(1), single(-kY), single(1), 1}, stepper, end);
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST(found.changes.empty());
  const Real part = std::exp(-2 * kY * end) / (kY + 1);
  const Real expected = std::sqrt(kY * part / (1 - part));
  const Real error =
      std::max(relative(found.path.back()[0], expected), relative(found.path.back()[1], expected));
  say("balanced", stepper, 0, error);
  BOOST_TEST(error <= Real(1e-10));
}

// With one input the neuron is zero at the kink: beside it there is nowhere else to go.
BOOST_DATA_TEST_CASE(scalar_input, bdata::make(kSteppers) * bdata::make({Real(0), Real(-1)}), stepper,
                     slope) {
  const Real kink = time_at_kink(1);
  const KinkRun found = run({slope, one_by_one(1), single(-kY), single(-kU), kV}, stepper, kink + 3);
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST_REQUIRE(found.changes.size() >= 1U);
  BOOST_TEST_MESSAGE(fmt::format("scalar input, slope {}, {}: {} changes, u ends at {:.2g}",
                                 static_cast<double>(slope), stepper, found.changes.size(),
                                 static_cast<double>(found.path.back()[0])));
  BOOST_TEST(relative(found.changes.back().t, kink) <= Real(1e-10));
  BOOST_TEST(std::abs(found.path.back()[0]) <= Real(1e-11));
  BOOST_TEST(relative(found.path.back()[1], std::sqrt(c_of(1))) <= Real(1e-10));
}

// Two samples, x1 = (1, 0) on its kink from the start and x2 = (2/5, 1): the slope that holds the neuron
// there is 2/5 of the second residual, which falls from 9/4 to 0 on a hyperbola. At slope 0.1 it is released
// downwards, at |u v| = 11/4.
BOOST_DATA_TEST_CASE(released, bdata::make(kSteppers), stepper) {
  OneNeuron neuron{Real(0.1), Matrix(2, 2), Vector(2), Vector(2), Real(-1.5)};
  neuron.inputs << 1, Real(0.4), 0, 1;
  neuron.targets << 1, -3;
  neuron.u << 0, Real(0.5);
  const Real c = 2, product = Real(2.75);
  // u^2 (u^2 + c) = product^2
  const Real u = std::sqrt((std::sqrt(c * c + 4 * product * product) - c) / 2);
  const Real expected = Hyperbola(1, c, 3).time(Real(0.5), u);
  const KinkRun found = run(neuron, stepper, expected + Real(0.1));
  BOOST_TEST_REQUIRE(found.stop_reason == "reached_end");
  BOOST_TEST_REQUIRE(found.changes.size() == 2U);
  BOOST_TEST(found.changes[0].t == 0);
  BOOST_TEST(found.entries == 1);
  BOOST_TEST(found.releases == 1);
  BOOST_TEST((found.changes[1].change.side == Side::below));
  const Real time_error = relative(found.changes[1].t, expected);
  say("released", stepper, time_error, 0);
  BOOST_TEST(time_error <= Real(1e-10));
  BOOST_TEST(found.path.back()[0] < 0);
}

BOOST_AUTO_TEST_SUITE_END()

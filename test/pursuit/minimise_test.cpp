// Minimisation by flow, by descent, and its endgame.
#include "saddleflow/pursuit/minimise.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/pursuit/endgame.hpp"

BOOST_AUTO_TEST_SUITE(minimise_test)

using namespace saddleflow;

namespace {

/// V1: (ab - s)^2 / 2, a saddle at the origin, loss 0 on ab = s.
Objective scalar_product(Real s) {
  return Objective(feed_forward({1, 1, 1}, Activation()),
                   {Matrix::Ones(1, 1), Matrix::Constant(1, 1, s), "V1"}, Loss());
}

/// A linear 2-2-2 network, whitened: saddles where one singular value of Sigma = diag(2, 1) is learnt.
Objective two_modes() {
  Matrix sigma(2, 2);
  sigma << 2, 0, 0, 1;
  return Objective(feed_forward({2, 2, 2}, Activation()), {Matrix::Identity(2, 2), sigma, "two modes"},
                   Loss());
}

Vector small_start(const Objective& objective, Real size) {
  Random random(2);
  return size * random.unit_vector(objective.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(flow_ends_at_the_minimum_in_the_time_of_the_closed_form) {
  Objective objective = scalar_product(2);
  MinimiseOptions options;
  options.loss = Real(1e-20);
  const Real delta = Real(1e-3);
  const Minimisation m = minimise(objective, Vector::Constant(2, delta), options);
  // q = s / (1 + (s/q0 - 1) e^{-2st}) and (s - q)^2 / 2 = loss.
  const Real s = 2, q0 = delta * delta, q = s - std::sqrt(2 * options.loss);
  const Real expected = std::log((s / q0 - 1) / (s / q - 1)) / (2 * s);
  BOOST_TEST_MESSAGE(fmt::format("t = {:.10g}, closed form {:.10g}, stop {}", static_cast<double>(m.time),
                                 static_cast<double>(expected), m.stop_reason.text()));
  BOOST_TEST(m.stop_reason.event().starts_with("level:loss"));
  BOOST_TEST(std::abs(m.time - expected) < 1e-5 * expected);
}

BOOST_AUTO_TEST_CASE(destination_decides_what_becomes_of_a_saddle_on_the_way) {
  MinimiseOptions options;
  Objective objective = two_modes();
  const Vector start = small_start(objective, Real(1e-6));
  const Minimisation through = minimise(objective, start, options);
  BOOST_TEST(through.passed >= 1);
  BOOST_TEST(through.loss < 1e-12);
  options.destination = Destination::critical_point;
  const Minimisation first = minimise(objective, start, options);
  BOOST_TEST_MESSAGE(
      fmt::format("to the minimum: loss {:.1e}, {} passed; to the critical point: loss {:.12g}",
                  static_cast<double>(through.loss), through.passed, static_cast<double>(first.loss)));
  BOOST_TEST(first.stop_reason == "event:saddle_leave");
  BOOST_TEST(std::abs(first.loss - 0.5) < 1e-3);  // sigma_2^2 / 2
}

/// The flow is the limit of gradient descent: at the same time, eta t, the distance is O(eta).
BOOST_AUTO_TEST_CASE(gradient_descent_tends_to_the_flow) {
  Real before = 0;
  for (const double eta : {1e-2, 1e-3}) {
    Objective objective = scalar_product(1);
    MinimiseOptions options;
    options.minimiser = Minimiser::gradient_descent;
    options.learning_rate = static_cast<Real>(eta);
    options.iterations = static_cast<std::int64_t>(std::lround(3 / eta));
    const Minimisation m = minimise(objective, Vector::Constant(2, Real(0.1)), options);
    const Real q = 1 / (1 + (1 / Real(0.01) - 1) * std::exp(Real(-6)));
    const Real error = std::abs(m.weights[0] * m.weights[1] - q);
    BOOST_TEST_MESSAGE(
        fmt::format("eta {}: {:.3e}, {}", eta, static_cast<double>(error), m.stop_reason.text()));
    BOOST_TEST(m.stop_reason == "iterations_spent");
    BOOST_TEST(m.work.gradients >= options.iterations);
    if (before > 0) BOOST_TEST(std::abs(before / error - 10) < 1);
    before = error;
  }
}

BOOST_AUTO_TEST_CASE(interrupt_and_bad_options) {
  Objective objective = scalar_product(1);
  std::atomic<bool> stop = true;
  MinimiseOptions options;
  options.interrupt = &stop;
  BOOST_TEST(minimise(objective, Vector::Constant(2, Real(0.1)), options).stop_reason == "interrupted");
  options.minimiser = Minimiser::gradient_descent;
  BOOST_TEST(minimise(objective, Vector::Constant(2, Real(0.1)), options).stop_reason == "interrupted");
  options.learning_rate = 0;
  BOOST_CHECK_THROW(minimise(objective, Vector::Constant(2, Real(0.1)), options), InputError);
  BOOST_CHECK_THROW(minimise(objective, Vector::Ones(3), options), InputError);
}

/// From a random point of a teacher's problem and from beside a saddle, down to loss 0; the loss never rises.
BOOST_AUTO_TEST_CASE(trust_region_reaches_the_bottom) {
  GeneratorOptions g;
  g.inputs = InputKind::sphere;
  g.targets = TargetKind::teacher;
  g.samples = 60;
  g.dimension = 4;
  g.teacher.layers = {4, 1, 1};
  g.teacher.activation = Activation(0, 2);
  Objective objective(feed_forward({4, 1, 1}, Activation(0, 2)), generate_dataset(g), Loss());
  Random random(1);
  int bottom = 0;
  for (int k = 0; k < 10; ++k) {
    const Vector w = random.unit_vector(5);
    const Real loss = objective.value(w);
    EndgameOptions options;
    options.radius = Real(0.1);
    const Endgame end = trust_region_descent(objective, w, options);
    BOOST_TEST(end.loss <= loss);
    BOOST_TEST(end.loss == objective.value(end.weights));  // not the smaller one of a step before
    BOOST_TEST_MESSAGE(fmt::format("seed 1, start {}: loss {:.3g} -> {:.1e}, r {:.1e}, {} iterations", k,
                                   static_cast<double>(loss), static_cast<double>(end.loss),
                                   static_cast<double>(end.proximity), end.iterations));
    if (end.converged) ++bottom;
  }
  BOOST_TEST(bottom >= 8);
  Objective linear = two_modes();
  Vector saddle = Vector::Zero(8);
  saddle[0] = saddle[4] = std::sqrt(Real(2));  // W1 = W2 = sqrt(2) e1 e1^T: loss 1/2
  BOOST_TEST(std::abs(linear.value(saddle) - 0.5) < 1e-15);
  const Endgame left = trust_region_descent(linear, saddle + Vector::Constant(8, Real(1e-6)));
  BOOST_TEST_MESSAGE(fmt::format("off a saddle: loss {:.1e}", static_cast<double>(left.loss)));
  BOOST_TEST(left.loss < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()

// Flows with weight decay: closed forms, the law of the balances, escape and collapse.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/losses.hpp"
#include "saddleflow/problem/neuron_form.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(weight_decay_test)

namespace {

const Activation kLinear(1, 1);

Objective decaying(const std::vector<Index>& layers, const Activation& activation, const Matrix& inputs,
                   const Matrix& targets, const std::vector<Real>& decay) {
  const auto network = feed_forward(layers, activation);
  Dataset data;
  data.inputs = inputs;
  data.targets = targets;
  WeightDecay penalty(network->layout(), decay);
  return Objective(network, std::move(data), Loss(square_loss(), Reduction::sum), std::move(penalty));
}

struct End {
  Outcome outcome;
  Vector weights;
  Gauges gauges;
};

End flow_to(Objective& objective, const Vector& w0, Real t_end, Real rtol) {
  FlowAssemblyOptions options;
  options.rtol = rtol;
  options.events = no_flow_events();
  FlowAssembly parts(objective, w0, options);
  IntegrationOptions integration = parts.integration_options();
  integration.t_end = t_end;
  Observer ignore;
  End end{parts.run(ignore, std::move(integration)), {}, {}};
  end.weights = parts.weights(end.outcome.state);
  end.gauges = parts.gauges;
  return end;
}

/// q' = 2 q (s - q): the product of two equal weights whose target is s.
Real logistic(Real s, Real q0, Real t) { return s / (1 + (s / q0 - 1) * std::exp(-2 * s * t)); }

Matrix one(Real value) { return Matrix::Constant(1, 1, value); }

}  // namespace

// a' = (s - a b) b - lambda a with a = b: q = a b solves q' = 2 q ((s - lambda) - q).
BOOST_AUTO_TEST_CASE(a_product_of_two_weights_is_logistic) {
  for (const Real rtol : {Real(1e-6), Real(1e-9)}) {
    Real worst = 0;
    for (const Real lambda : {Real(0.25), Real(0.9), Real(3)})
      for (const Real t : {Real(0.5), Real(5), Real(40)}) {
        Objective objective = decaying({1, 1, 1}, kLinear, one(1), one(1.5), {lambda});
        const Real a0 = Real(1e-3);
        const End end = flow_to(objective, Vector::Constant(2, a0), t, rtol);
        const Real expected = std::sqrt(logistic(Real(1.5) - lambda, a0 * a0, t));
        for (const Real a : end.weights) worst = std::max(worst, std::abs(a / expected - 1));
      }
    BOOST_TEST_MESSAGE(fmt::format("product of two, rtol {:g}: at most {:.2g} rtol off",
                                   static_cast<double>(rtol), static_cast<double>(worst / rtol)));
    BOOST_TEST(worst <= 100 * rtol);
  }
}

// Whitened inputs, aligned and balanced: every mode is a product of its own, with s_i - lambda for s_i.
BOOST_AUTO_TEST_CASE(linear_modes_are_logistic_and_those_below_the_decay_die) {
  const Vector s{{Real(2), Real(0.7), Real(0.3)}};
  const Real lambda = Real(0.5), u0 = Real(1e-2), rtol = Real(1e-9);
  Real worst = 0;
  for (const Real t : {Real(1), Real(8), Real(30)}) {
    Objective objective =
        decaying({3, 3, 3}, kLinear, Matrix::Identity(3, 3), Matrix(s.asDiagonal()), {lambda});
    Vector w0 = Vector::Zero(18);
    for (int i = 0; i < 3; ++i) w0[4 * i] = w0[9 + 4 * i] = u0;
    const End end = flow_to(objective, w0, t, rtol);
    for (int i = 0; i < 3; ++i) {
      const Real expected = std::sqrt(logistic(s[i] - lambda, u0 * u0, t));
      for (const Index at : {Index(4 * i), Index(9 + 4 * i)})
        worst = std::max(worst, std::abs(end.weights[at] / expected - 1));
    }
  }
  BOOST_TEST_MESSAGE(
      fmt::format("modes of a linear network: at most {:.2g} rtol off", static_cast<double>(worst / rtol)));
  BOOST_TEST(worst <= 100 * rtol);
}

// Three equal weights: a' = s a^2 - lambda a to leading order, a Bernoulli equation, 1/a = s/lambda + (1/a0 -
// s/lambda) e^{lambda t}. From above lambda/s they escape, from below they collapse.
BOOST_AUTO_TEST_CASE(three_layers_escape_or_collapse) {
  const Real s = 1, lambda = Real(5e-6), rtol = Real(1e-9);
  const auto objective = [&] { return decaying({1, 1, 1, 1}, kLinear, one(1), one(s), {lambda}); };
  Objective early = objective();
  const Real a0 = Real(1e-5), t = std::log(Real(1.5)) / lambda;
  const End end = flow_to(early, Vector::Constant(3, a0), t, rtol);
  const Real expected = 1 / (s / lambda + (1 / a0 - s / lambda) * std::exp(lambda * t));
  const Real error = std::abs(end.weights[0] / expected - 1);
  BOOST_TEST_MESSAGE(fmt::format("Bernoulli: {:.2g} rtol off", static_cast<double>(error / rtol)));
  BOOST_TEST(error <= 100 * rtol);

  Objective above = objective(), below = objective();
  const End up = flow_to(above, Vector::Constant(3, Real(1.01) * lambda / s), 20 / lambda, rtol);
  BOOST_TEST((up.outcome.stop_reason == Stop::reached_end));
  BOOST_TEST(std::abs(up.weights[0] - 1) < Real(1e-3));
  const End down = flow_to(below, Vector::Constant(3, Real(0.99) * lambda / s), 100 / lambda, rtol);
  BOOST_TEST((down.outcome.stop_reason == Stop::collapsed));
  BOOST_TEST(down.weights.norm() < Real(1e-2) * lambda);
}

// Two equal weights whose decay wins, with all events: a = a0 e^{-(lambda - s) t}, until its square is no
// number.
BOOST_AUTO_TEST_CASE(two_layers_collapse_where_their_squares_underflow) {
  const Real s = Real(1.5), lambda = 3, a0 = Real(1e-3), rtol = Real(1e-9);
  Objective objective = decaying({1, 1, 1}, kLinear, one(1), one(s), {lambda});
  FlowAssemblyOptions options;
  options.rtol = rtol;
  FlowAssembly parts(objective, Vector::Constant(2, a0), options);
  IntegrationOptions integration = parts.integration_options();
  integration.t_end = 10000;
  Observer ignore;
  const Outcome outcome = parts.run(ignore, std::move(integration));
  const Vector w = parts.weights(outcome.state);
  const Real expected = std::log(a0) - (lambda - s) * outcome.time;
  BOOST_TEST_MESSAGE(fmt::format("{} at t = {:g}: ln a = {:.12g}, expected {:.12g}",
                                 outcome.stop_reason.text(), static_cast<double>(outcome.time),
                                 static_cast<double>(std::log(w[0])), static_cast<double>(expected)));
  BOOST_TEST((outcome.stop_reason == Stop::collapsed));
  // (q = a^2 adds -ln(1 - q / (s - lambda)) / 2 at the start, 3e-7.)
  BOOST_TEST(std::abs(std::log(w[0]) - expected) <= Real(1e-6));
  BOOST_TEST(w.squaredNorm() < std::numeric_limits<Real>::min());
}

// Of two layers of squared ReLUs, and of one lambda for all: |W_1 row|^2 - p |W_2 column|^2 falls like e^{-2
// lambda t}.
BOOST_AUTO_TEST_CASE(balances_decay) {
  constexpr std::uint64_t seed = 3;
  Random random(seed);
  const Matrix inputs = random.normal_matrix(4, 20), targets = random.normal_matrix(1, 20);
  const Real lambda = Real(0.2), t = 6;
  for (const Real rtol : {Real(1e-6), Real(1e-9)}) {
    Objective objective = decaying({4, 5, 3, 1}, Activation(0, 2), inputs, targets, {lambda});
    Random start(seed + 1);
    const Vector w0 = Real(1.5) * start.unit_vector(objective.size());
    const End end = flow_to(objective, w0, t, rtol);
    BOOST_TEST((end.outcome.stop_reason == Stop::reached_end));
    Real worst = 0;
    for (const ConservedQuantity& quantity : objective.network().conserved())
      worst = std::max(
          worst, std::abs(quantity.value(end.weights) - std::exp(-2 * lambda * t) * quantity.value(w0)));
    BOOST_TEST_MESSAGE(fmt::format("seed {}, rtol {:g}: balances off by {:.1e}, gauge {:.1e}", seed,
                                   static_cast<double>(rtol), static_cast<double>(worst),
                                   static_cast<double>(end.gauges.balance_drift)));
    BOOST_TEST(worst <= 100 * rtol);
    BOOST_TEST(end.gauges.balance_drift > 0);
    BOOST_TEST(end.gauges.balance_drift <= 100 * rtol);
    BOOST_TEST(end.gauges.energy_drift <= 100 * rtol);
    // Of layers with lambdas of their own there is no law to measure.
    Objective other = decaying({4, 5, 3, 1}, Activation(0, 2), inputs, targets, {lambda, 0, lambda / 2});
    BOOST_TEST(flow_to(other, w0, t, rtol).gauges.balance_drift == 0);
  }
}

BOOST_AUTO_TEST_CASE(derivatives_belong_together) {
  constexpr std::uint64_t seed = 5;
  Random random(seed);
  const Matrix inputs = random.normal_matrix(3, 15), targets = random.normal_matrix(2, 15);
  Objective objective =
      decaying({3, 4, 2}, Activation(Real(-0.3), 2), inputs, targets, {Real(0.7), Real(0.1)});
  const Index n = objective.size();
  const Vector w = random.unit_vector(n), v = random.unit_vector(n);
  const Real h = Real(1e-5);
  Vector g(n), plus(n), minus(n), product(n);
  const Real up = objective.gradient(w + h * v, plus), down = objective.gradient(w - h * v, minus);
  objective.gradient(w, g);
  objective.hessian_vector(w, v, product);
  Matrix hessian(n, n);
  objective.hessian(w, hessian);
  BOOST_TEST(std::abs((up - down) / (2 * h) - g.dot(v)) <= 1e-7 * g.norm());
  BOOST_TEST(((plus - minus) / (2 * h) - product).norm() <= 1e-7 * product.norm());
  BOOST_TEST((hessian * v - product).norm() <= 1e-12 * product.norm());
  const std::optional<NeuronForm> form = neuron_form(objective, w);
  BOOST_TEST_REQUIRE(form.has_value());
  Matrix made = form->jacobian.transpose() * form->signs.asDiagonal() * form->jacobian;
  for (Index k = 0; k < form->neuron_count(); ++k) {
    const Index at = form->starts[static_cast<std::size_t>(k)];
    const Matrix& block = form->blocks[static_cast<std::size_t>(k)];
    made.block(at, at, block.rows(), block.cols()) += block;
  }
  const Matrix reordered = hessian(form->places, form->places);
  BOOST_TEST((made - reordered).norm() <= 1e-12 * reordered.norm());
}

// The origin of a product of two weights is a saddle where s > lambda. Of degree three it is a minimum
// whatever lambda is, but not a critical point that the analysis calls a saddle.
BOOST_AUTO_TEST_CASE(the_origin_under_decay) {
  for (const Real lambda : {Real(0.5), Real(2)}) {
    Objective objective = decaying({1, 1, 1}, kLinear, one(1), one(1), {lambda});
    const CriticalPoint point = analyse_critical_point(objective, Vector::Zero(2));
    BOOST_TEST((lambda < 1 ? 1 : 0) == std::ssize(point.escapes));
    BOOST_TEST(point.spectrum.negative == (lambda < 1 ? 1 : 0));
    if (lambda < 1) BOOST_TEST(std::abs(point.escapes.front().value - (1 - lambda)) < Real(1e-12));
  }
  Objective squared = decaying({1, 2, 1}, Activation(0, 2), one(1), one(1), {Real(0.1)});
  BOOST_TEST(analyse_critical_point(squared, Vector::Zero(4)).escapes.empty());
  // ReLU: N = 1/2 along the only direction, the decay takes lambda / 2 away.
  for (const Real lambda : {Real(0.5), Real(2)}) {
    Objective relu = decaying({1, 2, 1}, Activation(0, 1), one(1), one(1), {lambda});
    const CriticalPoint point = analyse_critical_point(relu, Vector::Zero(4));
    BOOST_TEST((point.escapes.empty()) == (lambda > 1));
    if (!point.escapes.empty())
      BOOST_TEST(std::abs(point.escapes.front().value - (1 - lambda) / 2) < Real(1e-8));
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto network = feed_forward({2, 3, 1}, Activation(0, 2));
  BOOST_CHECK_THROW(WeightDecay(network->layout(), {1, 2, 3}), InputError);
  BOOST_CHECK_THROW(WeightDecay(network->layout(), {Real(-1)}), InputError);
  BOOST_TEST(WeightDecay(network->layout(), {0, 0}).empty());
  Objective objective = decaying({1, 1, 1}, Activation(0, 2), one(1), one(1), {Real(0.1)});
  FlowAssemblyOptions options;
  options.charts = FlowAssemblyOptions::Charts::polar;
  BOOST_CHECK_THROW(FlowAssembly(objective, Vector::Ones(2), options), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

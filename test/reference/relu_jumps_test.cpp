// V8: the leading-order jump times against integrations at two scales, whose difference has no constant term.
#include "reference/relu_jumps.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "reference/long_double_flow.hpp"

BOOST_AUTO_TEST_SUITE(relu_jumps_test)

using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

constexpr int n = 4;
const Vector norms = (Vector(n) << 1, Real(0.8), Real(1.2), Real(0.9)).finished();
const Vector targets = (Vector(n) << Real(0.5), Real(0.25), -1, Real(-0.3)).finished();

/// State (a_+, u_+, a_-, u_-): one neuron a sign, with the coordinates u_i = w.x_i/|x_i| of its incoming
/// weights (the directions x_i/|x_i| are orthonormal).
constexpr std::size_t outer_index(std::size_t neuron) { return neuron * (n + 1); }
constexpr std::size_t inner_index(std::size_t neuron, int i) {
  return outer_index(neuron) + 1 + static_cast<std::size_t>(i);
}

long double residual(const LongState& x, int i) {
  long double output = 0;
  for (std::size_t j = 0; j < 2; ++j) output += x[outer_index(j)] * std::max(0.0L, x[inner_index(j, i)]);
  return static_cast<long double>(targets(i)) - output * static_cast<long double>(norms(i));
}

void relu_flow(const LongState& x, LongState& rate) {
  for (std::size_t j = 0; j < 2; ++j) {
    rate[outer_index(j)] = 0;
    for (int i = 0; i < n; ++i) {
      const long double drive = residual(x, i) * static_cast<long double>(norms(i)) / n;
      const long double u = x[inner_index(j, i)];
      rate[outer_index(j)] += drive * std::max(0.0L, u);
      rate[inner_index(j, i)] = u > 0 ? drive * x[outer_index(j)] : 0;
    }
  }
}

long double loss_of(const LongState& x) {
  long double loss = 0;
  for (int i = 0; i < n; ++i) loss += residual(x, i) * residual(x, i) / (2 * n);
  return loss;
}

/// |a_j| = |w_j| = lambda, each neuron active on the inputs of its own sign only.
LongState start(long double lambda) {
  LongState x(outer_index(2));
  for (std::size_t j = 0; j < 2; ++j) {
    x[outer_index(j)] = j == 0 ? lambda : -lambda;
    for (int i = 0; i < n; ++i) {
      const bool own = (targets(i) > 0) == (j == 0);
      x[inner_index(j, i)] = (own ? lambda : -lambda) / std::sqrt(static_cast<long double>(n));
    }
  }
  return x;
}

/// First time at which the loss falls below `level`.
long double time_of_loss(long double lambda, long double level) {
  LongState x = start(lambda);
  long double t = 0, step = 1;
  while (step > 1e-9L) {
    const LongState next = integrate_long_double(relu_flow, x, 0, step);
    if (loss_of(next) > level) {
      x = next;
      t += step;
    } else {
      step /= 8;
    }
  }
  return t;
}

}  // namespace

BOOST_AUTO_TEST_CASE(v8_rates_and_plateaus) {
  const ReluJumps jumps = relu_orthogonal_jumps(norms, targets, Real(1e-8));
  const long double large = 1e-6L, small = 1e-9L;
  const auto plateau_positive = static_cast<long double>(jumps.positive.plateau);
  const auto plateau_negative = static_cast<long double>(jumps.negative.plateau);
  BOOST_TEST_REQUIRE(jumps.positive.rate < jumps.negative.rate);  // the negative targets are learned first
  const long double levels[] = {plateau_positive + plateau_negative / 2, plateau_positive / 2};
  const Real rates[] = {jumps.negative.rate, jumps.positive.rate};
  for (int i = 0; i < 2; ++i) {
    const auto slope = static_cast<Real>(std::log(large / small) /
                                         (time_of_loss(small, levels[i]) - time_of_loss(large, levels[i])));
    BOOST_TEST_MESSAGE("V8: measured rate " << slope << ", formula " << rates[i]);
    BOOST_TEST(std::abs(slope / rates[i] - 1) < Real(1e-4));
  }
  // Half way between the two jumps only the positive targets' loss is left.
  const auto middle = static_cast<long double>((jumps.positive.time + jumps.negative.time) / 2);
  const long double loss = loss_of(integrate_long_double(relu_flow, start(1e-8L), 0, middle));
  BOOST_TEST_MESSAGE("V8: plateau loss " << loss << ", formula " << plateau_positive);
  BOOST_TEST(std::abs(loss / plateau_positive - 1) < 1e-3L);
}

BOOST_AUTO_TEST_SUITE_END()

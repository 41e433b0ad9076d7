// The polar chart's right-hand side and derivatives against the Cartesian flow and difference quotients.
#include "saddleflow/flow/polar_flow.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "flow/polar_cases.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(polar_flow_test)

namespace bdata = boost::unit_test::data;

namespace {

constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();

double d(Real x) { return static_cast<double>(x); }

/// A polar state that is not the one of enter(): shorter or longer groups, and d_g not quite of length one.
Vector moved(PolarFlow& flow, const Vector& x, Random& random, Real stretch) {
  Vector y = x;
  const Index n = flow.parameter_count();
  for (Index g = 0; g < flow.group_count(); ++g) {
    y[n + g] += Real(0.3) * random.normal();
    const Real factor = 1 + stretch * random.normal();
    for (Index i = 0; i < n; ++i)
      if (flow.groups().first[static_cast<std::size_t>(i)] == g) y[i] *= factor;
  }
  return y;
}

}  // namespace

// w = e^ell d/|d|, so w' = e^ell (ell' d/|d| + d'/|d|), which is -grad L(w) dt/ds; likewise t and E.
BOOST_DATA_TEST_CASE(right_hand_side_is_the_cartesian_one,
                     bdata::make(polar_cases()) * bdata::xrange(3) * bdata::make({1e-60, 1e-3, 0.5}), c, seed,
                     norm) {
  PolarProblem p(c, static_cast<std::uint64_t>(seed), static_cast<Real>(norm));
  Random random(static_cast<std::uint64_t>(seed) + 50);
  const Index n = p.flow.parameter_count(), groups = p.polar.group_count();
  const Vector x = moved(p.polar, p.polar.enter(p.x), random, Real(0.1));
  Vector f;
  p.polar(x, f, 0);
  const Vector w = p.polar.cartesian(x).head(n);
  Vector length = Vector::Zero(groups), rate(n), gradient(n);
  const auto group = [&](Index i) { return p.polar.groups().first[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < n; ++i) length[group(i)] += x[i] * x[i];
  for (Index i = 0; i < n; ++i) {
    const Index g = group(i);
    const Real size = std::sqrt(length[g]);
    rate[i] = size > 0 ? std::exp(x[n + g]) * (f[n + g] * x[i] + f[i]) / size : Real(0);
  }
  // The reference in units of rho: the gradient of tiny weights underflows.
  const Real log_norm = p.polar.log_norm(x), unit = std::exp(log_norm);
  const auto degree = static_cast<Real>(p.objective.network().degree());
  Correlation separate(p.objective);
  separate.set_output_scale(std::exp(degree * log_norm));
  separate.gradient(w / unit, gradient);
  const Real error = (rate / unit - gradient).norm() / gradient.norm();
  Real direct = 0, energy = 0;
  if (norm > 1e-10) {
    p.objective.gradient(w, gradient);
    const Real clock = std::pow(w.norm(), 2 - degree);
    direct = (rate + clock * gradient).norm() / (clock * gradient.norm());
    energy = std::abs(f[n + groups + 1] * p.unit / (clock * gradient.squaredNorm()) - 1);
    // dt = rho_0^{2-D} dq / kappa.
    const Real time = std::exp((2 - degree) * p.polar.origin()) * f[n + groups] / p.polar.kappa();
    BOOST_TEST(std::abs(time / clock - 1) < 1000 * kEpsilon);
    BOOST_TEST(std::abs(p.polar.time_rate(x) / clock - 1) < 1000 * kEpsilon);
  }
  if (seed == 0)
    fmt::print("{:<32} |w| = {:.0e}: rate off by {:.1e}, from the objective {:.1e}, energy {:.1e}\n", c.name,
               norm, d(error), d(direct), d(energy));
  BOOST_TEST(error < 1000 * kEpsilon * (1 + std::abs(log_norm)));
  BOOST_TEST(direct < 3000 * kEpsilon);
  BOOST_TEST(energy < 3000 * kEpsilon);
}

namespace {

/// Derivative of f at x along column j by differences: of eighth order where f is smooth, else of second.
template <class F>
Vector difference(F f, const Vector& x, Index j, bool smooth) {
  const auto at = [&](Real shift) {
    Vector y = x;
    y[j] += shift;
    return Vector(f(y));
  };
  if (!smooth) {
    const Real h = Real(1e-6);
    return (at(h) - at(-h)) / (2 * h);
  }
  const Real h = Real(0.004);
  return (Real(672) * (at(h) - at(-h)) - Real(168) * (at(2 * h) - at(-2 * h)) +
          Real(32) * (at(3 * h) - at(-3 * h)) - Real(3) * (at(4 * h) - at(-4 * h))) /
         (840 * h);
}

}  // namespace

BOOST_DATA_TEST_CASE(derivatives_against_differences, bdata::make(polar_cases()) * bdata::xrange(3), c,
                     seed) {
  PolarProblem p(c, static_cast<std::uint64_t>(seed), Real(0.7));
  Random random(static_cast<std::uint64_t>(seed) + 70);
  const Index n = p.flow.parameter_count(), groups = p.polar.group_count();
  const Vector x = moved(p.polar, p.polar.enter(p.x), random, Real(0.05));
  Matrix jacobian, quadrature;
  p.polar.jacobian(x, jacobian, 0);
  p.polar.quadrature_jacobian(x, quadrature, 0);
  const std::int64_t hessians = p.correlation.counters().hessians;
  p.polar.quadrature_jacobian(x, quadrature, 0);
  BOOST_TEST(p.correlation.counters().hessians == hessians);
  BOOST_REQUIRE(jacobian.rows() == n + groups);
  BOOST_REQUIRE(quadrature.rows() == 2);
  const auto rates = [&](const Vector& y) {
    Vector f;
    p.polar(y, f, 0);
    return f;
  };
  Matrix expected(n + groups + 2, n + groups);
  // The d and ell of a dead group are no coordinates: it stays where it is.
  std::vector<Index> dead;
  for (Index g = 0; g < groups; ++g) {
    bool zero = true;
    for (Index i = 0; i < n; ++i)
      zero = zero && (p.polar.groups().first[static_cast<std::size_t>(i)] != g || x[i] == 0);
    for (Index i = 0; zero && i < n; ++i)
      if (p.polar.groups().first[static_cast<std::size_t>(i)] == g) dead.push_back(i);
  }
  for (Index j = 0; j < n + groups; ++j) {
    if (std::find(dead.begin(), dead.end(), j) != dead.end()) {
      expected.col(j).setZero();
      BOOST_TEST(jacobian.col(j).norm() == 0);
    } else {
      expected.col(j) = difference(rates, x, j, c.smooth);
    }
  }
  const Real error = (jacobian - expected.topRows(n + groups)).norm() / jacobian.norm();
  const Real of_time = (quadrature.row(0) - expected.row(n + groups)).norm() / (1 + quadrature.row(0).norm());
  const Real of_energy = (quadrature.row(1) - expected.row(n + groups + 1)).norm() / quadrature.row(1).norm();
  if (seed == 0)
    fmt::print("{:<32} Jacobian {:.1e}, time {:.1e}, energy {:.1e}\n", c.name, d(error), d(of_time),
               d(of_energy));
  const Real allowed = c.smooth ? Real(2e-12) : Real(1e-8);
  BOOST_TEST(error < allowed);
  BOOST_TEST(of_time < allowed);
  BOOST_TEST(of_energy < allowed);
}

// ell is known to one rounding of |ell|: the weights come back to about ln(1/|w|) ulp.
BOOST_DATA_TEST_CASE(round_trip, bdata::make(polar_cases()), c) {
  for (int digits : {0, 3, 20, 80, 150}) {
    PolarProblem p(c, 3, std::pow(Real(10), Real(-digits)));
    // One group far smaller than the rest.
    const Index n = p.flow.parameter_count();
    if (digits == 20)
      for (Index i = 0; i < n; ++i)
        if (p.polar.groups().first[static_cast<std::size_t>(i)] == 0) p.x[i] *= Real(1e-30);
    p.x[n] = Real(0.125);
    const Vector x = p.polar.enter(p.x), back = p.polar.cartesian(x);
    Real worst = 0;
    for (Index i = 0; i < n; ++i) {
      BOOST_TEST((p.x[i] == 0) == (back[i] == 0));
      if (p.x[i] != 0) worst = std::max(worst, std::abs(back[i] / p.x[i] - 1) / kEpsilon);
    }
    const Real size = std::log(Real(10)) * static_cast<Real>(digits == 20 ? 52 : digits);
    fmt::print("{:<32} |w| = 1e-{}: {:.1f} ulp\n", c.name, digits, d(worst));
    BOOST_TEST(worst <= 8 + size);
    BOOST_TEST(std::abs(back[n] - Real(0.125)) <= 2 * kEpsilon);
    const Real log_norm = std::log((p.x.head(n) / std::pow(Real(10), Real(-digits))).norm()) -
                          static_cast<Real>(digits) * std::log(Real(10));
    BOOST_TEST(std::abs(p.polar.log_norm(x) - log_norm) <= 8 * kEpsilon * (1 + std::abs(log_norm)));
    BOOST_TEST(p.polar.elapsed(x) == 0);
    // Groups have length one.
    Vector length = Vector::Zero(p.polar.group_count());
    for (Index i = 0; i < n; ++i) length[p.polar.groups().first[static_cast<std::size_t>(i)]] += x[i] * x[i];
    for (Real l : length) BOOST_TEST((l == 0 || std::abs(l - 1) < 8 * kEpsilon));
  }
}

// Below what a double holds only (direction, ln rho) can say where: the rates are those at c = 0.
BOOST_AUTO_TEST_CASE(starts_beyond_the_numbers) {
  for (const PolarCase& c : polar_cases()) {
    PolarProblem p(c, 4, 1);
    const Index n = p.flow.parameter_count(), groups = p.polar.group_count();
    const Vector u = p.x.head(n);
    Vector f, g;
    const Vector near = p.polar.enter(u, Real(-100), 0);
    p.polar(near, g, 0);
    const Vector far = p.polar.enter(u, Real(-5000), 0);
    p.polar(far, f, 0);
    BOOST_TEST(f.allFinite());
    BOOST_TEST((f - g).head(n + groups).norm() <= 1e-12 * g.norm());
    BOOST_TEST(p.polar.elapsed(far) == 0);
    BOOST_TEST(p.polar.cartesian(far).head(n).norm() == 0);
  }
}

BOOST_DATA_TEST_CASE(exact_zeros_stay_exact_zeros,
                     bdata::make(polar_cases()) *
                         bdata::make(std::vector<std::string>{"dopri5", "dop853", "rodas5p"}),
                     c, method) {
  PolarProblem p(c, 5, Real(1e-3));
  StepperOptions options;
  options.error.rtol = Real(1e-7);
  options.error.quadratures = 2;
  options.error.logarithms = p.polar.group_count();
  options.groups = polar_error_groups(p.objective.network());
  const auto stepper = make_stepper(method, options);
  const Vector start = p.polar.enter(p.x);
  stepper->initialize(start, 0, Real(1e-3));
  Index zeros = 0;
  for (int step = 0; step < 60; ++step) stepper->do_step(System(p.polar));
  const Vector end = stepper->current_state(), w = p.polar.cartesian(end);
  for (Index i = 0; i < p.flow.parameter_count(); ++i) {
    if (p.x[i] != 0) continue;
    ++zeros;
    BOOST_TEST(end[i] == 0);
    BOOST_TEST(w[i] == 0);
  }
  const Vector w0 = p.x.head(p.flow.parameter_count());
  const Real way = (w.head(w0.size()) - w0).norm() / w0.norm();
  fmt::print("{:<32} {}: {} zeros kept, the rest moved by {:.2f} of its size\n", c.name, method, zeros,
             d(way));
  BOOST_TEST((zeros > 0) == c.dead);
  BOOST_TEST(way > Real(0.01));
}

BOOST_AUTO_TEST_CASE(covers_what_has_coordinates) {
  for (const PolarCase& c : polar_cases()) {
    PolarProblem p(c, 6, Real(1e-3));
    const Index n = p.flow.parameter_count();
    BOOST_TEST(p.polar.covers(p.x));
    BOOST_TEST(!p.polar.covers(Vector::Zero(n + 1)));
    Vector bad = p.x;
    bad[0] = std::numeric_limits<Real>::infinity();
    BOOST_TEST(!p.polar.covers(bad));
    bad[0] = std::numeric_limits<Real>::quiet_NaN();
    BOOST_TEST(!p.polar.covers(bad));
    BOOST_CHECK_THROW(p.polar.enter(Vector::Zero(n + 1)), InputError);
  }
  // Linear: incoming weights of zero move when the outgoing ones are not zero.
  PolarCase c{.name = "half dead", .sizes = {3, 4, 2}, .activation = Activation(1, 1), .smooth = true};
  PolarProblem p(c, 6, Real(1e-3));
  const Neuron& neuron = p.objective.network().neurons()[1];
  for (Index i : neuron.incoming) p.x[i] = 0;
  BOOST_TEST(!p.polar.covers(p.x));
  for (Index i : neuron.outgoing) p.x[i] = 0;
  BOOST_TEST(p.polar.covers(p.x));
}

// Three linear layers: the row of a first-layer neuron is zero, and so is the outer weight through which it
// would feel the loss; that weight grows, and then the row moves.
BOOST_AUTO_TEST_CASE(covers_sees_what_will_move_later) {
  PolarCase c{.name = "later", .sizes = {3, 2, 2, 1}, .activation = Activation(1, 1), .smooth = true};
  PolarProblem p(c, 6, Real(1e-3));
  const Layout& layout = p.objective.network().layout();
  Vector w = p.x.head(p.flow.parameter_count());
  layout.matrix(w, 0).row(0).setZero();
  layout.matrix(w, 1)(1, 0) = 0;  // neuron 0 feeds the second hidden neuron 0 only
  layout.matrix(w, 2)(0, 0) = 0;
  p.x.head(w.size()) = w;
  Vector gradient;
  p.objective.gradient(w, gradient);
  BOOST_REQUIRE(layout.matrix(gradient, 0).row(0).norm() == 0);
  BOOST_TEST(!p.polar.covers(p.x));
}

BOOST_DATA_TEST_CASE(groups_are_a_partition, bdata::make(polar_cases()), c) {
  const auto network = c.network();
  const ParameterGroups groups = polar_groups(*network), own = network->groups();
  const auto n = static_cast<std::size_t>(network->parameter_count());
  BOOST_REQUIRE(groups.first.size() == n);
  const int count = 1 + *std::max_element(groups.first.begin(), groups.first.end());
  std::vector<int> members(static_cast<std::size_t>(count), 0), sizes(static_cast<std::size_t>(own.count), 0);
  for (int g : own.first) ++sizes[static_cast<std::size_t>(g)];
  for (int g : groups.first) {
    BOOST_REQUIRE(g >= 0);
    ++members[static_cast<std::size_t>(g)];
  }
  for (int m : members) BOOST_TEST((m >= 2 || n == 1));
  // Parameters that shared a group still do; a neuron's only outgoing weight is with its incoming ones.
  int singles = 0;
  for (std::size_t i = 0; i < n; ++i) {
    singles += sizes[static_cast<std::size_t>(own.first[i])] == 1 ? 1 : 0;
    for (std::size_t j = 0; j < i; ++j)
      if (own.first[i] == own.first[j]) BOOST_TEST(groups.first[i] == groups.first[j]);
  }
  for (const Neuron& neuron : network->neurons())
    if (neuron.outgoing.size() == 1)
      for (const Index i : neuron.incoming)
        BOOST_TEST(groups.first[static_cast<std::size_t>(i)] ==
                   groups.first[static_cast<std::size_t>(neuron.outgoing[0])]);
  for (std::size_t i = 0; i < groups.second.size(); ++i) {
    BOOST_TEST((groups.second[i] >= 0) == (own.second[i] >= 0));
    BOOST_TEST(groups.second[i] < groups.count);
    BOOST_TEST((groups.second[i] < 0 || groups.second[i] >= count));
  }
  fmt::print("{:<32} {} parameters in {} groups, {} single weights\n", c.name, n, count, singles);
}

BOOST_AUTO_TEST_CASE(a_network_of_one_weight) {
  const auto network = power_sum(1, 1, Activation(-1, 2));
  const ParameterGroups groups = polar_groups(*network);
  BOOST_TEST(groups.first == std::vector<int>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

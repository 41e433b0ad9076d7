// Polynomials in the Bernstein basis: values, division by x, the first change of sign.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <optional>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/ode/switching/bernstein.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

template <class F>
Bernstein fitted(int degree, const F& f) {
  const BernsteinFit fit(degree);
  std::vector<Real> values;
  for (const Real x : fit.nodes()) values.push_back(f(x));
  return fit(values);
}

Real product(const std::vector<Real>& roots, Real x) {
  Real p = 1;
  for (const Real r : roots) p *= x - r;
  return p;
}

Real power_sum(const Vector& a, Real x) {
  Real p = 0;
  for (Index i = a.size() - 1; i >= 0; --i) p = p * x + a[i];
  return p;
}

/// Where the polynomial changes its sign in (0, 1), ascending: by bisection between the roots of its
/// derivative.
std::vector<Real> changes_of_sign(const Vector& a) {
  const Index n = a.size() - 1;
  if (n == 0) return {};
  std::vector<Real> knots = changes_of_sign(a.tail(n).cwiseProduct(Vector::LinSpaced(n, 1, Real(n))));
  knots.insert(knots.begin(), 0);
  knots.push_back(1);
  std::vector<Real> roots;
  for (std::size_t k = 1; k < knots.size(); ++k) {
    Real left = knots[k - 1], right = knots[k];
    const bool rises = power_sum(a, left) < 0;
    if (rises == (power_sum(a, right) < 0)) continue;
    for (int i = 0; i < 200; ++i) {
      const Real middle = (left + right) / 2;
      ((power_sum(a, middle) < 0) == rises ? left : right) = middle;
    }
    roots.push_back(right);
  }
  return roots;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bernstein_test)

BOOST_AUTO_TEST_SUITE(bernstein)

BOOST_DATA_TEST_CASE(values_and_division, bdata::xrange(1, 15), degree) {
  const auto seed = static_cast<std::uint64_t>(degree);
  Random random(seed);
  BOOST_TEST_MESSAGE("seed " << seed);
  Vector a = random.normal_matrix(degree + 1, 1);
  const Bernstein p = fitted(degree, [&](Real x) { return power_sum(a, x); });
  BOOST_TEST(p.degree() == degree);
  Vector lowered = a;
  lowered[0] = 0;
  const Bernstein q = fitted(degree, [&](Real x) { return power_sum(lowered, x); }).divided_by_x();
  BOOST_TEST(q.degree() == degree - 1);
  for (int i = 0; i <= 50; ++i) {
    const Real x = static_cast<Real>(i) / 50;
    BOOST_TEST(std::abs(p(x) - power_sum(a, x)) <= Real(1e-11) * a.lpNorm<1>());
    BOOST_TEST(std::abs(q(x) - power_sum(a.tail(degree), x)) <= Real(1e-9) * a.lpNorm<1>());
  }
}

// (p - p(0)) / x.
BOOST_AUTO_TEST_CASE(division_without_a_root_at_zero) {
  const Bernstein p({5, 1, -2, 4});
  for (const Real x : {Real(0.125), Real(0.5), Real(1)})
    BOOST_TEST(std::abs(p.divided_by_x()(x) - (p(x) - 5) / x) <= Real(1e-14));
}

BOOST_DATA_TEST_CASE(random_polynomials, bdata::xrange(1, 401), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  const Index degree = 1 + seed % 12;
  Vector a = random.normal_matrix(degree + 1, 1);
  // Most roots of random polynomials lie near the unit circle: bring them into the interval.
  for (Index i = 1; i <= degree; ++i) a[i] *= std::pow(Real(2), static_cast<Real>(i));
  const std::vector<Real> expected = changes_of_sign(a);
  const auto found =
      fitted(static_cast<int>(degree), [&](Real x) { return power_sum(a, x); }).first_crossing();
  BOOST_TEST_CONTEXT("seed " << seed << ", degree " << degree) {
    BOOST_TEST_REQUIRE(found.has_value() == !expected.empty());
    if (found) BOOST_TEST(std::abs(*found - expected.front()) <= Real(1e-9));
  }
}

// Simple roots in and outside the interval: the smallest inside.
BOOST_DATA_TEST_CASE(known_roots, bdata::xrange(1, 401), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  std::vector<Real> roots;
  for (int i = 0; i < 1 + seed % 8; ++i) {
    const Real r = -1 + 3 * random.uniform();
    const bool close =
        std::any_of(roots.begin(), roots.end(), [&](Real s) { return std::abs(r - s) < Real(0.02); });
    if (!close && std::abs(r) > Real(1e-3) && std::abs(r - 1) > Real(1e-3)) roots.push_back(r);
  }
  std::optional<Real> expected;
  for (const Real r : roots)
    if (r > 0 && r < 1 && (!expected || r < *expected)) expected = r;
  const auto found = fitted(static_cast<int>(std::max(roots.size(), std::size_t(1))), [&](Real x) {
                       return product(roots, x);
                     }).first_crossing();
  BOOST_TEST_CONTEXT("seed " << seed << ", " << roots.size() << " roots") {
    BOOST_TEST_REQUIRE(found.has_value() == expected.has_value());
    if (found) BOOST_TEST(std::abs(*found - *expected) <= Real(1e-9));
  }
}

// Coefficients without rounding: 64 (x - k/8)^2.
BOOST_DATA_TEST_CASE(double_roots, bdata::xrange(1, 8), k) {
  const auto r = static_cast<Real>(k);
  const std::vector<Real> c{r * r, r * r - 8 * r, (8 - r) * (8 - r)};
  BOOST_TEST(!Bernstein(c).first_crossing().has_value());
  std::vector<Real> below = c, negative = c;
  for (Real& value : below) value -= Real(1e-6);
  for (Real& value : negative) value = -value;
  BOOST_TEST(!Bernstein(negative).first_crossing().has_value());
  const auto split = Bernstein(below).first_crossing();
  BOOST_TEST_REQUIRE(split.has_value());
  BOOST_TEST(std::abs(*split - (r - Real(1e-3)) / 8) <= Real(1e-12));
}

BOOST_AUTO_TEST_CASE(higher_multiplicity) {
  BOOST_TEST(!Bernstein({1, -1, 1, -1, 1}).first_crossing().has_value());  // (1 - 2x)^4
  const auto triple = Bernstein({1, -1, 1, -1}).first_crossing();          // (1 - 2x)^3
  BOOST_TEST_REQUIRE(triple.has_value());
  BOOST_TEST(std::abs(*triple - Real(0.5)) <= Real(1e-12));
  const auto after_double = Bernstein({9, -19, 33, -27}).first_crossing();  // 192 (x - 1/4)^2 (3/4 - x)
  BOOST_TEST_REQUIRE(after_double.has_value());
  BOOST_TEST(std::abs(*after_double - Real(0.75)) <= Real(1e-14));
}

// A simple root where intervals are halved, in polynomials that are halved before it is found.
BOOST_AUTO_TEST_CASE(roots_at_halves) {
  for (const auto& [c, root] :
       std::vector<std::pair<std::vector<Real>, Real>>{{{3, -1, 1, -3}, Real(0.5)},
                                                       {{-3, 1, -1, 3}, Real(0.5)},
                                                       {{1, 0, -1}, Real(0.5)},
                                                       {{45, -71, 133, -111}, Real(0.75)}}) {
    const auto found = Bernstein(c).first_crossing();
    BOOST_TEST_CONTEXT("root at " << root) {
      BOOST_TEST_REQUIRE(Bernstein(c)(root) == 0);
      BOOST_TEST_REQUIRE(found.has_value());
      BOOST_TEST(std::abs(*found - root) <= Real(1e-14));
    }
  }
}

BOOST_AUTO_TEST_CASE(ends) {
  BOOST_TEST(Bernstein({1, Real(0.5), 0}).first_crossing().value() == 1);
  BOOST_TEST(Bernstein({-1, Real(-0.5), 0}).first_crossing().value() == 1);
  BOOST_TEST(!Bernstein({1, Real(0.5), Real(1e-300)}).first_crossing().has_value());
  const auto last = Bernstein({1, Real(0.5), Real(-1e-12)}).first_crossing();
  BOOST_TEST_REQUIRE(last.has_value());
  BOOST_TEST(std::abs(*last - (1 - Real(1e-12))) <= Real(1e-14));
  const auto first = Bernstein({Real(1e-12), -1, -1}).first_crossing();
  BOOST_TEST_REQUIRE(first.has_value());
  BOOST_TEST(std::abs(*first - Real(0.5e-12)) <= Real(1e-23));
  BOOST_TEST(!Bernstein({1}).first_crossing().has_value());
  // x (1/2 - x): the root at zero is divided out.
  const auto rest = Bernstein({0, Real(0.25), Real(-0.5)}).divided_by_x().first_crossing();
  BOOST_TEST_REQUIRE(rest.has_value());
  BOOST_TEST(std::abs(*rest - Real(0.5)) <= Real(1e-15));
}

// Not a polynomial of the fit's degree: what is fitted goes through the nodes.
BOOST_AUTO_TEST_CASE(fit_interpolates) {
  const auto f = [](Real x) { return std::exp(-3 * x) - Real(0.2); };
  const Bernstein p = fitted(8, f);
  const BernsteinFit fit(8);
  for (const Real x : fit.nodes()) BOOST_TEST(std::abs(p(x) - f(x)) <= Real(1e-14));
  BOOST_TEST(std::abs(p.first_crossing().value() - std::log(Real(5)) / 3) <= Real(1e-6));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

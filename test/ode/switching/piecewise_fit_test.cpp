// Polynomials up to degree 40 from their values: the pieces and their first change of sign.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/ode/switching/piecewise_fit.hpp"

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

template <class F>
std::vector<PiecewiseFit::Piece> fitted_pieces(int degree, const F& f) {
  const PiecewiseFit fit(degree);
  std::vector<Real> values;
  for (const Real x : fit.nodes()) values.push_back(f(x));
  return fit(values);
}

std::optional<Real> first_change(const std::vector<PiecewiseFit::Piece>& pieces) {
  for (const auto& piece : pieces)
    if (const auto root = piece.polynomial.first_crossing()) return piece.start + piece.length * *root;
  return std::nullopt;
}

/// Largest difference on the pieces, and what their degrees are.
template <class F>
Real error_of(const std::vector<PiecewiseFit::Piece>& pieces, const F& f) {
  Real worst = 0, end = 0;
  for (const auto& piece : pieces) {
    BOOST_TEST(piece.start == end);
    end = piece.start + piece.length;
    for (int i = 0; i <= 20; ++i) {
      const Real x = static_cast<Real>(i) / 20;
      worst = std::max(worst, std::abs(piece.polynomial(x) - f(piece.start + piece.length * x)));
    }
  }
  BOOST_TEST(end == 1);
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(piecewise_fit_test)

// T_n(2x - 1): as many roots as a polynomial of size 1 can have.
BOOST_DATA_TEST_CASE(chebyshev_polynomials, bdata::xrange(1, 41), degree) {
  const auto f = [degree](Real x) {
    return std::cos(static_cast<Real>(degree) * std::acos(std::clamp(2 * x - 1, Real(-1), Real(1))));
  };
  const auto pieces = fitted_pieces(degree, f);
  const Real error = error_of(pieces, f);
  const auto root = first_change(pieces);
  const Real right = (1 - std::cos(std::numbers::pi_v<Real> / (2 * static_cast<Real>(degree)))) / 2;
  BOOST_TEST_REQUIRE(root.has_value());
  if (degree % 8 == 0 || degree == 28)
    fmt::print("T_{}: {} pieces, values to {:.1e}, first root to {:.1e}, amplification at once {:.1e}\n",
               degree, pieces.size(), static_cast<double>(error),
               static_cast<double>(std::abs(*root - right)),
               static_cast<double>(PiecewiseFit::amplification(degree)));
  // Up to degree 15 at once, with what that costs; then in pieces.
  BOOST_TEST(error <= (degree <= 15 ? Real(5e-12) : Real(1e-12)));
  BOOST_TEST(std::abs(*root - right) <= Real(1e-13));
}

// Some roots inside, all others outside or complex.
BOOST_DATA_TEST_CASE(known_roots, bdata::xrange(1, 301), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  const int degree = 16 + seed % 25;
  std::vector<Real> inside, outside;
  for (int k = 0; k < seed % 5; ++k) inside.push_back(Real(0.02) + Real(0.96) * random.uniform());
  std::sort(inside.begin(), inside.end());
  for (std::size_t k = 1; k < inside.size(); ++k)
    if (inside[k] - inside[k - 1] < Real(0.01)) return;
  for (int k = static_cast<int>(inside.size()); k < degree; ++k)
    outside.push_back((random.uniform() < Real(0.5) ? Real(-0.5) : Real(1.5)) * (1 + random.uniform()) +
                      (random.uniform() - Real(0.5)) * Real(0.2));
  const auto f = [&](Real x) {
    Real p = 1;
    for (const Real r : inside) p *= 4 * (x - r);
    for (const Real r : outside) p *= 1 - x / r;
    return p;
  };
  Real largest = 0;
  for (int i = 0; i <= 100; ++i) largest = std::max(largest, std::abs(f(static_cast<Real>(i) / 100)));
  const auto pieces = fitted_pieces(degree, f);
  const auto root = first_change(pieces);
  BOOST_TEST_CONTEXT("seed " << seed << ", degree " << degree << ", " << inside.size() << " roots") {
    BOOST_TEST(error_of(pieces, f) <= Real(1e-12) * largest);
    // Where the polynomial is as small as its rounding a root cannot be seen.
    if (inside.empty()) {
      BOOST_TEST((!root || std::abs(f(*root)) <= Real(1e-12) * largest));
      return;
    }
    const Real r = inside.front(), h = Real(1e-6);
    const Real slope = std::abs(f(r + h) - f(r - h)) / (2 * h);
    if (slope < Real(1e-9) * largest) return;
    BOOST_TEST_REQUIRE(root.has_value());
    BOOST_TEST(std::abs(*root - r) <= Real(1e-12) * largest / slope);
  }
}

// The factor by which rounding grows decides how high a degree is taken at once.
BOOST_AUTO_TEST_CASE(amplification) {
  for (const int degree : {5, 12, 15, 20, 28}) {
    const Real loss = PiecewiseFit::amplification(degree) * std::numeric_limits<Real>::epsilon();
    fmt::print("degree {:2}: coefficients from values to {:.1e}\n", degree, static_cast<double>(loss));
    if (degree <= 15) BOOST_TEST(loss <= Real(2e-11));
    if (degree >= 28) BOOST_TEST(loss >= Real(1e-9));
  }
}

BOOST_AUTO_TEST_SUITE_END()

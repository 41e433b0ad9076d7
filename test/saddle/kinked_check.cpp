#include "saddle/kinked_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/kinks/one_sided.hpp"

namespace saddleflow::test {
namespace {

// Second differences know eigenvalues to this part of the largest.
constexpr Real kTold = Real(1e-5);

double plain_number(Real x) { return static_cast<double>(x); }

/// Orthonormal, of the tangent space.
Matrix tangent_basis(KinkedSurface& surface, const Vector& w) {
  if (surface.held().empty()) return Matrix::Identity(w.size(), w.size());
  const PivotedQr qr(surface.normals(w, surface.held()));
  Matrix all = Matrix::Identity(w.size(), w.size());
  qr.apply(all);
  return all.rightCols(w.size() - qr.rank());
}

/// Eigenvalues of second differences along the surface, of the smooth function of the mode: other kinks may
/// be near.
Vector eigenvalues_by_differences(KinkedSurface& surface, Objective& loss, const Vector& p, Real h) {
  const Matrix basis = tangent_basis(surface, p);
  const Index n = basis.cols();
  const auto at = [&](Index i, Real si, Index j, Real sj) {
    Vector w = p + h * (si * basis.col(i) + sj * basis.col(j));
    surface.retract(w);
    return loss.value(w);
  };
  Matrix hessian(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j <= i; ++j)
      hessian(i, j) = hessian(j, i) =
          (at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)) / (4 * h * h);
  return symmetric_eigenvalues(hessian, "differences");
}

/// Up to here the loss is what the verdict rests on: a smooth function and the held kinks, whose linear
/// growth or fall outweighs the curvature.
Real reach_of_verdict(KinkedSurface& surface, Objective& loss, const KinkedPoint& found) {
  const Vector& p = found.point();
  const FeedForwardState state = *loss.state_at(p);
  Real reach = p.norm();
  std::vector<Kink> others;
  for (Index k = 0; k < surface.index().count(); ++k)
    if (surface.mode().side(k) != Side::sliding) others.push_back(surface.index().kink(k));
  const Matrix normals = surface.normals(p, others);
  for (std::size_t k = 0; k < others.size(); ++k) {
    const Real z = state.layer(others[k].layer).z(others[k].neuron, others[k].sample);
    const bool there = std::abs(z) < Real(1e-9) * p.squaredNorm();
    if (!there) reach = std::min(reach, std::abs(z) / normals.col(static_cast<Index>(k)).norm());
  }
  Matrix hessian;
  surface.objective().set_mode(surface.pattern(), {});
  surface.objective().hessian(p, hessian);
  surface.enter(surface.mode(), p);
  const Real growth = std::abs(found.first_order.one_sided.least);
  if (growth > 0) reach = std::min(reach, growth / hessian.norm());
  return reach / 10;
}

/// The lowest loss at random points around p, minus that at p: anywhere, and beside the surface.
Real lowest_around(KinkedSurface& surface, Objective& loss, const Vector& p, std::uint64_t seed, int points,
                   Real reach) {
  Random random(seed, RandomStream::noise);
  const Matrix basis = tangent_basis(surface, p);
  const Real here = loss.value(p);
  Real lowest = std::numeric_limits<Real>::infinity();
  for (int k = 0; k < points; ++k) {
    const Real size = reach * std::pow(Real(10), -3 * random.uniform());
    Vector w = p;
    if (k % 2 == 0) {
      w += size * random.unit_vector(p.size());
    } else {
      w += size * (basis * random.unit_vector(basis.cols()));
      surface.retract(w);
      w += size * size / p.norm() * random.unit_vector(p.size());
    }
    lowest = std::min(lowest, loss.value(w) - here);
  }
  return lowest;
}

/// A point and all that brute force says about it.
struct Check {
  Real reach = 0, lowest = 0, derivative_error = 0, below_least = 0, eigenvalue_error = 0;
  Index negative = 0, known_negative = 0;  ///< beyond what differences tell from zero
  bool all_told = true;                    ///< no eigenvalue that they do not tell from it
};

Check brute_force(Objective& objective, const KinkedPoint& found, std::uint64_t seed) {
  Objective loss(objective.shared_network(), objective.data(), objective.loss());
  KinkedSurface surface(objective);
  const Vector& p = found.point();
  surface.enter(found.refinement.mode, p);
  Check check;
  check.reach = reach_of_verdict(surface, loss, found);
  check.lowest = lowest_around(surface, loss, p, seed, 2000, check.reach);
  Random random(seed);
  const Real here = loss.value(p);
  if (!found.first_order.kinks.empty()) {
    const OneSidedModel model(surface, p, found.refinement.loose);
    const Matrix normals = surface.normals(p, surface.held());
    for (int k = 0; k < 500; ++k) {
      const Vector y = random.normal_matrix(normals.cols(), 1);
      const Vector d = (normals * y).normalized();
      const Real t = Real(1e-9) * p.norm(), rate = model(d);
      const Real unit = found.first_order.unit;
      check.derivative_error =
          std::max(check.derivative_error, std::abs((loss.value(p + t * d) - here) / t - rate) / unit);
      check.below_least = std::max(check.below_least, (found.first_order.one_sided.least - rate) / unit);
    }
  }
  const Vector differences = eigenvalues_by_differences(surface, objective, p, Real(3e-4) * p.norm());
  const Vector& known = found.spectrum.eigenvalues;
  const Real largest = known.cwiseAbs().maxCoeff();
  // Those across the surface are zero: as many zeros more.
  std::vector<Real> all(differences.begin(), differences.end());
  all.resize(static_cast<std::size_t>(known.size()), 0);
  std::sort(all.begin(), all.end());
  for (Index k = 0; k < known.size(); ++k) {
    check.eigenvalue_error =
        std::max(check.eigenvalue_error, std::abs(all[static_cast<std::size_t>(k)] - known[k]) / largest);
    check.negative += all[static_cast<std::size_t>(k)] < -kTold * largest ? 1 : 0;
    check.known_negative += known[k] < -kTold * largest ? 1 : 0;
    const bool is_zero = std::abs(known[k]) <= found.spectrum.zero_threshold;
    check.all_told = check.all_told && (is_zero || std::abs(known[k]) > kTold * largest);
  }
  return check;
}

}  // namespace

void Tally::print(const std::string& what) const {
  fmt::print(
      "{}: {} points, {} on kinks (at most {}): {} minima, {} saddles to first order, {} by an eigenvalue, "
      "{} "
      "degenerate, {} unresolved; Clarke residual {:.1e}, derivatives off by {:.1e}, eigenvalues by "
      "{:.1e}, lowest "
      "loss around minima {:+.1e}\n",
      what, points, on_kinks, most, minima, first_order, eigenvalue, degenerate, unresolved,
      plain_number(clarke), plain_number(derivative), plain_number(eigenvalue_error), plain_number(lowest));
}

void check_point(Objective& objective, const KinkedPoint& found, std::uint64_t seed, Tally& tally) {
  const KinkedFirstOrder& first = found.first_order;
  ++tally.points;
  tally.unresolved += found.verdict == KinkedVerdict::unresolved ? 1 : 0;
  if (found.verdict == KinkedVerdict::unresolved) return;
  const Check check = brute_force(objective, found, seed);
  BOOST_TEST(first.clarke_residual < 1e-10);
  BOOST_TEST(check.derivative_error < 1e-5);
  BOOST_TEST(check.eigenvalue_error < kTold);
  BOOST_TEST(check.negative == check.known_negative);
  if (check.all_told) BOOST_TEST(check.negative == found.spectrum.negative);
  tally.on_kinks += first.kinks.empty() ? 0 : 1;
  tally.most = std::max(tally.most, static_cast<Index>(first.kinks.size()));
  tally.clarke = std::max(tally.clarke, first.clarke_residual);
  tally.derivative = std::max(tally.derivative, check.derivative_error);
  tally.eigenvalue_error = std::max(tally.eigenvalue_error, check.eigenvalue_error);
  tally.degenerate += found.verdict == KinkedVerdict::degenerate ? 1 : 0;
  const Real loss = objective.value(found.point());
  if (found.verdict == KinkedVerdict::minimum) {
    ++tally.minima;
    tally.lowest = std::min(tally.lowest, check.lowest);
    BOOST_TEST(check.lowest >= Real(-1e-14) * std::max(loss, Real(1)));
    if (first.one_sided.exact) BOOST_TEST(check.below_least < 1e-12);
  } else if (found.verdict == KinkedVerdict::saddle) {
    (found.descent_is_first_order ? tally.first_order : tally.eigenvalue) += 1;
    const Real t = found.descent_is_first_order ? check.reach : Real(1e-3) * found.point().norm();
    const Real change = objective.value(found.point() + t * found.descent) - loss;
    BOOST_TEST(found.descent_rate < 0);
    BOOST_TEST(change < (found.descent_is_first_order ? t / 2 : t * t / 4) * found.descent_rate);
  }
}

}  // namespace saddleflow::test

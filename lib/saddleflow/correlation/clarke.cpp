#include "saddleflow/correlation/clarke.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/nearest_in_hull.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/sloped_gradient.hpp"
#include "saddleflow/piecewise/cells.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// A dozen starts, or three where a Jacobian of so many kinks makes each costly: by judgement. One that leads
// below the tolerance is enough.
constexpr Index kCostlyKinks = 64;
constexpr int kSlopeStarts = 12, kCostlyStarts = 3;
// The first ones, as parts of the way from the lower bounds to the upper ones.
constexpr std::array<Real, 3> kFirstShares{Real(0.75), 1, Real(0.25)};
// A Gauss-Newton step that takes less than this part off the distance is the last; a distance that falls
// slowly to one that is not zero has so many steps.
constexpr Real kNoProgress = Real(1e-4);
constexpr int kFitSteps = 60;
// A step is halved down to this, a dozen times: what it lowers the distance by is then less than kNoProgress.
constexpr Real kShortestFit = Real(1e-4);
// Another start is not needed where the distance is this far below the tolerance.
constexpr Real kWellBelow = 16;

struct Fit {
  Vector slopes, gradient;
  Real distance = std::numeric_limits<Real>::infinity();
  bool converged = true;
};

/// min ||target - g(s)|| over alpha <= s <= 1.
class SlopeFit {
 public:
  SlopeFit(const SlopedGradient& gradient, Vector target, Real alpha)
      : g_(gradient), target_(std::move(target)), lower_(Vector::Constant(count(), alpha)) {}

  /// With kinks in one layer g is affine and the first step exact. With several it is multi-affine:
  /// Gauss-Newton, each step a bounded linear problem, with halving until the distance falls. Quadratic
  /// convergence where the distance goes to zero, which is what is asked; local in any case, hence the
  /// several starts.
  Fit best(Real small_enough) const {
    Fit best;
    for (int start = 0; start < starts(); ++start) {
      const Fit fit = descend(start_slopes(start));
      if (fit.distance < best.distance) best = fit;
      if (best.distance <= small_enough) break;
    }
    return best;
  }

 private:
  Index count() const { return static_cast<Index>(g_.kinks().size()); }
  int starts() const {
    if (!g_.has_kinks_in_several_layers()) return 1;
    return count() > kCostlyKinks ? kCostlyStarts : kSlopeStarts;
  }
  Vector upper() const { return Vector::Ones(count()); }

  /// Slopes off zero first: at zero the layers below have no say. Then the corners, then at random.
  Vector start_slopes(int start) const {
    const auto number = static_cast<std::size_t>(start);
    if (number < kFirstShares.size()) return lower_ + kFirstShares[number] * (upper() - lower_);
    Random random(static_cast<std::uint64_t>(start));
    return lower_ + Vector::NullaryExpr(count(), [&random] {
                      return random.uniform();
                    }).cwiseProduct(upper() - lower_);
  }

  Fit evaluate(const Vector& slopes) const {
    Fit fit{slopes, g_.gradient(slopes)};
    fit.distance = (target_ - fit.gradient).norm();
    return fit;
  }

  Fit descend(const Vector& start) const {
    Fit fit = evaluate(start);
    for (int step = 0; step < kFitSteps && fit.distance > 0; ++step) {
      const Matrix jacobian = g_.jacobian(fit.slopes);
      const Vector right = target_ - fit.gradient + jacobian * fit.slopes;
      const BoundedSolution towards = bounded_least_squares(jacobian, right, lower_, upper(), fit.slopes);
      const Real before = fit.distance;
      fit = line_search(fit, towards.x - fit.slopes);
      fit.converged = towards.converged;
      if (fit.distance >= before * (1 - kNoProgress)) break;
    }
    return fit;
  }

  Fit line_search(const Fit& from, const Vector& step) const {
    for (Real length = 1; length > kShortestFit; length /= 2) {
      const Fit fit = evaluate((from.slopes + length * step).cwiseMax(lower_).cwiseMin(upper()));
      if (fit.distance < from.distance) return fit;
    }
    return from;
  }

  const SlopedGradient& g_;
  Vector target_, lower_;
};

bool has_dependent_normals(const PiecewiseLinear& f) {
  return orthonormal_basis(f.rows.transpose()).cols() < f.count();
}

Vector slopes_on(const KinkSides& sides, Real low) {
  Vector slopes(static_cast<Index>(sides.size()));
  for (std::size_t k = 0; k < sides.size(); ++k)
    slopes[static_cast<Index>(k)] = sides[k] > 0 ? Real(1) : sides[k] < 0 ? low : (1 + low) / 2;
  return slopes;
}

/// The element of the hull of the gradients on the cells that is nearest to the target.
Fit nearest_on_cells(const SlopedGradient& gradient, const std::vector<KinkSides>& sides,
                     const Vector& target, Real low) {
  const auto count = static_cast<Index>(sides.size());
  Matrix slopes(static_cast<Index>(gradient.kinks().size()), count), vertices(target.size(), count);
  for (Index c = 0; c < count; ++c) {
    slopes.col(c) = slopes_on(sides[static_cast<std::size_t>(c)], low);
    vertices.col(c) = gradient.gradient(slopes.col(c));
  }
  const NearestInHull nearest = nearest_in_hull(vertices, target);
  return {slopes * nearest.weights, nearest.point, nearest.distance, nearest.converged};
}

/// In the Clarke subdifferential, or, where that has too many cells, of what every slope makes on its own:
/// part of it where the normals are independent, else a larger set.
Fit nearest_element(const SlopedGradient& gradient, const Vector& target, Real low, Real small_enough,
                    bool& outer) {
  outer = false;
  if (gradient.kinks().empty()) return SlopeFit(gradient, target, low).best(small_enough);
  const PiecewiseLinear f = gradient.model();
  const bool dependent = has_dependent_normals(f);
  if (dependent || gradient.has_kinks_in_several_layers()) {
    const Cells around = cells(f, kMostCells);
    if (around.complete) return nearest_on_cells(gradient, around.sides, target, low);
    outer = dependent;
  }
  return SlopeFit(gradient, target, low).best(small_enough);
}

/// 0 where the gradient vanishes: then N(u) = 0, and every such u is stationary.
Real relative(Real distance, Real norm, Real vanishing) {
  if (distance == 0 || norm <= vanishing) return 0;
  return distance / norm;
}

}  // namespace

Verdict clarke_verdict(const ClarkeCertificate& certificate, Real tolerance) {
  const bool small = certificate.residual <= tolerance;
  if (small ? certificate.outer : !certificate.converged) return Verdict::not_applicable;
  return small ? Verdict::yes : Verdict::no;
}

ClarkeCertificate clarke_certificate(Correlation& correlation, const Vector& u, Real tolerance,
                                     Real kink_tolerance) {
  if (u.size() != correlation.size())
    throw InputError(fmt::format("direction: found {} numbers, expected the {} parameters of the network",
                                 u.size(), correlation.size()));
  const Network& network = correlation.network();
  const auto degree = static_cast<Real>(network.degree());
  ClarkeCertificate certificate;
  if (!network.traits().kinked()) {
    Vector g;
    const Real value = correlation.gradient(u, g);
    certificate.residual = relative((degree * value * u - g).norm(), g.norm(), 0);
  } else {
    const SlopedGradient gradient(correlation, u, kink_tolerance);
    const Vector target = degree * gradient.value() * u;
    const Fit fit = nearest_element(gradient, target, network.activation().slope(),
                                    tolerance * target.norm() / kWellBelow, certificate.outer);
    certificate.converged = fit.converged;
    const Real largest = correlation.residual_at_origin().norm() * correlation.columns().norm();
    certificate.kinks = static_cast<Index>(gradient.kinks().size());
    certificate.slopes = fit.slopes;
    certificate.element = fit.gradient;
    certificate.residual = relative(fit.distance, fit.gradient.norm(), tolerance * largest);
  }
  certificate.stationary = clarke_verdict(certificate, tolerance);
  return certificate;
}

}  // namespace saddleflow

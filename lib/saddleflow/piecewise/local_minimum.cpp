#include "saddleflow/piecewise/local_minimum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/rounds.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// A signal below this part of what it is made of is zero: far above the rounding of a sum, far below a signal
// that matters.
constexpr Real kNoSignal = Real(1e-12);
// A rate below this part of what it is made of keeps a kink at zero: directions along a face are solved for,
// to no more digits than normals are told apart by (normal_tolerance()).
constexpr Real kStaysHeld = Real(1e-8);
// What is said of the sides holds to this part of the signals' terms, where a slide has just ended as far as
// its time is known.
constexpr Real kConsistent = Real(1e-6);
// Points that differ by less than this part of their length are one.
constexpr Real kNotMoved = Real(1e-12);
// Few kinks may need some steps more; only a search that does not end pays for them.
constexpr Index kSpareSteps = 200;

int sign_of_signal(Real s) { return (s > 0) - (s < 0); }

class DescentOnFaces {
 public:
  DescentOnFaces(const PiecewiseLinear& f, Vector start, KinkSides sides, const DescentOptions& options)
      : f_(f),
        options_(options),
        c_(std::move(start)),
        sides_(std::move(sides)),
        rounding_(std::max(options.noise, kNotMoved * c_.norm())) {}

  LocalMinimum run() {
    // Faces are left for good: more steps than this are rounding going in circles.
    const Index most = kSpareSteps + kRoundsAVariable * f_.count();
    for (Index step = 0; step < most; ++step) {
      const Vector to_face = minimiser_on_face(f_, sides_) - c_;
      const bool far =
          to_face.norm() > kNotMoved * (c_.norm() + to_face.norm()) + rounding_ + options_.position;
      // Where F does not fall on the way, what is missing is rounding.
      if (far && go_along(to_face)) continue;
      if (!leave_face()) return {c_, sides_, agrees_with_sides(f_, c_, sides_, rounding_), exact_};
    }
    return {.point = c_, .sides = sides_, .found = false, .exact = exact_};
  }

 private:
  KinkSides::value_type& side(Index k) { return sides_[static_cast<std::size_t>(k)]; }
  bool is_held(Index k) const { return sides_[static_cast<std::size_t>(k)] == 0; }

  /// The steepest ray along which F falls, if there is one: the kinks that leave on it take their sides.
  bool leave_face() {
    PiecewiseLinear local = derivative_at(f_, sides_);
    local.gradient += c_;
    const Rays rays = extreme_rays(local, options_.rays);
    exact_ = exact_ && rays.complete;
    const std::vector<Index> zero = held(sides_);
    const Ray* steepest = nullptr;
    Real least = 0;
    for (const Ray& ray : rays.rays) {
      // Of directions as steep as one another the first: what is equal differs by rounding.
      if (!falls(ray, options_.noise) || moves_kept(ray, zero) ||
          ray.value / ray.length >= least - kValueRounding * std::abs(least))
        continue;
      steepest = &ray;
      least = ray.value / ray.length;
    }
    if (steepest == nullptr) return false;
    for (std::size_t k = 0; k < zero.size(); ++k)
      side(zero[k]) = static_cast<std::int8_t>(sign_of_signal(steepest->signals[static_cast<Index>(k)]));
    go_along(rays.direction(*steepest));
    return true;
  }

  bool moves_kept(const Ray& ray, const std::vector<Index>& zero) const {
    for (std::size_t k = 0; !options_.keep.empty() && k < zero.size(); ++k)
      if (options_.keep[static_cast<std::size_t>(zero[k])] && ray.signals[static_cast<Index>(k)] != 0)
        return true;
    return false;
  }

  /// dF along u at c_, the kinks on their sides.
  Real slope(const Vector& u, const Vector& rates) const {
    Real sum = (f_.gradient + c_).dot(u);
    for (Index k = 0; k < f_.count(); ++k)
      sum += f_.back[k] * f_.slope(sides_[static_cast<std::size_t>(k)]) * rates[k];
    return sum;
  }

  Vector rates_of(const Vector& u) const {
    Vector rates = f_.rows * u, a(f_.count());
    for (Index k = 0; k < f_.count(); ++k) {
      if (k > 0) rates[k] += f_.feed.row(k).head(k).dot(a.head(k));
      a[k] = f_.slope(sides_[static_cast<std::size_t>(k)]) * rates[k];
    }
    return rates;
  }

  /// Exact line search. False: F does not fall that way.
  bool go_along(const Vector& u) {
    const Real squared = u.squaredNorm();
    for (bool moved = false;; moved = true) {
      const Vector rates = rates_of(u);
      const Real fall = -slope(u, rates);
      if (fall <= 0) return moved;
      const Vector y = f_.signals(c_, sides_);
      const Real to_least = fall / squared;
      Real to_kink = std::numeric_limits<Real>::infinity();
      for (Index k = 0; k < f_.count(); ++k) to_kink = std::min(to_kink, reach(k, y, rates));
      c_ += std::min(to_kink, to_least) * u;
      if (to_kink > to_least) {
        hold_what_is_zero();
        return true;
      }
      if (!cross(to_kink, y, rates, u)) return true;
    }
  }

  /// How far along a direction the kink is; infinity where it is not on the way.
  Real reach(Index k, const Vector& y, const Vector& rates) const {
    const auto s = static_cast<Real>(sides_[static_cast<std::size_t>(k)]);
    if (s * rates[k] >= 0) return std::numeric_limits<Real>::infinity();
    return std::max(Real(0), -y[k] / rates[k]);
  }

  /// Those at their kinks change sides if F goes on falling beyond, else they are held. Held ones that hear
  /// them move as these do.
  bool cross(Real to_kink, const Vector& y, const Vector& rates, const Vector& u) {
    const KinkSides before = sides_;
    std::vector<Index> there;
    for (Index k = 0; k < f_.count(); ++k)
      if (reach(k, y, rates) <= to_kink * (1 + kNoSignal)) there.push_back(k);
    for (const Index k : there) side(k) = static_cast<std::int8_t>(-side(k));
    follow(u);
    if (slope(u, rates_of(u)) < -options_.noise * u.norm()) return true;
    sides_ = before;
    for (const Index k : there) side(k) = 0;
    hold_what_is_zero();
    return false;
  }

  /// Held kinks that no longer stay at zero along u take the sides of their rates.
  void follow(const Vector& u) {
    const Vector unit = f_.units(u.norm(), UnitsOf::direction);
    Vector a(f_.count());
    for (Index k = 0; k < f_.count(); ++k) {
      Real rate = f_.rows.row(k).dot(u);
      if (k > 0) rate += f_.feed.row(k).head(k).dot(a.head(k));
      if (is_held(k) && std::abs(rate) > kStaysHeld * unit[k])
        side(k) = static_cast<std::int8_t>(sign_of_signal(rate));
      a[k] = f_.slope(sides_[static_cast<std::size_t>(k)]) * rate;
    }
  }

  void hold_what_is_zero() {
    const Vector y = f_.signals(c_, sides_);
    const Vector zero = kNoSignal * f_.units(c_.norm()) + f_.units(rounding_, UnitsOf::direction);
    for (Index k = 0; k < f_.count(); ++k)
      if (!is_held(k) && std::abs(y[k]) <= zero[k]) side(k) = 0;
  }

  const PiecewiseLinear& f_;
  const DescentOptions& options_;
  Vector c_;
  KinkSides sides_;
  Real rounding_;  // of a point, at least
  bool exact_ = true;
};

}  // namespace

bool agrees_with_sides(const PiecewiseLinear& f, const Vector& c, const KinkSides& sides, Real rounding) {
  const Vector y = f.signals(c, sides);
  const Vector unit = kConsistent * f.units(c.norm()) + f.units(rounding, UnitsOf::direction);
  for (Index k = 0; k < f.count(); ++k) {
    const std::int8_t side = sides[static_cast<std::size_t>(k)];
    if ((side == 0 ? -std::abs(y[k]) : static_cast<Real>(side) * y[k]) < -unit[k]) return false;
  }
  return true;
}

bool falls(const Ray& ray, Real noise) {
  return ray.value < -(kValueRounding * ray.unit + noise * ray.length);
}

Vector minimiser_on_face(const PiecewiseLinear& f, const KinkSides& sides) {
  const LinearBranch b = branch_of(f, sides);
  const std::vector<Index> zero = held(sides);
  Vector c = -b.gradient;
  if (zero.empty()) return c;
  Matrix rows = b.rows(zero, Eigen::all);
  Vector missing = -b.shift(zero) - rows * c;
  // Unit rows: which of them are one is a matter of their angles.
  for (Index k = 0; k < rows.rows(); ++k) {
    const Real length = rows.row(k).norm();
    if (length == 0) continue;
    rows.row(k) /= length;
    missing[k] /= length;
  }
  return c + minimum_norm_least_squares(rows, missing, normal_tolerance());
}

LocalMinimum descend(const PiecewiseLinear& f, Vector start, KinkSides sides, const DescentOptions& options) {
  return DescentOnFaces(f, std::move(start), std::move(sides), options).run();
}

}  // namespace saddleflow

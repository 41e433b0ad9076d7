#include "saddleflow/correlation/trust_region.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/correlation/tangent_space.hpp"

namespace saddleflow {
namespace {

// Steps shorter than some roundings of a unit vector change it in nothing that matters.
constexpr Real kShortestRadius = 100 * std::numeric_limits<Real>::epsilon();
// Nor is a gain seen that is within the rounding of f.
constexpr Real kLeastGain = 4 * std::numeric_limits<Real>::epsilon();
// A step that gains this part of what was foretold is taken: below kPoorModel, so that what has been paid for
// is used.
constexpr Real kTakenStep = Real(0.05);
// A lowest eigenvalue above this part of the largest is nowhere near zero.
constexpr Real kClearCurvature = Real(0.01);
// Newton's method leaves out what is zero_curvature() at a point that is all but there; families may have
// larger modes farther away, and some points modes that are smaller and none of a family. Tried in this
// order; a cut is raised by powers of ten until the step is short enough.
constexpr std::array<Real, 3> kCuts{Real(1e-8), Real(1e-5), Real(1e-11)};
constexpr Real kNextCut = 10;
// One eigendecomposition serves for so many steps, as long as each divides the residual by the other.
constexpr int kStepsOfModel = 20;
constexpr Real kWorthAStep = 5;
// Newton's method squares the residual, and needs few models; where the curvature is singular it halves it or
// so: then 1e-3 to 1e-12 takes thirty.
constexpr int kMostModels = 30;
// Each turn leaves a saddle for a higher one; by judgement.
constexpr int kMostTurns = 4;
// N is higher where it has risen by more than a climb's own errors.
constexpr Real kRisen = Real(1e-9);

Vector shifted_step(const Vector& m, const Vector& g, Real shift) {
  Vector s(g.size());
  for (Index i = 0; i < g.size(); ++i) s[i] = g[i] == 0 ? Real(0) : g[i] / (m[i] + shift);
  return s;
}

/// The root of ||s(shift)|| = radius above `low`, where the norm is larger: it falls in shift.
Real secular_root(const Vector& m, const Vector& g, Real radius, Real low) {
  Real high = low + g.norm() / radius;
  for (int k = 0; k < kMostHalvings && high - low > kTightBracket * std::abs(high); ++k) {
    const Real middle = low + (high - low) / 2;
    (shifted_step(m, g, middle).norm() > radius ? low : high) = middle;
  }
  return high;
}

Real model_gain(const Vector& m, const Vector& g, const Vector& s) {
  return g.dot(s) - s.cwiseAbs2().dot(m) / 2;
}

/// The eigenproblem of the curvature at a point, and the gradient in its coordinates.
struct Model {
  TangentSpace space;
  TangentSpectrum spectrum;
  Vector g;

  Model(const SphereFunction& f, const SpherePoint& point, const Matrix& normals)
      : space((Matrix(point.u.size(), normals.cols() + 1) << point.u, normals).finished()),
        spectrum(tangent_spectrum(space, f.curvature(point))),
        g(coordinates(point)) {}
  /// The gradient at a point nearby.
  Vector coordinates(const SpherePoint& point) const {
    if (spectrum.values.size() == 0) return {};
    return spectrum.vectors.transpose() * space.coordinates(point.tangent);
  }
  Vector vector(const Vector& s) const { return space.vector(spectrum.vectors * s); }
};

/// Curvature and gradient without the rounding noise along a continuous family, which would make long steps.
std::pair<Vector, Vector> without_flat_modes(const Model& model) {
  Vector m = model.spectrum.values, g = model.g;
  const Real flat = kFamilyMode * model.spectrum.size();
  const Real noise = kFamilyGradient * g.norm();
  for (Index i = 0; i < g.size(); ++i) {
    if (std::abs(m[i]) > flat) continue;
    m[i] = std::max(m[i], Real(0));
    if (std::abs(g[i]) <= noise) g[i] = 0;
  }
  return {std::move(m), std::move(g)};
}

bool has_way_up(const TangentSpectrum& spectrum, Real residual) {
  const Real noise = zero_curvature(residual) * spectrum.size();
  return spectrum.values.size() > 0 && spectrum.values[0] < -noise;
}

/// Tries steps from `point` until one climbs; false when even the shortest does not.
bool climb_once(const SphereFunction& f, const Model& model, const AscentLimits& limits, SpherePoint& point,
                Real& radius) {
  const auto [m, g] = without_flat_modes(model);
  while (radius > kShortestRadius) {
    const Vector s = trust_region_step(m, g, radius);
    const Real length = s.norm();
    const Real predicted = model_gain(m, g, s);
    if (!(predicted > kLeastGain * std::abs(point.value)) || length == 0) return false;
    SpherePoint next = f.at(point.u + model.vector(s));
    const Real ratio = (next.value - point.value) / predicted;
    if (ratio > kGoodModel && length > kAtBorder * radius)
      radius = std::min(2 * radius, limits.longest_radius);
    if (!(ratio > kPoorModel)) radius = std::min(radius, length) / kShrunkRadius;
    if (ratio > kTakenStep) {
      point = std::move(next);
      return true;
    }
  }
  return false;
}

/// The pseudo-inverse step with the smallest cut that keeps it short.
Vector newton_step(const TangentSpectrum& spectrum, const Vector& g, Real cut, Real longest_step) {
  Vector s = Vector::Zero(g.size());
  for (; cut < 1; cut *= kNextCut) {
    for (Index i = 0; i < s.size(); ++i)
      s[i] = std::abs(spectrum.values[i]) > cut * spectrum.size() ? g[i] / spectrum.values[i] : Real(0);
    if (s.norm() <= longest_step) return s;
  }
  return Vector::Zero(g.size());
}

Vector onto_face(const Vector& u, const Matrix& normals) {
  if (normals.cols() == 0) return u;
  const TangentSpace face(normals);
  return face.vector(face.coordinates(u));
}

}  // namespace

Vector trust_region_step(const Vector& m, const Vector& g, Real radius) {
  if (m.size() == 0) return g;
  const Real lowest = std::max(Real(0), -m[0]);
  if (m[0] > 0 || g[0] == 0) {
    // Inside, or in the hard case: the part without the lowest modes fits.
    Vector inner = g;
    for (Index i = 0; i < g.size(); ++i)
      inner[i] = m[i] + lowest > 0 && g[i] != 0 ? g[i] / (m[i] + lowest) : Real(0);
    const bool singular = [&] {
      for (Index i = 0; i < g.size(); ++i)
        if (g[i] != 0 && !(m[i] + lowest > 0)) return true;
      return false;
    }();
    const Real length = inner.norm();
    if (!singular && length <= radius) {
      if (m[0] < 0) inner[0] = std::sqrt(std::max(Real(0), radius * radius - length * length));
      return inner;
    }
  }
  return shifted_step(m, g, secular_root(m, g, radius, lowest));
}

Real face_residual(const SpherePoint& point, const Matrix& normals) {
  if (normals.cols() == 0 || point.gradient_norm == 0) return point.residual;
  const TangentSpace space((Matrix(point.u.size(), normals.cols() + 1) << point.u, normals).finished());
  return space.coordinates(point.gradient).norm() / point.gradient_norm;
}

Climb climb(const SphereFunction& f, SpherePoint point, const Matrix& normals, const AscentLimits& limits) {
  Real radius = limits.radius;
  for (int k = 0; k < limits.iterations && point.gradient_norm > limits.null_gradient; ++k) {
    const Model model(f, point, normals);
    const Real residual = face_residual(point, normals);
    const TangentSpectrum& spectrum = model.spectrum;
    if (residual <= limits.residual && !has_way_up(spectrum, residual))
      return {point, spectrum.values.size() == 0 || spectrum.values[0] > kClearCurvature * spectrum.size()};
    if (!climb_once(f, model, limits, point, radius)) break;
  }
  return {.point = point, .clear_maximum = false};
}

namespace {

/// Newton's iteration on a face.
class Newton {
 public:
  Newton(const SphereFunction& f, const SpherePoint& from, const Matrix& normals, Real longest_step)
      : f_(f),
        normals_(normals),
        longest_step_(longest_step),
        point_(f.at(onto_face(from.u, normals))),
        residual_(face_residual(point_, normals)) {}

  Real residual() const { return residual_; }
  const SpherePoint& point() const { return point_; }

  /// Steps with one eigendecomposition.
  void advance() {
    const Model model(f_, point_, normals_);
    for (int k = 0; k < kStepsOfModel; ++k) {
      const Real before = residual_;
      if (!step(model) || residual_ > before / kWorthAStep) return;
    }
  }

 private:
  bool step(const Model& model) {
    const Vector g = model.coordinates(point_);
    for (const Real cut : kCuts) {
      const Vector s = newton_step(model.spectrum, g, cut, longest_step_);
      SpherePoint next = f_.at(onto_face(point_.u + model.vector(s), normals_));
      const Real residual = face_residual(next, normals_);
      if (!(residual < residual_)) continue;
      point_ = std::move(next);
      residual_ = residual;
      return true;
    }
    return false;
  }

  const SphereFunction& f_;
  const Matrix& normals_;
  Real longest_step_;
  SpherePoint point_;
  Real residual_;
};

}  // namespace

SpherePoint newton(const SphereFunction& f, const SpherePoint& from, const Matrix& normals, Real tolerance,
                   Real longest_step) {
  Newton iteration(f, from, normals, longest_step);
  for (int k = 0; k < kMostModels && iteration.residual() > tolerance; ++k) {
    const Real before = iteration.residual();
    iteration.advance();
    if (!(iteration.residual() < before)) break;
  }
  return iteration.point();
}

SpherePoint climb_to_the_top(const SphereFunction& f, SpherePoint point, Real tolerance, Real null_gradient,
                             const Polish& polish) {
  const Matrix sphere(f.size(), 0);
  AscentLimits limits;
  limits.null_gradient = null_gradient;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    const Climb top = climb(f, point, sphere, limits);
    point = top.point;
    if (point.gradient_norm <= null_gradient) break;
    point = polish ? polish(point) : newton(f, point, sphere, tolerance, kLongestNewtonStep);
    if (top.clear_maximum && point.residual <= tolerance) break;
    AscentLimits last = limits;
    last.residual = std::max(tolerance, point.residual);
    const SpherePoint again = climb(f, point, sphere, last).point;
    if (point.residual <= tolerance && !(again.value > point.value + kRisen * std::abs(point.value))) break;
    point = again;
  }
  return point;
}

}  // namespace saddleflow

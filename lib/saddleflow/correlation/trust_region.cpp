#include "saddleflow/correlation/trust_region.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/correlation/tangent_space.hpp"

namespace saddleflow {
namespace {

constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();
// Eigenvalues below this, relative to the largest, are those of a continuous family.
constexpr Real kFlat = Real(1e-9);

Vector shifted_step(const Vector& m, const Vector& g, Real shift) {
  Vector s(g.size());
  for (Index i = 0; i < g.size(); ++i) s[i] = g[i] == 0 ? Real(0) : g[i] / (m[i] + shift);
  return s;
}

/// The root of ||s(shift)|| = radius above `low`, where the norm is larger: it falls in shift.
Real secular_root(const Vector& m, const Vector& g, Real radius, Real low) {
  Real high = low + g.norm() / radius;
  for (int k = 0; k < 200 && high - low > 4 * kEpsilon * std::abs(high); ++k) {
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
        g(spectrum.values.size() > 0 ? Vector(spectrum.vectors.transpose() * space.coordinates(point.tangent))
                                     : Vector()) {}
  Vector vector(const Vector& s) const { return space.vector(spectrum.vectors * s); }
};

/// Curvature and gradient without the rounding noise along a continuous family, which would make long steps.
std::pair<Vector, Vector> without_flat_modes(const Model& model) {
  Vector m = model.spectrum.values, g = model.g;
  const Real flat = kFlat * model.spectrum.size();
  const Real noise = Real(1e-6) * g.norm();
  for (Index i = 0; i < g.size(); ++i) {
    if (std::abs(m[i]) > flat) continue;
    m[i] = std::max(m[i], Real(0));
    if (std::abs(g[i]) <= noise) g[i] = 0;
  }
  return {std::move(m), std::move(g)};
}

bool has_way_up(const TangentSpectrum& spectrum, Real residual) {
  // Zero modes come out as large as the distance to the KKT point makes them.
  const Real noise = std::max(Real(1e-8), 10 * residual) * spectrum.size();
  return spectrum.values.size() > 0 && spectrum.values[0] < -noise;
}

/// Tries steps from `point` until one climbs; false when even the shortest does not.
bool climb_once(const SphereFunction& f, const Model& model, const AscentLimits& limits, SpherePoint& point,
                Real& radius) {
  const auto [m, g] = without_flat_modes(model);
  while (radius > 100 * kEpsilon) {
    const Vector s = trust_region_step(m, g, radius);
    const Real length = s.norm();
    const Real predicted = model_gain(m, g, s);
    if (!(predicted > 4 * kEpsilon * std::abs(point.value)) || length == 0) return false;
    SpherePoint next = f.at(point.u + model.vector(s));
    const Real ratio = (next.value - point.value) / predicted;
    if (ratio > Real(0.75) && length > Real(0.8) * radius)
      radius = std::min(2 * radius, limits.longest_radius);
    if (!(ratio > Real(0.25))) radius = std::min(radius, length) / 4;
    if (ratio > Real(0.05)) {
      point = std::move(next);
      return true;
    }
  }
  return false;
}

/// The pseudo-inverse step with the smallest cut that keeps it short.
Vector newton_step(const Model& model, Real cut, Real longest_step) {
  const Real size = model.spectrum.size();
  Vector s = Vector::Zero(model.g.size());
  for (; cut < 1; cut *= 10) {
    for (Index i = 0; i < s.size(); ++i)
      s[i] =
          std::abs(model.spectrum.values[i]) > cut * size ? model.g[i] / model.spectrum.values[i] : Real(0);
    if (s.norm() <= longest_step) break;
  }
  return s.norm() <= longest_step ? s : Vector::Zero(s.size());
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

SpherePoint climb(const SphereFunction& f, SpherePoint point, const AscentLimits& limits) {
  const Matrix none(point.u.size(), 0);
  Real radius = limits.radius;
  for (int k = 0; k < limits.iterations && point.gradient_norm > limits.null_gradient; ++k) {
    const Model model(f, point, none);
    if (point.residual <= limits.residual && !has_way_up(model.spectrum, point.residual)) break;
    if (!climb_once(f, model, limits, point, radius)) break;
  }
  return point;
}

SpherePoint newton(const SphereFunction& f, SpherePoint point, const Matrix& normals, Real tolerance,
                   Real longest_step) {
  constexpr int kMostSteps = 30;
  point = f.at(onto_face(point.u, normals));
  Real residual = face_residual(point, normals);
  for (int k = 0; k < kMostSteps && residual > tolerance / 100; ++k) {
    const Model model(f, point, normals);
    const Real before = residual;
    for (const Real cut : {Real(1e-8), Real(1e-5), Real(1e-11)}) {
      const Vector s = newton_step(model, cut, longest_step);
      SpherePoint next = f.at(onto_face(point.u + model.vector(s), normals));
      const Real next_residual = face_residual(next, normals);
      if (!(next_residual < residual)) continue;
      point = std::move(next);
      residual = next_residual;
      break;
    }
    // Below the tolerance go on only while it pays: the rest is rounding.
    if (!(residual < before) || (residual <= tolerance && residual > before / 4)) break;
  }
  return point;
}

}  // namespace saddleflow

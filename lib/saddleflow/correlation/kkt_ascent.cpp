#include "saddleflow/correlation/kkt_ascent.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/correlation/face_search.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/trust_region.hpp"

namespace saddleflow {
namespace {

// A point with this residual may be near a stationary one already: Newton's method is tried before any climb.
constexpr Real kNearPoint = Real(1e-2);

KktPoint to_kkt_point(const SpherePoint& point, Real null_gradient) {
  if (point.gradient_norm <= null_gradient)
    return {.direction = point.u, .gradient_norm = point.gradient_norm, .null = true};
  return {.direction = point.u,
          .value = point.value,
          .gradient_norm = point.gradient_norm,
          .residual = point.residual};
}

SpherePoint refine(const CorrelationOnSphere& f, const SpherePoint& point, Real tolerance) {
  const SpherePoint refined = newton(f, point, Matrix(f.size(), 0), tolerance, kLongestNewtonStep);
  const SpherePoint cleaned = f.at(without_dying_neurons(f.correlation().network(), refined.u));
  return cleaned.residual <= std::max(tolerance, refined.residual) ? cleaned : refined;
}

SpherePoint top_above(const CorrelationOnSphere& f, const SpherePoint& point, Real tolerance,
                      Real null_gradient) {
  return climb_to_the_top(f, point, tolerance, null_gradient,
                          [&](const SpherePoint& near) { return refine(f, near, tolerance); });
}

}  // namespace

KktPoint ascend(const CorrelationOnSphere& f, const Vector& start, Real tolerance) {
  if (f.correlation().network().traits().kinked()) return ascend_with_kinks(f, start, tolerance);
  ProjectedFlowOptions options;
  options.null_gradient = kNullGradient * f.at(start).gradient_norm;
  const SpherePoint near = follow_projected_flow(f, start, options);
  return to_kkt_point(top_above(f, near, tolerance, options.null_gradient), options.null_gradient);
}

KktPoint polish(const CorrelationOnSphere& f, const Vector& direction, Real tolerance) {
  const SpherePoint point = f.at(direction);
  const Real null_gradient = kNullGradient * point.gradient_norm;
  if (point.gradient_norm <= null_gradient) return to_kkt_point(point, null_gradient);
  if (f.correlation().network().traits().kinked()) return polish_with_kinks(f, direction, tolerance);
  if (point.residual <= kNearPoint) {
    const SpherePoint refined = refine(f, point, tolerance);
    if (refined.residual <= tolerance) return to_kkt_point(refined, null_gradient);
  }
  return to_kkt_point(top_above(f, point, tolerance, null_gradient), null_gradient);
}

}  // namespace saddleflow

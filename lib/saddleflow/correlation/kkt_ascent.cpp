#include "saddleflow/correlation/kkt_ascent.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/correlation/face_search.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/trust_region.hpp"

namespace saddleflow {
namespace {

constexpr Real kNewtonStep = Real(0.1);

KktPoint to_kkt_point(const SpherePoint& point, Real null_gradient) {
  if (point.gradient_norm <= null_gradient) return {point.u, 0, point.gradient_norm, 0, true};
  return {point.u, point.value, point.gradient_norm, point.residual, false};
}

SpherePoint refine(const SphereFunction& f, const SpherePoint& point, Real tolerance) {
  const SpherePoint refined = newton(f, point, Matrix(f.size(), 0), tolerance, kNewtonStep);
  const SpherePoint cleaned = f.at(without_dying_neurons(f.correlation().network(), refined.u));
  return cleaned.residual <= std::max(tolerance, refined.residual) ? cleaned : refined;
}

/// Climb and Newton in turns: Newton's method alone may end in a saddle, which the next climb leaves.
SpherePoint climb_to_the_top(const SphereFunction& f, SpherePoint point, Real tolerance, Real null_gradient) {
  AscentLimits limits;
  limits.null_gradient = null_gradient;
  for (int turn = 0; turn < 4; ++turn) {
    point = climb(f, point, limits);
    if (point.gradient_norm <= null_gradient) break;
    const SpherePoint refined = refine(f, point, tolerance);
    const Real value = refined.value;
    point = refined;
    AscentLimits last = limits;
    last.residual = std::max(tolerance, refined.residual);
    const SpherePoint again = climb(f, refined, last);
    if (refined.residual <= tolerance && !(again.value > value + Real(1e-9) * std::abs(value))) break;
    point = again;
  }
  return point;
}

}  // namespace

KktPoint ascend(const SphereFunction& f, const Vector& start, Real tolerance) {
  ProjectedFlowOptions options;
  options.null_gradient = kNullGradient * correlation_scale(f.correlation());
  if (!f.correlation().network().activation().is_smooth()) return ascend_with_kinks(f, start, tolerance);
  const SpherePoint near = follow_projected_flow(f, start, options);
  return to_kkt_point(climb_to_the_top(f, near, tolerance, options.null_gradient), options.null_gradient);
}

KktPoint polish(const SphereFunction& f, const Vector& direction, Real tolerance) {
  constexpr Real kNear = Real(1e-2);
  const Real null_gradient = kNullGradient * correlation_scale(f.correlation());
  const SpherePoint point = f.at(direction);
  if (point.gradient_norm <= null_gradient) return to_kkt_point(point, null_gradient);
  if (!f.correlation().network().activation().is_smooth()) return polish_with_kinks(f, direction, tolerance);
  if (point.residual <= kNear) {
    const SpherePoint refined = refine(f, point, tolerance);
    if (refined.residual <= tolerance) return to_kkt_point(refined, null_gradient);
  }
  return to_kkt_point(climb_to_the_top(f, point, tolerance, null_gradient), null_gradient);
}

}  // namespace saddleflow

#include "saddleflow/flow/origin_gradient.hpp"

#include <cmath>
#include <limits>

namespace saddleflow {

Real OriginGradient::departure(const Vector& w) {
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  const Real norm = w.stableNorm();
  if (norm == 0) return 0;  // the origin itself, or weights below the smallest number
  const Real scale = std::pow(norm, static_cast<Real>(correlation_.network().degree()));
  if (!std::isfinite(scale)) return infinity;
  const Vector u = w / norm;
  correlation_.set_output_scale(0);
  correlation_.gradient(u, at_origin_);
  correlation_.set_output_scale(scale);
  correlation_.gradient(u, here_);
  const Real size = at_origin_.norm();
  return size > 0 ? (here_ - at_origin_).norm() / size : infinity;
}

}  // namespace saddleflow

#include "saddleflow/piecewise/group_rays.hpp"

#include <cmath>
#include <utility>

namespace saddleflow {
namespace {

// With dependent rows there may be fewer lines than choices of kinks. Beyond this many times what is allowed
// the search is not begun: by judgement, as what it costs at worst if it comes to nothing.
constexpr Real kHopeless = 10;

/// How many choices of rank - 1 kinks there are, up to rounding.
Real choices(const KinkGroup& group) {
  Real number = 1;
  for (Index k = 1; k < group.rank(); ++k)
    number *= static_cast<Real>(group.count() - k + 1) / static_cast<Real>(k);
  return number;
}

}  // namespace

GroupRays rays_of(const KinkGroup& group, const RayOptions& options) {
  if (group.rank() == 0) return {Matrix(group.count(), 0), Matrix(group.count(), 0)};
  if (group.count() < options.too_many && choices(group) <= kHopeless * static_cast<Real>(options.most)) {
    std::optional<GroupRays> all =
        group.feed.isZero(0) ? rays_by_choices(group, options.most) : rays_by_cuts(group, options.most);
    if (all) return std::move(*all);
  }
  return rays_by_walks(group, options.samples, options.seed);
}

// The columns but the first, reflected so that the first is parallel to the element.
Matrix space_without(const Matrix& space, const Vector& along) {
  const Index rest = space.cols() - 1;
  Vector mirror = along;
  mirror[0] += std::copysign(along.norm(), along[0]);
  Matrix out = space.rightCols(rest);
  const Vector image = (-2 / mirror.squaredNorm()) * (space * mirror);
  out.noalias() += image * mirror.tail(rest).transpose();
  return out;
}

}  // namespace saddleflow

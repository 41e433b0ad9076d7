// The extreme rays of kinks whose rows depend on one another.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/piecewise/rays.hpp"

namespace saddleflow {

/// What the signals y of these kinks are, as in PiecewiseLinear, in coordinates of the span of their rows.
struct KinkGroup {
  Matrix rows;  ///< kinks x rank
  Matrix feed;  ///< kinks x kinks, strictly lower triangular
  Real low = 0;

  Index count() const { return rows.rows(); }
  Index rank() const { return rows.cols(); }
  Real branch(Real s) const { return s > 0 ? s : low * s; }
};

/// Along unit vectors, a column each; in a complete list no two are equal. y that is zero to
/// normal_tolerance() is zero.
struct GroupRays {
  Matrix signals, rates;  ///< kinks x rays: y and row . direction
  bool complete = true;   ///< false: a sample
};

/// All rays, or a sample of them where there are more than the options allow.
GroupRays rays_of(const KinkGroup& group, const RayOptions& options);

/// The methods of rays_of(). Where no kink hears another: each choice of rank - 1 kinks that vanish is a
/// line. Nothing where more than `most` choices had to be looked at.
std::optional<GroupRays> rays_by_choices(const KinkGroup& group, Index most);
/// Layers: the span is cut by one kink after the other, and the cells are kept with their rays: on each cell
/// the next kink is linear. Nothing where there are more than 2 `most` rays or cells.
std::optional<GroupRays> rays_by_cuts(const KinkGroup& group, Index most);
/// From directions drawn at random within their cells to one of their rays, from kink to kink.
GroupRays rays_by_walks(const KinkGroup& group, Index count, std::uint64_t seed);

/// What of the space, whose columns are orthonormal, is orthogonal to its element `along`, which is given in
/// its coordinates.
Matrix space_without(const Matrix& space, const Vector& along);

}  // namespace saddleflow

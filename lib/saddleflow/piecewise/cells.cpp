#include "saddleflow/piecewise/cells.hpp"

#include <algorithm>

#include "saddleflow/base/nearest_in_hull.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// A cone of directions no wider than this, about the angle of normals that are one, is none.
constexpr Real kNoWidth = Real(1e-8);

/// Kink after kink: on a cell of the earlier ones y_k is linear, and cuts it or does not.
class CellSearch {
 public:
  CellSearch(const PiecewiseLinear& f, Index most)
      : f_(f), most_(most), rows_(f.rows * orthonormal_basis(f.rows.transpose())) {}

  Cells run() {
    sides_.assign(static_cast<std::size_t>(f_.count()), 0);
    Matrix effective = rows_;
    visit(0, effective, Vector::Zero(rows_.cols()));
    return std::move(cells_);
  }

 private:
  // `effective`: rows through the earlier kinks; `inside`: a direction of the cell so far, zero: all are.
  void visit(Index k, Matrix& effective, const Vector& inside) {
    if (static_cast<Index>(cells_.sides.size()) >= most_) {
      cells_.complete = false;
      return;
    }
    if (k == f_.count()) {
      cells_.sides.push_back(sides_);
      return;
    }
    effective.row(k) = rows_.row(k);
    Real size = rows_.row(k).norm();
    for (Index j = 0; j < k; ++j) {
      if (f_.feed(k, j) == 0) continue;
      const Real factor = f_.feed(k, j) * f_.slope(sides_[static_cast<std::size_t>(j)]);
      effective.row(k) += factor * effective.row(j);
      size = std::max(size, std::abs(factor) * effective.row(j).norm());
    }
    auto& side = sides_[static_cast<std::size_t>(k)];
    side = 0;
    if (effective.row(k).norm() <= normal_tolerance() * size) {
      effective.row(k).setZero();
      visit(k + 1, effective, inside);
      return;
    }
    for (const int sign : {-1, 1}) {
      side = static_cast<std::int8_t>(sign);
      const Vector there = direction(k, effective, inside);
      if (there.size() > 0) visit(k + 1, effective, there);
    }
    side = 0;
  }

  /// A direction on these sides of the kinks up to k; empty: there is none (P. Gordan's theorem: the hull of
  /// the outward normals then holds zero).
  Vector direction(Index k, const Matrix& effective, const Vector& inside) const {
    const Real sign = sides_[static_cast<std::size_t>(k)];
    const Vector row = effective.row(k).transpose().normalized();
    if (sign * row.dot(inside) > kNoWidth * inside.norm()) return inside;
    Matrix normals(rows_.cols(), k + 1);
    Index count = 0;
    for (Index j = 0; j <= k; ++j) {
      const Real s = sides_[static_cast<std::size_t>(j)];
      if (s != 0) normals.col(count++) = s * effective.row(j).transpose().normalized();
    }
    const NearestInHull found = nearest_in_hull(normals.leftCols(count), Vector::Zero(rows_.cols()));
    return found.distance > kNoWidth ? found.point : Vector();
  }

  const PiecewiseLinear& f_;
  Index most_;
  Matrix rows_;
  KinkSides sides_;
  Cells cells_;
};

}  // namespace

Cells cells(const PiecewiseLinear& f, Index most) { return CellSearch(f, most).run(); }

}  // namespace saddleflow

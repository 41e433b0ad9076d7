#include "saddleflow/saddle/catalogue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace saddleflow {

bool Catalogue::same(const CriticalPoint& a, const Matrix& outputs, std::size_t row) const {
  const CriticalPoint& b = points_[row];
  if (!b.is_critical() || (a.kind == CriticalKind::origin) != (b.kind == CriticalKind::origin)) return false;
  // Of a linear network the symmetry group mixes neurons: W_l -> G W_l keeps the inertia, not their number.
  const bool linear = a.basis.rotations.size() > 0;
  if (!linear && a.active_neurons != b.active_neurons) return false;
  if (linear && (a.spectrum.negative != b.spectrum.negative || a.spectrum.zero != b.spectrum.zero))
    return false;
  const Real size = objective_.data().targets.norm() + outputs.norm();
  const Real loss = std::abs(a.refinement.loss) + std::abs(b.refinement.loss);
  // Losses beside that of the zero network: those of two fits differ by rounding alone.
  const Real losses = tolerance_ * std::max(loss, size * size);
  return std::abs(a.refinement.loss - b.refinement.loss) <= losses &&
         (outputs - outputs_[row]).norm() <= tolerance_ * size;
}

Index Catalogue::find(const CriticalPoint& point) {
  if (!point.is_critical()) return -1;
  const Matrix outputs = objective_.outputs(point.point());
  for (std::size_t row = 0; row < points_.size(); ++row)
    if (same(point, outputs, row)) return static_cast<Index>(row);
  return -1;
}

Index Catalogue::add(CriticalPoint point) {
  const Index known = find(point);
  if (known >= 0) return known;
  outputs_.push_back(objective_.outputs(point.point()));
  points_.push_back(std::move(point));
  return static_cast<Index>(points_.size()) - 1;
}

}  // namespace saddleflow

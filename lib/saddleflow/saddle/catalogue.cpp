#include "saddleflow/saddle/catalogue.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace saddleflow {

bool Catalogue::same_outputs(const Matrix& a, const Matrix& b) const {
  return (a - b).norm() <= tolerance_ * (objective_.data().targets.norm() + a.norm());
}

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
  return std::abs(a.refinement.loss - b.refinement.loss) <= losses && same_outputs(outputs, outputs_[row]);
}

Index Catalogue::find(const CriticalPoint& point) {
  if (!point.is_critical()) return -1;
  const Matrix outputs = objective_.outputs(point.point());
  for (std::size_t row = 0; row < points_.size(); ++row)
    if (same(point, outputs, row)) return static_cast<Index>(row);
  return -1;
}

std::vector<Index> Catalogue::same_functions(const std::vector<std::vector<std::int64_t>>& widths) const {
  const auto narrowness = [&](std::size_t row) {
    return std::pair(std::reduce(widths[row].begin(), widths[row].end()),
                     std::reduce(points_[row].active_neurons.begin(), points_[row].active_neurons.end()));
  };
  std::vector<Index> narrowest(points_.size(), -1);
  for (std::size_t row = 0; row < points_.size(); ++row) {
    if (!points_[row].is_critical()) continue;
    std::size_t best = row, count = 0;
    for (std::size_t other = 0; other < points_.size(); ++other) {
      if (!points_[other].is_critical() || !same_outputs(outputs_[row], outputs_[other])) continue;
      ++count;
      if (narrowness(other) < narrowness(best) || (narrowness(other) == narrowness(best) && other < best))
        best = other;
    }
    if (count > 1) narrowest[row] = static_cast<Index>(best);
  }
  return narrowest;
}

Index Catalogue::add(CriticalPoint point) {
  const Index known = find(point);
  if (known >= 0) return known;
  outputs_.push_back(objective_.outputs(point.point()));
  points_.push_back(std::move(point));
  return static_cast<Index>(points_.size()) - 1;
}

}  // namespace saddleflow

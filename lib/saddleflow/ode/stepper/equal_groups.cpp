#include "saddleflow/ode/stepper/equal_groups.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace saddleflow {
namespace {

/// -1, 0 or 1: the first difference of two groups, by kind, number of components and state.
int compare(const ExchangeableGroups& groups, const Vector& x, std::size_t a, std::size_t b) {
  if (groups.kinds[a] != groups.kinds[b]) return groups.kinds[a] < groups.kinds[b] ? -1 : 1;
  const std::vector<Index>&one = groups.members[a], &other = groups.members[b];
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  for (std::size_t k = 0; k < one.size(); ++k)
    if (x[one[k]] != x[other[k]]) return x[one[k]] < x[other[k]] ? -1 : 1;
  return 0;
}

bool have_one_slope(const std::vector<Index>& one, const std::vector<Index>& other, const Vector& slope) {
  const Real rounding = kSameSlope * slope.lpNorm<Eigen::Infinity>();
  for (std::size_t k = 0; k < one.size(); ++k)
    if (!(std::abs(slope[one[k]] - slope[other[k]]) <= rounding)) return false;
  return true;
}

}  // namespace

void EqualGroups::find(const ExchangeableGroups& groups, const Vector& x, const Vector* slope) {
  copies_.clear();
  order_.resize(groups.members.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    const int difference = compare(groups, x, a, b);
    return difference == 0 ? a < b : difference < 0;
  });
  for (std::size_t i = 1, first = 0; i < order_.size(); ++i) {
    if (compare(groups, x, order_[first], order_[i]) != 0) {
      first = i;
      continue;
    }
    const std::vector<Index>&from = groups.members[order_[first]], &to = groups.members[order_[i]];
    if (slope != nullptr && !have_one_slope(from, to, *slope)) continue;
    for (std::size_t k = 0; k < from.size(); ++k) copies_.emplace_back(from[k], to[k]);
  }
}

void EqualGroups::equalise(Eigen::Ref<Vector> x) const {  // NOLINT(performance-unnecessary-value-param)
  for (const auto& [from, to] : copies_) x[to] = x[from];
}

}  // namespace saddleflow

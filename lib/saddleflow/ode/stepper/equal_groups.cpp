#include "saddleflow/ode/stepper/equal_groups.hpp"

#include <algorithm>
#include <cstddef>

namespace saddleflow {
namespace {

/// -1, 0 or 1: the first difference of two groups, by kind, number of components, state and slope, if there
/// is one.
int compare(const ExchangeableGroups& groups, const Vector& x, const Vector* slope, std::size_t a,
            std::size_t b) {
  if (groups.kinds[a] != groups.kinds[b]) return groups.kinds[a] < groups.kinds[b] ? -1 : 1;
  const std::vector<Index>&one = groups.members[a], &other = groups.members[b];
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  for (const Vector* v : {&x, slope})
    for (std::size_t k = 0; v != nullptr && k < one.size(); ++k) {
      const Real first = (*v)[one[k]], second = (*v)[other[k]];
      if (first != second) return first < second ? -1 : 1;
    }
  return 0;
}

}  // namespace

void EqualGroups::find(const ExchangeableGroups& groups, const Vector& x, const Vector* slope) {
  copies_.clear();
  std::vector<std::size_t> order(groups.members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return compare(groups, x, slope, a, b) < 0; });
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (compare(groups, x, slope, order[first], order[i]) != 0) {
      first = i;
      continue;
    }
    const std::vector<Index>&from = groups.members[order[first]], &to = groups.members[order[i]];
    for (std::size_t k = 0; k < from.size(); ++k) copies_.emplace_back(from[k], to[k]);
  }
}

void EqualGroups::equalise(Eigen::Ref<Vector> x) const {  // NOLINT(performance-unnecessary-value-param)
  for (const auto& [from, to] : copies_) x[to] = x[from];
}

}  // namespace saddleflow

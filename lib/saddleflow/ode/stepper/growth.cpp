#include "saddleflow/ode/stepper/growth.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow {

void group_sizes(const Growth& groups, const Vector& x, Vector& sizes) {
  sizes.setZero(groups.count);
  const auto add = [&](const std::vector<int>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] >= 0)
        sizes[numbers[i]] = std::max(sizes[numbers[i]], std::abs(x[static_cast<Index>(i)]));
  };
  add(groups.first);
  add(groups.second);
}

int smaller_group(const Growth& groups, const Vector& sizes, Index component) {
  const auto i = static_cast<std::size_t>(component);
  const int first = groups.first[i], second = groups.second.empty() ? -1 : groups.second[i];
  if (first < 0 || second < 0) return std::max(first, second);
  return sizes[second] < sizes[first] ? second : first;
}

std::vector<int> size_levels(const Growth& groups, const Vector& x) {
  if (groups.first.empty()) return {};
  Vector sizes;
  group_sizes(groups, x, sizes);
  const Real largest = sizes.maxCoeff();
  std::vector<int> levels(groups.first.size(), 0);
  bool several = false;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const int group = smaller_group(groups, sizes, static_cast<Index>(i));
    if (group < 0 || !(sizes[group] > 0) || !std::isfinite(largest)) continue;
    levels[i] = static_cast<int>((std::log(sizes[group]) - std::log(largest)) / std::log(kLevel));
    several = several || levels[i] > 0;
  }
  if (!several) levels.clear();
  return levels;
}

}  // namespace saddleflow

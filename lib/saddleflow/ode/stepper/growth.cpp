#include "saddleflow/ode/stepper/growth.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace saddleflow {
namespace {

/// Magnitudes of the components of a group, the smallest first.
std::vector<Real> magnitudes(const Growth& groups, const Vector& x, int group) {
  std::vector<Real> result;
  for (std::size_t i = 0; i < groups.first.size(); ++i)
    if (groups.first[i] == group || (!groups.second.empty() && groups.second[i] == group))
      result.push_back(std::abs(x[static_cast<Index>(i)]));
  std::sort(result.begin(), result.end());
  return result;
}

bool are_alike(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](Real one, Real other) {
           return std::abs(one - other) <= kAlikeGroups * a.back();
         });
}

}  // namespace

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

bool has_alike_groups(const Growth& groups, const Vector& x) {
  Vector sizes, sums = Vector::Zero(groups.count), counts = sums;
  group_sizes(groups, x, sizes);
  const auto add = [&](const std::vector<int>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] >= 0) {
        sums[numbers[i]] += std::abs(x[static_cast<Index>(i)]);
        counts[numbers[i]] += 1;
      }
  };
  add(groups.first);
  add(groups.second);
  std::vector<int> order(static_cast<std::size_t>(groups.count));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return sizes[a] > sizes[b]; });
  for (auto one = order.begin(); one != order.end() && sizes[*one] > 0; ++one)
    for (auto other = one + 1; other != order.end() && sizes[*other] >= (1 - kAlikeGroups) * sizes[*one];
         ++other) {
      // The sums leave few pairs to be compared one by one.
      const bool may_be = std::abs(sums[*one] - sums[*other]) <= counts[*one] * kAlikeGroups * sizes[*one];
      if (may_be && are_alike(magnitudes(groups, x, *one), magnitudes(groups, x, *other))) return true;
    }
  return false;
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

#include "saddleflow/problem/group_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

constexpr Index kMostElements = 1 << 15;
// Fourier coefficients of so small a part of the template's norm are rounding of sums over the elements.
constexpr Real kZeroCoefficient = 64 * std::numeric_limits<Real>::epsilon();

Real norm_of_coefficient(const AbelianGroup& group, const Vector& shape, const std::vector<Index>& k) {
  Real real = 0, imaginary = 0;
  for (Index g = 0; g < group.size(); ++g) {
    const std::vector<Index> at = group.coordinates(g);
    Real turns = 0;
    for (std::size_t j = 0; j < at.size(); ++j)  // whole turns taken off: they cost digits
      turns += static_cast<Real>(k[j] * at[j] % group.orders()[j]) / static_cast<Real>(group.orders()[j]);
    const Real angle = 2 * std::numbers::pi_v<Real> * turns;
    real += shape[g] * std::cos(angle);
    imaginary += shape[g] * std::sin(angle);
  }
  return std::hypot(real, imaginary);
}

void require_template(const AbelianGroup& group, const Vector& shape) {
  if (shape.size() != group.size())
    throw InputError(fmt::format("data.group.template: found {} numbers, expected {}, one for each element",
                                 shape.size(), group.size()));
}

}  // namespace

AbelianGroup::AbelianGroup(std::vector<Index> orders) : orders_(std::move(orders)) {
  if (orders_.empty())
    throw InputError("data.group.orders: found none, expected the orders of cyclic groups");
  for (const Index order : orders_) {
    if (order < 2) throw InputError(fmt::format("data.group.orders: found {}, expected at least 2", order));
    if (order > kMostElements / size_)
      throw InputError(
          fmt::format("data.group.orders: found a group of more than {} elements", kMostElements));
    size_ *= order;
  }
}

std::vector<Index> AbelianGroup::coordinates(Index element) const {
  std::vector<Index> at;
  for (const Index order : orders_) {
    at.push_back(element % order);
    element /= order;
  }
  return at;
}

Index AbelianGroup::element(const std::vector<Index>& coordinates) const {
  Index number = 0;
  for (std::size_t j = orders_.size(); j-- > 0;) number = number * orders_[j] + coordinates[j];
  return number;
}

Index AbelianGroup::sum(Index a, Index b) const {
  std::vector<Index> at = coordinates(a);
  const std::vector<Index> other = coordinates(b);
  for (std::size_t j = 0; j < at.size(); ++j) at[j] = (at[j] + other[j]) % orders_[j];
  return element(at);
}

Index AbelianGroup::inverse(Index a) const {
  std::vector<Index> at = coordinates(a);
  for (std::size_t j = 0; j < at.size(); ++j) at[j] = (orders_[j] - at[j]) % orders_[j];
  return element(at);
}

Matrix encodings(const AbelianGroup& group, const Vector& shape) {
  require_template(group, shape);
  Matrix all(group.size(), group.size());
  for (Index a = 0; a < group.size(); ++a)
    for (Index g = 0; g < group.size(); ++g) all(group.sum(g, a), a) = shape[g];
  return all;
}

Dataset group_table(const AbelianGroup& group, const Vector& shape, GroupPairs pairs) {
  const Index n = group.size();
  const Matrix x = encodings(group, shape);
  Dataset data;
  data.inputs = Matrix(pairs == GroupPairs::concatenated ? 2 * n : n, n * n);
  data.targets = Matrix(n, n * n);
  for (Index b = 0; b < n; ++b)
    for (Index a = 0; a < n; ++a) {
      if (pairs == GroupPairs::concatenated)
        data.inputs.col(a + n * b) << x.col(a), x.col(b);
      else
        data.inputs.col(a + n * b) = x.col(a) + x.col(b);
      data.targets.col(a + n * b) = x.col(group.sum(a, b));
    }
  return data;
}

std::vector<GroupFrequency> group_frequencies(const AbelianGroup& group, const Vector& shape) {
  require_template(group, shape);
  const auto n = static_cast<Real>(group.size());
  std::vector<GroupFrequency> all;
  for (Index k = 1; k < group.size(); ++k) {
    if (group.inverse(k) < k) continue;
    GroupFrequency f;
    f.index = group.coordinates(k);
    f.real = group.inverse(k) == k;
    f.size = norm_of_coefficient(group, shape, f.index);
    f.loss = (f.real ? n / 2 : n) * f.size * f.size;
    f.correlation = (f.real ? 2 : std::numbers::sqrt2_v<Real>)*std::sqrt(n / 27) * f.size * f.size * f.size;
    all.push_back(std::move(f));
  }
  std::stable_sort(all.begin(), all.end(), [](const GroupFrequency& a, const GroupFrequency& b) {
    return a.correlation > b.correlation;
  });
  return all;
}

std::vector<LearningStage> learning_stages(const AbelianGroup& group, const Vector& shape) {
  std::vector<GroupFrequency> frequencies = group_frequencies(group, shape);
  const Real small = kZeroCoefficient * std::sqrt(static_cast<Real>(group.size())) * shape.norm();
  if (std::abs(shape.sum()) > small)
    throw InputError("data.group.template: found a mean that is not zero, expected a centred template");
  std::erase_if(frequencies, [&](const GroupFrequency& f) { return f.size <= small; });
  Real left = 0;
  std::vector<LearningStage> stages;
  for (auto f = frequencies.rbegin(); f != frequencies.rend();
       ++f)  // from the last one: sums of small numbers
    stages.push_back({left += f->loss, *f});
  std::reverse(stages.begin(), stages.end());
  return stages;
}

}  // namespace saddleflow

#include "saddleflow/stepper/error_control.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

void check_group(const std::vector<int>& group, int count, const char* name) {
  for (const int g : group)
    if (g < -1 || g >= count)
      throw InputError(std::string("error groups: ") + name + " holds " + std::to_string(g) +
                       ", expected -1 to " + std::to_string(count - 1));
}

/// Largest magnitude of the leading n components of both ends; NaN in x0 is the caller's to find in x1.
Real largest(const Vector& x0, const Vector& x1, Index n) {
  return std::max(x0.head(n).cwiseAbs().maxCoeff(), x1.head(n).cwiseAbs().maxCoeff());
}

}  // namespace

ErrorControl::ErrorControl(Options options, ErrorGroups groups)
    : options_(options), groups_(std::move(groups)) {
  if (!(options_.rtol > 0)) throw InputError("error control: rtol must be positive");
  if (options_.quadratures < 0 || options_.logarithms < 0)
    throw InputError("error control: quadratures and logarithms must not be negative");
  if (!groups_.second.empty() && groups_.second.size() != groups_.first.size())
    throw InputError("error groups: first has " + std::to_string(groups_.first.size()) +
                     " components, second has " + std::to_string(groups_.second.size()));
  check_group(groups_.first, groups_.count, "first");
  check_group(groups_.second, groups_.count, "second");
  // Sums over all groups and, last, over everything; columns of the two ends lie one after the other.
  const Index slots = groups_.count + 1;
  sums_.resize(2 * slots);
  errors_.resize(slots);
  members_ = Vector::Zero(slots);
  for (const int g : groups_.first)
    if (g >= 0) members_[g] += 1;
  counts_ = Vector::Zero(slots);
  for (const int g : groups_.first)
    if (g >= 0) counts_[g] += 1;
  for (const int g : groups_.second)
    if (g >= 0) counts_[g] += 1;
}

void ErrorControl::measure_groups(const Vector& x0, const Vector& x1, Index n, Real unit) const {
  using std::sqrt;
  const Index all = groups_.count;
  const Index slots = all + 1;
  const auto add = [&](Index slot, Real s0, Real s1) {
    sums_[slot] += s0;
    sums_[slots + slot] += s1;
  };
  sums_.setZero();
  counts_[all] = static_cast<Real>(n);
  for (Index i = 0; i < n; ++i) {
    // Squares of multiples of the largest entry: no underflow however small the weights are.
    const Real y0 = x0[i] / unit;
    const Real y1 = x1[i] / unit;
    add(all, y0 * y0, y1 * y1);
    if (groups_.first.empty()) continue;
    const auto k = static_cast<std::size_t>(i);
    if (groups_.first[k] >= 0) add(groups_.first[k], y0 * y0, y1 * y1);
    if (!groups_.second.empty() && groups_.second[k] >= 0) add(groups_.second[k], y0 * y0, y1 * y1);
  }
  for (Index s = 0; s < slots; ++s)
    sums_[s] = counts_[s] > 0 ? unit * sqrt(std::max(sums_[s], sums_[slots + s]) / counts_[s]) : Real(0);
}

Index ErrorControl::error_group(Index i) const {
  if (groups_.first.empty()) return groups_.count;
  const int group = groups_.first[static_cast<std::size_t>(i)];
  return group >= 0 ? group : groups_.count;
}

Real ErrorControl::group_size(Index i) const {
  const Real all = sums_[groups_.count];
  if (groups_.first.empty()) return all;
  const auto k = static_cast<std::size_t>(i);
  const int first = groups_.first[k];
  const int second = groups_.second.empty() ? -1 : groups_.second[k];
  const Real size = first >= 0 ? sums_[first] : all;
  return second >= 0 ? std::min(size, sums_[second]) : size;
}

// Errors below this times rtol |x| are no matter to a state that stands still.
constexpr Real kStandstill = Real(1e-5);

Real ErrorControl::against_displacement(const Vector& error, const Vector& x0, const Vector& x1, Index n,
                                        Real stiffness) const {
  if (options_.displacement <= 0 || n == 0) return 0;
  // Slopes are rounded to epsilon ||H|| |x|, whatever is left of them: on the plateaus of tiny starts, as
  // long as 1e8, that is soon more than kappa times the way.
  const Real rounding = std::max((options_.rounding + stiffness) * std::numeric_limits<Real>::epsilon(),
                                 kStandstill * options_.rtol);
  const Real allowed =
      options_.displacement * (x1.head(n) - x0.head(n)).stableNorm() + rounding * x1.head(n).stableNorm();
  const Real size = error.head(n).stableNorm();
  return size > 0 ? size / allowed : Real(0);
}

Real ErrorControl::norm(const Vector& error, const Vector& x0, const Vector& x1, Real stiffness) const {
  using std::abs;
  using std::isfinite;
  using std::sqrt;
  const Index n = x1.size() - options_.quadratures - options_.logarithms;
  if (!groups_.first.empty() && static_cast<Index>(groups_.first.size()) != n)
    throw InputError("error groups: " + std::to_string(groups_.first.size()) +
                     " components described, the state has " + std::to_string(n));
  // Eigen's maxima may hide NaN, so finiteness is asked for explicitly.
  if (!error.allFinite() || !x1.allFinite() || !x0.allFinite()) return kInfinity;
  const Real unit = n > 0 ? largest(x0, x1, n) : Real(0);
  if (unit > 0)
    measure_groups(x0, x1, n, unit);
  else
    sums_.setZero();
  const Real floor = options_.rtol * options_.floor * sums_[groups_.count] + options_.atol;
  errors_.setZero();
  for (Index i = 0; i < n; ++i) {
    if (error[i] == 0) continue;  // exact zeros have no scale and need none
    const Real size = std::max(abs(x0[i]), abs(x1[i])) + options_.theta * group_size(i);
    const Real ratio = error[i] / (options_.rtol * size + floor);
    errors_[error_group(i)] += ratio * ratio;
  }
  members_[groups_.count] = static_cast<Real>(n) - members_.head(groups_.count).sum();
  Real square = 0;
  for (Index g = 0; g <= groups_.count; ++g)
    if (errors_[g] > 0) square = std::max(square, errors_[g] / members_[g]);
  Real norm = std::max(sqrt(square), against_displacement(error, x0, x1, n, stiffness));
  for (Index i = n; i < x1.size(); ++i) {
    // An integral that grows beyond its scale is then known relatively.
    const Real scale =
        i < n + options_.logarithms ? Real(1) : std::max(options_.quadrature_scale, abs(x1[i]));
    if (error[i] != 0) norm = std::max(norm, abs(error[i]) / (options_.rtol * scale));
  }
  if (!isfinite(norm)) return kInfinity;
  return norm;
}

}  // namespace saddleflow

#include "saddleflow/ode/stepper/error_control.hpp"

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

ErrorControl::Options ErrorControl::by_component(Real rtol, Real atol) {
  Options options;
  options.rtol = rtol;
  options.atol = atol;
  options.theta = options.floor = 0;
  options.slope_rounding = SlopeRounding::counted;
  return options;
}

ErrorControl::ErrorControl(Options options, ErrorGroups groups)
    : options_(options), groups_(std::move(groups)) {
  if (!(options_.rtol > 0)) throw InputError("error control: rtol must be positive");
  if (!(options_.atol >= 0)) throw InputError("error control: atol must not be negative");
  if (options_.quadratures < 0 || options_.logarithms < 0)
    throw InputError("error control: quadratures and logarithms must not be negative");
  check_groups();
  // Sums over all groups and, last, over everything; columns of the two ends lie one after the other.
  const Index slots = groups_.count + 1;
  sums_.resize(2 * slots);
  errors_.resize(slots);
  members_.resize(slots);
  counts_ = Vector::Zero(slots);
  for (const int g : groups_.first)
    if (g >= 0) counts_[g] += 1;
  for (const int g : groups_.second)
    if (g >= 0) counts_[g] += 1;
}

void ErrorControl::check_groups() const {
  const auto fits = [this](const std::vector<int>& group, const char* name) {
    if (!group.empty() && group.size() != groups_.first.size())
      throw InputError("error groups: first has " + std::to_string(groups_.first.size()) + " components, " +
                       name + " has " + std::to_string(group.size()));
  };
  fits(groups_.second, "second");
  fits(groups_.logarithm, "logarithm");
  check_group(groups_.first, groups_.count, "first");
  check_group(groups_.second, groups_.count, "second");
  check_group(groups_.logarithm, static_cast<int>(options_.logarithms), "logarithm");
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
  if (groups_.logarithm.empty() || groups_.second.empty()) return;
  logs_.resize(n, 2);
  reach_.setConstant(all, 2, -kInfinity);
  product_rms_.setZero(all, 2);
  measure_products(x0, n, 0);
  measure_products(x1, n, 1);
}

void ErrorControl::measure_products(const Vector& x, Index n, Index end) const {
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    logs_(i, end) = x[n + groups_.logarithm[k]];
    if (groups_.second[k] >= 0 && x[i] != 0)
      reach_(groups_.second[k], end) = std::max(reach_(groups_.second[k], end), logs_(i, end));
  }
  for (Index i = 0; i < n; ++i) {
    const int group = groups_.second[static_cast<std::size_t>(i)];
    if (group < 0 || x[i] == 0) continue;
    const Real product = x[i] * std::exp(logs_(i, end) - reach_(group, end));
    product_rms_(group, end) += product * product / counts_[group];
  }
  product_rms_.col(end) = product_rms_.col(end).cwiseSqrt();
}

Real ErrorControl::second_size(Index i, int group) const {
  if (groups_.logarithm.empty()) return sums_[group];
  Real size = 0;
  for (Index end = 0; end < 2; ++end)
    if (product_rms_(group, end) > 0)
      size = std::max(size, product_rms_(group, end) * std::exp(reach_(group, end) - logs_(i, end)));
  return size;
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
  return second >= 0 ? std::min(size, second_size(i, second)) : size;
}

// Errors below this times rtol |x| are no matter to a state that stands still: by judgement, a way no longer
// than that is not worth a step.
constexpr Real kStandstill = Real(1e-5);

Real ErrorControl::against_displacement(const Vector& error, const Vector& x0, const Vector& x1, Index n,
                                        Real stiffness, const Vector* rounding) const {
  if (options_.displacement <= 0 || n == 0) return 0;
  const Real relative = std::max((options_.rounding + stiffness) * std::numeric_limits<Real>::epsilon(),
                                 kStandstill * options_.rtol);
  Real allowed =
      options_.displacement * (x1.head(n) - x0.head(n)).stableNorm() + relative * x1.head(n).stableNorm();
  // On the plateaus of tiny starts, as long as 1e8, rounding is soon more than kappa times the way.
  if (rounding != nullptr) allowed += rounding->head(n).stableNorm();
  const Real size = error.head(n).stableNorm();
  return size > 0 ? size / allowed : Real(0);
}

Index ErrorControl::leading(const Vector& x) const {
  const Index n = x.size() - options_.quadratures - options_.logarithms;
  if (!groups_.first.empty() && static_cast<Index>(groups_.first.size()) != n)
    throw InputError("error groups: " + std::to_string(groups_.first.size()) +
                     " components described, the state has " + std::to_string(n));
  return n;
}

// False where all the leading components are zero.
bool ErrorControl::measure(const Vector& x0, const Vector& x1) const {
  const Index n = leading(x1);
  const Real unit = n > 0 ? largest(x0, x1, n) : Real(0);
  if (unit > 0)
    measure_groups(x0, x1, n, unit);
  else
    sums_.setZero();
  return unit > 0;
}

void ErrorControl::sizes(const Vector& x, Vector& out) const {
  using std::abs;
  const Index n = leading(x);
  const bool something = measure(x, x);
  out.setZero(x.size());
  for (Index i = 0; something && i < n; ++i) out[i] = abs(x[i]) + options_.theta * group_size(i);
  for (Index i = n; i < n + options_.logarithms; ++i) out[i] = std::max(Real(1), abs(x[i]));
}

void ErrorControl::even_out(const Vector& x, Vector& y) const {
  using std::sqrt;
  Vector size;
  sizes(x, size);
  const Index n = leading(x);
  errors_.setZero();
  members_.setZero();
  for (Index i = 0; i < n; ++i) {
    if (size[i] == 0) continue;
    const Real ratio = y[i] / size[i];
    errors_[error_group(i)] += ratio * ratio;
    members_[error_group(i)] += 1;
  }
  for (Index i = 0; i < n; ++i)
    if (size[i] > 0) y[i] = size[i] * sqrt(errors_[error_group(i)] / members_[error_group(i)]);
}

Real ErrorControl::norm(const Vector& error, const Vector& x0, const Vector& x1, Real stiffness,
                        const Vector* rounding) const {
  using std::abs;
  using std::isfinite;
  using std::sqrt;
  const Index n = leading(x1);
  // Eigen's maxima may hide NaN, so finiteness is asked for explicitly.
  if (!error.allFinite() || !x1.allFinite() || !x0.allFinite()) return kInfinity;
  measure(x0, x1);
  const bool forgiven = options_.slope_rounding == SlopeRounding::forgiven;
  const Real relative =
      options_.rtol + (forgiven ? stiffness * std::numeric_limits<Real>::epsilon() : Real(0));
  const auto slope_rounding = [&](Index i) {
    return forgiven && rounding != nullptr ? (*rounding)[i] : Real(0);
  };
  // The smallest number: weights that have underflown are no reason for ever shorter steps.
  const Real floor = options_.rtol * options_.floor * sums_[groups_.count] + options_.atol +
                     std::numeric_limits<Real>::denorm_min();
  errors_.setZero();
  members_.setZero();
  for (Index i = 0; i < n; ++i) {
    const Index group = error_group(i);
    members_[group] += 1;
    if (error[i] == 0) continue;  // exact zeros have no scale and need none
    const Real size = std::max(abs(x0[i]), abs(x1[i])) + options_.theta * group_size(i);
    const Real ratio = error[i] / (relative * size + slope_rounding(i) + floor);
    errors_[group] += ratio * ratio;
  }
  Real square = 0;
  for (Index g = 0; g <= groups_.count; ++g)
    if (errors_[g] > 0) square = std::max(square, errors_[g] / members_[g]);
  Real norm = std::max(sqrt(square), against_displacement(error, x0, x1, n, stiffness, rounding));
  for (Index i = n; i < x1.size(); ++i) {
    // An integral that grows beyond its scale is then known relatively.
    const Real scale =
        i < n + options_.logarithms ? Real(1) : std::max(options_.quadrature_scale, abs(x1[i]));
    if (error[i] != 0) norm = std::max(norm, abs(error[i]) / (relative * scale + slope_rounding(i)));
  }
  if (!isfinite(norm)) return kInfinity;
  return norm;
}

}  // namespace saddleflow

#include "saddleflow/ode/switching/bernstein.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

// An interval this short, 2^-45, that still has two changes of sign holds a root of even order, or two that
// cannot be told from one: some hundred times the rounding of its place.
constexpr int kDeepest = 45;

int sign_changes(const std::vector<Real>& c) {
  int changes = 0, last = 0;
  for (const Real value : c) {
    const int sign = (value > 0) - (value < 0);
    if (sign != 0 && last != 0 && sign != last) ++changes;
    if (sign != 0) last = sign;
  }
  return changes;
}

/// Coefficients over the two halves.
std::pair<std::vector<Real>, std::vector<Real>> halve(std::vector<Real> c) {
  const std::size_t n = c.size();
  std::vector<Real> left(n), right(n);
  for (std::size_t level = 0; level < n; ++level) {
    left[level] = c.front();
    right[n - 1 - level] = c[n - 1 - level];
    for (std::size_t i = 0; i + 1 < n - level; ++i) c[i] = (c[i] + c[i + 1]) / 2;
  }
  return {left, right};
}

Real only_root(const Bernstein& p) {
  const Real at0 = p.coefficients().front(), at1 = p.coefficients().back();
  if (at1 == 0) return 1;
  const auto close = [](Real a, Real b) { return std::abs(b - a) <= kTightBracket * std::abs(b); };
  const auto [a, b] = bracketed_root(p, 0, 1, at0, at1, close);
  return (a + b) / 2;
}

std::optional<Real> first_in(const std::vector<Real>& c, int sign, int depth) {
  const int changes = sign_changes(c);
  const int at_end = (c.back() > 0) - (c.back() < 0);
  if (changes == 0) return at_end == 0 && depth == 0 ? std::optional<Real>(1) : std::nullopt;
  if (changes == 1 && c.front() != 0 && at_end == -sign) return only_root(Bernstein(c));
  if (depth == kDeepest) return at_end == -sign ? std::optional<Real>(1) : std::nullopt;
  const auto [left, right] = halve(c);
  if (const auto root = first_in(left, sign, depth + 1)) return *root / 2;
  // The left half keeps its sign inside; where the right one starts with the other, it changes in the middle,
  // where p itself may be zero.
  const auto next = std::find_if(right.begin(), right.end(), [](Real value) { return value != 0; });
  if (next != right.end() && (*next > 0 ? 1 : -1) == -sign) return Real(0.5);
  if (const auto root = first_in(right, sign, depth + 1)) return (1 + *root) / 2;
  return std::nullopt;
}

}  // namespace

Real Bernstein::operator()(Real x) const {
  std::vector<Real> c = c_;
  for (std::size_t n = c.size(); n > 1; --n)
    for (std::size_t i = 0; i + 1 < n; ++i) c[i] += x * (c[i + 1] - c[i]);
  return c.front();
}

Bernstein Bernstein::divided_by_x() const {
  std::vector<Real> c(c_.begin() + 1, c_.end());
  const auto n = static_cast<Real>(degree());
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = (c[i] - c_.front()) * n / static_cast<Real>(i + 1);
  return Bernstein(std::move(c));
}

std::optional<Real> Bernstein::first_crossing() const { return first_in(c_, c_.front() > 0 ? 1 : -1, 0); }

BernsteinFit::BernsteinFit(int degree) {
  const Index n = degree;
  for (Index m = 0; m <= n; ++m)
    nodes_.push_back((1 - std::cos(std::numbers::pi_v<Real> * static_cast<Real>(m) / static_cast<Real>(n))) /
                     2);
  nodes_.front() = 0;
  nodes_.back() = 1;
  Matrix basis(n + 1, n + 1);
  for (Index m = 0; m <= n; ++m) {
    Real binomial = 1;
    const Real x = nodes_[static_cast<std::size_t>(m)];
    for (Index i = 0; i <= n; ++i) {
      basis(m, i) = binomial * std::pow(x, static_cast<Real>(i)) * std::pow(1 - x, static_cast<Real>(n - i));
      binomial *= static_cast<Real>(n - i) / static_cast<Real>(i + 1);
    }
  }
  LuFactors factors;
  factors.compute(basis);
  inverse_.resize(n + 1, n + 1);
  for (Index i = 0; i <= n; ++i) inverse_.col(i) = factors.solve(Vector::Unit(n + 1, i));
}

Bernstein BernsteinFit::operator()(const std::vector<Real>& values) const {
  const auto n = static_cast<Index>(values.size());
  std::vector<Real> c(values.size());
  VectorView(c.data(), n) = inverse_ * ConstVectorView(values.data(), n);
  // Known without rounding.
  c.front() = values.front();
  c.back() = values.back();
  return Bernstein(std::move(c));
}

}  // namespace saddleflow

#include "saddleflow/base/symmetric_factors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

// Columns of a panel: enough for efficient products, few enough that the panel's own work, which is done by
// vectors, stays a small part.
constexpr Index kPanel = 48;
// Columns of the rest that one product updates: the part above the diagonal is computed in vain.
constexpr Index kUpdate = 192;
// Bunch and Kaufman's bound on the growth of two steps by one row and of one step by two is smallest here.
const Real kPivotRatio = (1 + std::sqrt(Real(17))) / 8;

}  // namespace

SymmetricFactors::SymmetricFactors(Matrix a, const char* what) : factor_(std::move(a)) {
  const Index n = factor_.rows();
  for (Index k = 0; k < n; ++k)
    if (!factor_.col(k).tail(n - k).allFinite())
      throw NumericalError(fmt::format("{}: an entry of the matrix is not finite", what));
  diagonal_.setZero(n);
  beside_.setZero(n);
  panel_.resize(n, kPanel + 1);
  order_.resize(static_cast<std::size_t>(n));
  std::iota(order_.begin(), order_.end(), Index(0));
  while (done_ < n) {
    const Index first = done_;
    factor_panel(first);
    update_rest(first);
  }
  panel_.resize(0, 0);
}

void SymmetricFactors::factor_panel(Index first) {
  panel_first_ = first;
  while (done_ < size() && done_ - first < kPanel) {
    const Index k = done_, column = k - first;
    panel_.col(column).tail(size() - k) = factor_.col(k).tail(size() - k);
    update_column(k, k, column);
    const Pivot pivot = find_pivot(k, column);
    exchange(k + pivot.size - 1, pivot.row, k, column);
    if (pivot.size == 1)
      eliminate_one(k, column);
    else
      eliminate_two(k, column);
    done_ += pivot.size;
  }
}

/// What the earlier columns of the panel subtract from the column of row `from`.
void SymmetricFactors::update_column(Index from, Index k, Index column) {
  const Index earlier = k - panel_first_;
  if (earlier == 0) return;
  panel_.col(column).tail(size() - k).noalias() -=
      factor_.block(k, panel_first_, size() - k, earlier) * panel_.row(from).head(earlier).transpose();
}

SymmetricFactors::Pivot SymmetricFactors::find_pivot(Index k, Index column) {
  const Index below = size() - k - 1;
  if (below == 0) return {k, 1};
  Index most = 0;
  const Real here = std::abs(panel_(k, column));
  const Real largest = panel_.col(column).tail(below).cwiseAbs().maxCoeff(&most);
  if (here >= kPivotRatio * largest) return {k, 1};
  const Index other = k + 1 + most;
  auto candidate = panel_.col(column + 1);
  candidate.segment(k, other - k) = factor_.row(other).segment(k, other - k).transpose();
  candidate.tail(size() - other) = factor_.col(other).tail(size() - other);
  update_column(other, k, column + 1);
  Real beside = candidate.segment(k, other - k).cwiseAbs().maxCoeff();
  if (other + 1 < size()) beside = std::max(beside, candidate.tail(size() - other - 1).cwiseAbs().maxCoeff());
  if (here * beside >= kPivotRatio * largest * largest) return {k, 1};
  if (std::abs(candidate[other]) < kPivotRatio * beside) return {other, 2};
  panel_.col(column).tail(size() - k) = candidate.tail(size() - k);
  return {other, 1};
}

/// Rows and columns `to` and `from` >= to of what is left; `to` is k or k+1.
void SymmetricFactors::exchange(Index to, Index from, Index k, Index column) {
  if (to == from) return;
  std::swap(order_[static_cast<std::size_t>(to)], order_[static_cast<std::size_t>(from)]);
  factor_.row(to).head(k).swap(factor_.row(from).head(k));
  panel_.row(to).head(column + 1 + to - k).swap(panel_.row(from).head(column + 1 + to - k));
  // The column of `to` is kept in place of `from`: that of `from` is in the panel.
  factor_(from, from) = factor_(to, to);
  factor_.row(from).segment(to + 1, from - to - 1) =
      factor_.col(to).segment(to + 1, from - to - 1).transpose();
  const Index rest = size() - from - 1;
  factor_.col(from).tail(rest) = factor_.col(to).tail(rest);
}

void SymmetricFactors::eliminate_one(Index k, Index column) {
  const Index below = size() - k - 1;
  diagonal_[k] = panel_(k, column);
  if (diagonal_[k] != 0)
    factor_.col(k).tail(below) = panel_.col(column).tail(below) / diagonal_[k];
  else
    factor_.col(k).tail(below).setZero();  // the whole column is zero, or this would be no pivot
}

void SymmetricFactors::eliminate_two(Index k, Index column) {
  const Real between = panel_(k + 1, column);
  diagonal_[k] = panel_(k, column);
  diagonal_[k + 1] = panel_(k + 1, column + 1);
  beside_[k] = between;
  // The inverse of the block, divided by its largest entry first.
  const Real d11 = diagonal_[k + 1] / between, d22 = diagonal_[k] / between;
  const Real scale = 1 / (d11 * d22 - 1) / between;
  const Index below = size() - k - 2;
  const auto first = panel_.col(column).tail(below), second = panel_.col(column + 1).tail(below);
  factor_.col(k).tail(below) = scale * (d11 * first - second);
  factor_.col(k + 1).tail(below) = scale * (d22 * second - first);
  factor_(k + 1, k) = 0;  // of L; D's is in beside_
}

void SymmetricFactors::update_rest(Index first) {
  const Index columns = done_ - first;
  for (Index j = done_; j < size(); j += kUpdate) {
    const Index rows = size() - j, width = std::min(kUpdate, rows);
    factor_.block(j, j, rows, width).noalias() -=
        factor_.block(j, first, rows, columns) * panel_.block(j, 0, width, columns).transpose();
  }
}

SignCounts SymmetricFactors::inertia() const {
  SignCounts result;
  for (Index k = 0; k < size(); ++k) {
    if (beside_[k] != 0) {  // the pivots were too small beside the entry below them: a negative determinant
      ++result.negative;
      ++result.positive;
      ++k;
    } else {
      ++(diagonal_[k] < 0 ? result.negative : diagonal_[k] > 0 ? result.positive : result.zero);
    }
  }
  return result;
}

void SymmetricFactors::solve_in_place(Matrix& b) const {
  b = b(order_, Eigen::all).eval();
  factor_.triangularView<Eigen::UnitLower>().solveInPlace(b);
  for (Index k = 0; k < size(); ++k) {
    if (beside_[k] == 0) {
      if (diagonal_[k] == 0) throw NumericalError("symmetric factors: the matrix is singular");
      b.row(k) /= diagonal_[k];
      continue;
    }
    const Real d11 = diagonal_[k + 1] / beside_[k], d22 = diagonal_[k] / beside_[k];
    const Real scale = 1 / (d11 * d22 - 1) / beside_[k];
    const auto first = b.row(k).eval();
    b.row(k) = scale * (d11 * first - b.row(k + 1));
    b.row(k + 1) = scale * (d22 * b.row(k + 1) - first);
    ++k;
  }
  factor_.triangularView<Eigen::UnitLower>().transpose().solveInPlace(b);
  Matrix back(b.rows(), b.cols());
  back(order_, Eigen::all) = b;
  b = std::move(back);
}

Vector SymmetricFactors::solve(const Vector& b) const {
  Matrix column = b;
  solve_in_place(column);
  return column.col(0);
}

}  // namespace saddleflow

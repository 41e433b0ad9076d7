#include "saddleflow/base/bounded_least_squares.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/rounds.hpp"

namespace saddleflow {
namespace {

enum class Bound { free, lower, upper };

// A rate is a sum over the rows of a residual that is rounded itself: a few times sqrt(rows) epsilon of what
// is subtracted in it.
constexpr Real kRateRounding = Real(4) * std::numeric_limits<Real>::epsilon();

/// One problem; x is feasible at all times.
class ActiveSet {
 public:
  ActiveSet(const Matrix& a, const Vector& b, const Vector& lower, const Vector& upper, const Vector& start)
      : a_(a),
        b_(b),
        lower_(lower),
        upper_(upper),
        x_(start.cwiseMax(lower).cwiseMin(upper)),
        length_(a.colwise().norm().transpose()),
        side_(static_cast<std::size_t>(a.cols()), Bound::free) {
    const Real size = b.norm() + a.norm() * std::max(lower.norm(), upper.norm());
    threshold_ = kRateRounding * size * std::sqrt(static_cast<Real>(a.rows()));
    for (Index j = 0; j < x_.size(); ++j)
      if (x_[j] == lower_[j] || x_[j] == upper_[j])
        side(j) = x_[j] == lower_[j] ? Bound::lower : Bound::upper;
  }

  /// Every optimum over a free set has a smaller residual than the last one, so that none comes twice. False
  /// when rounding made that untrue for too long. Many variables at a time as long as that pays, then one.
  bool solve() {
    Index rounds = kRoundsAVariable * (x_.size() + 1);
    settle(rounds);
    std::vector<Index> rejected;
    while (rounds-- > 0) {
      const std::vector<Index> entering = entering_set(rejected);
      if (entering.empty()) return true;
      if (release_all(entering) || release(entering.front())) {
        rejected.clear();
        settle(rounds);
      } else {
        rejected.push_back(entering.front());
      }
    }
    return false;
  }

  const Vector& x() const { return x_; }

 private:
  Bound& side(Index j) { return side_[static_cast<std::size_t>(j)]; }

  std::vector<Index> free_set() const {
    std::vector<Index> free;
    for (std::size_t j = 0; j < side_.size(); ++j)
      if (side_[j] == Bound::free) free.push_back(static_cast<Index>(j));
    return free;
  }

  /// The shortest step to a minimiser over the free variables, without regard to their bounds.
  Vector free_step(const std::vector<Index>& free) const {
    const Matrix columns = a_(Eigen::all, free);
    return minimum_norm_least_squares(columns, b_ - a_ * x_);
  }

  Real distance(const Vector& x) const { return (b_ - a_ * x).norm(); }

  /// The bound variables whose release lowers the residual, that with the largest rate per length of its
  /// column first; empty at the optimum.
  std::vector<Index> entering_set(const std::vector<Index>& rejected) {
    const Vector residual = b_ - a_ * x_;
    std::vector<Index> entering;
    Real best_rate = 0;
    for (Index j = 0; j < x_.size(); ++j) {
      if (side(j) == Bound::free || length_[j] == 0 || lower_[j] == upper_[j]) continue;
      if (std::find(rejected.begin(), rejected.end(), j) != rejected.end()) continue;
      const Real rate = (side(j) == Bound::lower ? Real(1) : Real(-1)) * a_.col(j).dot(residual) / length_[j];
      if (rate <= threshold_) continue;
      entering.push_back(j);
      if (rate > best_rate) std::swap(entering.front(), entering.back());
      best_rate = std::max(best_rate, rate);
    }
    return entering;
  }

  /// All of them at once, where the step, cut off at the bounds, lowers the residual.
  bool release_all(const std::vector<Index>& entering) {
    if (entering.size() == 1) return false;
    const std::vector<Bound> sides = side_;
    for (const Index j : entering) side(j) = Bound::free;
    const std::vector<Index> free = free_set();
    Vector trial = x_;
    trial(free) += free_step(free);
    trial = trial.cwiseMax(lower_).cwiseMin(upper_);
    if (distance(trial) < distance(x_) - threshold_) {
      accept(trial, free);
      return true;
    }
    side_ = sides;
    return false;
  }

  /// A variable whose column depends on the free ones, up to rounding, may be sent out of its bounds at once:
  /// then it stays bound, and the answer is false.
  bool release(Index j) {
    const Bound from = side(j);
    side(j) = Bound::free;
    const std::vector<Index> free = free_set();
    const Vector step = free_step(free);
    const Real own = step[std::find(free.begin(), free.end(), j) - free.begin()];
    if (from == Bound::lower ? own > 0 : own < 0) return true;
    side(j) = from;
    return false;
  }

  /// To the optimum over the free variables, binding those that hit a bound on the way.
  void settle(Index& rounds) {
    while (rounds-- > 0) {
      const std::vector<Index> free = free_set();
      if (free.empty() || move(free, free_step(free))) return;
    }
  }

  /// True when the step stays within the bounds. Otherwise as far along it as they allow, or all of it, cut
  /// off at the bounds, where that is better.
  bool move(const std::vector<Index>& free, const Vector& step) {
    Vector reach = Vector::Ones(step.size());
    for (Index k = 0; k < step.size(); ++k) {
      const Index j = free[static_cast<std::size_t>(k)];
      const Real room = (step[k] > 0 ? upper_[j] : lower_[j]) - x_[j];
      if (std::abs(step[k]) > std::abs(room)) reach[k] = room / step[k];
    }
    const Real length = reach.minCoeff();
    Vector cut = x_, shortened = x_;
    for (Index k = 0; k < step.size(); ++k) {
      const Index j = free[static_cast<std::size_t>(k)];
      cut[j] = std::clamp(x_[j] + step[k], lower_[j], upper_[j]);
      shortened[j] = reach[k] <= length ? cut[j] : std::clamp(x_[j] + length * step[k], lower_[j], upper_[j]);
    }
    if (length == 1)
      x_ = cut;
    else
      accept(distance(cut) < distance(shortened) ? cut : shortened, free);
    return length == 1;
  }

  /// Binds what arrived at a bound.
  void accept(const Vector& x, const std::vector<Index>& free) {
    x_ = x;
    for (const Index j : free)
      if (x_[j] == lower_[j] || x_[j] == upper_[j])
        side(j) = x_[j] == lower_[j] ? Bound::lower : Bound::upper;
  }

  const Matrix& a_;
  const Vector &b_, &lower_, &upper_;
  Vector x_, length_;
  std::vector<Bound> side_;
  Real threshold_ = 0;
};

/// Columns that share rows, directly or through others: groups of column numbers, each ascending, and the
/// rows that each group touches.
struct Groups {
  std::vector<std::vector<Index>> columns, rows;
};

class Forest {
 public:
  explicit Forest(Index size) : parent_(static_cast<std::size_t>(size)) {
    std::iota(parent_.begin(), parent_.end(), Index(0));
  }
  Index root(Index j) {
    while (parent(j) != j) j = parent(j) = parent(parent(j));
    return j;
  }
  void join(Index i, Index j) { parent(root(i)) = root(j); }

 private:
  Index& parent(Index j) { return parent_[static_cast<std::size_t>(j)]; }
  std::vector<Index> parent_;
};

Groups independent_groups(const Matrix& a) {
  Forest forest(a.cols());
  std::vector<Index> first_of_row(static_cast<std::size_t>(a.rows()), -1);
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i) {
      if (a(i, j) == 0) continue;
      Index& first = first_of_row[static_cast<std::size_t>(i)];
      if (first < 0) first = j;
      forest.join(j, first);
    }
  std::vector<std::vector<Index>> columns(static_cast<std::size_t>(a.cols())), rows = columns;
  for (Index j = 0; j < a.cols(); ++j) columns[static_cast<std::size_t>(forest.root(j))].push_back(j);
  for (Index i = 0; i < a.rows(); ++i) {
    const Index first = first_of_row[static_cast<std::size_t>(i)];
    if (first >= 0) rows[static_cast<std::size_t>(forest.root(first))].push_back(i);
  }
  Groups groups;
  for (std::size_t g = 0; g < rows.size(); ++g)
    if (!rows[g].empty()) {
      groups.columns.push_back(std::move(columns[g]));
      groups.rows.push_back(std::move(rows[g]));
    }
  return groups;
}

void check(const Matrix& a, const Vector& b, const Vector& lower, const Vector& upper, const Vector& start) {
  if (b.size() != a.rows() || lower.size() != a.cols() || upper.size() != a.cols() ||
      start.size() != a.cols())
    throw InputError(fmt::format(
        "bounded least squares: a {} x {} matrix with {} right-hand sides, {} lower and {} upper bounds, and "
        "a start of {} numbers",
        a.rows(), a.cols(), b.size(), lower.size(), upper.size(), start.size()));
  if ((lower.array() > upper.array()).any())
    throw InputError("bounded least squares: a lower bound above its upper bound");
}

}  // namespace

BoundedSolution bounded_least_squares(const Matrix& a, const Vector& b, const Vector& lower,
                                      const Vector& upper, const Vector& start) {
  check(a, b, lower, upper, start);
  BoundedSolution solution;
  solution.x = start.cwiseMax(lower).cwiseMin(upper);
  const Groups groups = independent_groups(a);
  for (std::size_t g = 0; g < groups.rows.size(); ++g) {
    const std::vector<Index>& columns = groups.columns[g];
    Matrix part = a(groups.rows[g], columns);
    Vector target = b(groups.rows[g]);
    const Vector low = lower(columns), high = upper(columns), from = start(columns);
    if (part.rows() > part.cols()) {
      // Only R and the first entries of Q^T b matter.
      const ThinQr qr = thin_qr(part);
      target = (qr.q.transpose() * target).eval();
      part = qr.r;
    }
    ActiveSet problem(part, target, low, high, from);
    solution.converged = problem.solve() && solution.converged;
    solution.x(columns) = problem.x();
  }
  solution.residual = (b - a * solution.x).norm();
  return solution;
}

}  // namespace saddleflow

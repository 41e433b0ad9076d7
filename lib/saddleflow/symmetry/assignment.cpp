#include "saddleflow/symmetry/assignment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

/// Minimises the cost -gain. Rows are taken up one after another; the potentials keep all reduced costs
/// cost(i, j) - row(i) - column(j) >= 0, with 0 at the pairs that are matched.
class Matching {
 public:
  explicit Matching(const Matrix& gain)
      : cost_(-gain), row_(Vector::Zero(size())), column_(Vector::Zero(size())), row_of_(count(), -1) {}

  std::vector<Index> solve() {
    for (Index i = 0; i < size(); ++i) take_up(i);
    std::vector<Index> column_of(count());
    for (std::size_t j = 0; j < count(); ++j) column_of[at(row_of_[j])] = static_cast<Index>(j);
    return column_of;
  }

 private:
  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }
  Index size() const { return cost_.rows(); }
  std::size_t count() const { return at(size()); }

  /// The shortest alternating path from a row to a free column (Dijkstra over the columns).
  void take_up(Index first_row) {
    Vector distance = Vector::Constant(size(), std::numeric_limits<Real>::infinity());
    std::vector<Index> previous(count(), -1);  // column before this one on the path
    std::vector<bool> done(count(), false);
    Index row = first_row, last = -1;
    Real length = 0;
    for (;;) {
      Index next = -1;
      for (Index j = 0; j < size(); ++j) {
        if (done[at(j)]) continue;
        const Real through = length + cost_(row, j) - row_[row] - column_[j];
        if (through < distance[j]) {
          distance[j] = through;
          previous[at(j)] = last;
        }
        if (next < 0 || distance[j] < distance[next]) next = j;
      }
      done[at(next)] = true;
      length = distance[next];
      last = next;
      if (row_of_[at(next)] < 0) break;
      row = row_of_[at(next)];
    }
    update_potentials(first_row, done, distance, length);
    for (Index j = last; j >= 0;) {
      const Index before = previous[at(j)];
      row_of_[at(j)] = before < 0 ? first_row : row_of_[at(before)];
      j = before;
    }
  }

  void update_potentials(Index first_row, const std::vector<bool>& done, const Vector& distance,
                         Real length) {
    row_[first_row] += length;
    for (Index j = 0; j < size(); ++j) {
      if (!done[at(j)]) continue;
      if (row_of_[at(j)] >= 0) row_[row_of_[at(j)]] += length - distance[j];
      column_[j] -= length - distance[j];
    }
  }

  Matrix cost_;
  Vector row_, column_;
  std::vector<Index> row_of_;  // of each column, -1 while it is free
};

}  // namespace

std::vector<Index> best_assignment(const Matrix& gain) {
  if (gain.rows() != gain.cols() || !gain.allFinite())
    throw InputError(
        fmt::format("assignment: found a {} x {} table of gains{}, expected a square one of finite numbers",
                    gain.rows(), gain.cols(), gain.allFinite() ? "" : " with entries that are not finite"));
  return Matching(gain).solve();
}

}  // namespace saddleflow

// A sample of the rays of kinks that have too many.
#include <cmath>
#include <limits>

#include "saddleflow/base/random.hpp"
#include "saddleflow/piecewise/group_rays.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

class Walk {
 public:
  Walk(const KinkGroup& group, Random& random) : group_(group), random_(random) {}

  /// Where it ends.
  Vector direction, signals;

  void run() {
    direction = random_.unit_vector(group_.rank());
    choose_sides();
    // What is left of the space, and below it how fast the kinks change along its basis.
    Matrix left(group_.rank() + group_.count(), group_.rank());
    left << Matrix::Identity(group_.rank(), group_.rank()), effective_;
    drop_constant(left);
    while (left.cols() > 1) {
      const Index k = step_within(left);
      if (k < 0) return stand();
      left = space_without(left, left.row(group_.rank() + k).transpose());
      drop_constant(left);
    }
    const Vector end = left.col(0).head(group_.rank());
    direction = end.dot(direction) < 0 ? Vector(-end) : end;
    signals = effective_ * direction;
    for (Index k = 0; k < group_.count(); ++k)
      if (vanishes_[static_cast<std::size_t>(k)] || std::abs(signals[k]) <= normal_tolerance() * size_[k])
        signals[k] = 0;
  }

 private:
  /// No ray has been found.
  void stand() {
    direction.setZero();
    signals = Vector::Zero(group_.count());
  }

  /// Of the cell of the direction: rows through the earlier kinks on their sides.
  void choose_sides() {
    effective_ = group_.rows;
    size_ = group_.rows.rowwise().norm();
    vanishes_.assign(static_cast<std::size_t>(group_.count()), false);
    y_.resize(group_.count());
    for (Index k = 0; k < group_.count(); ++k) {
      for (Index j = 0; j < k; ++j) {
        const Real factor = group_.feed(k, j) * (y_[j] > 0 ? Real(1) : group_.low);
        if (factor == 0) continue;
        effective_.row(k) += factor * effective_.row(j);
        size_[k] = std::max(size_[k], std::abs(factor) * effective_.row(j).norm());
      }
      y_[k] = effective_.row(k).dot(direction);
    }
  }

  /// Those that no longer change within the space vanish on it.
  void drop_constant(const Matrix& left) {
    const Vector rates = left.bottomRows(group_.count()).rowwise().norm();
    for (Index k = 0; k < group_.count(); ++k)
      if (rates[k] <= normal_tolerance() * size_[k]) vanishes_[static_cast<std::size_t>(k)] = true;
  }

  /// Along a direction of the space to the nearest kink on it, ahead or behind. Which kink; -1 where there is
  /// none: in exact numbers every direction changes one, as the rows of a cell span what the kinks' own do.
  Index step_within(const Matrix& left) {
    const Vector u = left * random_.unit_vector(left.cols());
    const auto rates = u.tail(group_.count());
    Index nearest = -1;
    Real step = std::numeric_limits<Real>::infinity();
    for (Index k = 0; k < group_.count(); ++k) {
      if (vanishes_[static_cast<std::size_t>(k)] || !(std::abs(y_[k]) < std::abs(step * rates[k]))) continue;
      step = -y_[k] / rates[k];
      nearest = k;
    }
    if (nearest < 0) return nearest;
    direction += step * u.head(group_.rank());
    y_ += step * rates;
    return nearest;
  }

  const KinkGroup& group_;
  Random& random_;
  Matrix effective_;
  Vector size_, y_;
  std::vector<bool> vanishes_;
};

}  // namespace

GroupRays rays_by_walks(const KinkGroup& group, Index count, std::uint64_t seed) {
  GroupRays rays{
      .signals = Matrix(group.count(), count), .rates = Matrix(group.count(), count), .complete = false};
  Random random(seed);
  Walk walk(group, random);
  for (Index s = 0; s < count; ++s) {
    walk.run();
    rays.signals.col(s) = walk.signals;
    rays.rates.col(s) = group.rows * walk.direction;
  }
  return rays;
}

}  // namespace saddleflow

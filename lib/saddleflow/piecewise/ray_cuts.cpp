// Rays of kinks in several layers.
#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "saddleflow/piecewise/group_rays.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

/// The fan of the cells on which the first kinks are linear. Every cell is the cone over its rays, plus
/// `free_`, along which none of these kinks changes. Rays lie one after the other in memory: all of the time
/// goes into looking at them.
class Fan {
 public:
  explicit Fan(const KinkGroup& group)
      : group_(group),
        words_(static_cast<std::size_t>(group.count() + 63) / 64),
        tolerance_(normal_tolerance()),
        free_(Matrix::Identity(group.rank(), group.rank())) {
    cells_.emplace_back();
  }

  void add(Index k) {
    const Real length = group_.rows.row(k).norm();
    for (Ray r = 0; r < size_; ++r) look(r, k, length);
    const Vector along = free_.transpose() * group_.rows.row(k).transpose();
    if (along.size() > 0 && along.norm() > tolerance_ * length)
      open(k, along);
    else
      cut(k);
  }

  bool is_larger_than(Index most) const {
    return std::max<std::size_t>(size_, cells_.size()) > 2 * static_cast<std::size_t>(most);
  }

  GroupRays rays() const {
    const auto size = static_cast<Index>(size_);
    return {Eigen::Map<const Matrix>(signals_.data(), group_.count(), size),
            group_.rows * Eigen::Map<const Matrix>(directions_.data(), group_.rank(), size)};
  }

 private:
  using Ray = std::uint32_t;
  using Cell = std::vector<Ray>;

  VectorView direction(Ray r) {
    return {directions_.data() + static_cast<Index>(r) * group_.rank(), group_.rank()};
  }
  VectorView signals(Ray r) {
    return {signals_.data() + static_cast<Index>(r) * group_.count(), group_.count()};
  }

  /// Which of the kinks vanish on it, one bit each.
  std::uint64_t* zeros(Ray r) { return zeros_.data() + r * words_; }
  void set_zero(Ray r, Index k) {
    signals(r)[k] = 0;
    zeros(r)[k / 64] |= std::uint64_t(1) << (k % 64);
  }

  Ray add_ray() {
    directions_.resize(directions_.size() + static_cast<std::size_t>(group_.rank()));
    signals_.resize(signals_.size() + static_cast<std::size_t>(group_.count()));
    zeros_.resize(zeros_.size() + words_);
    return size_++;
  }

  void normalise(Ray r) {
    const Real length = direction(r).norm();
    direction(r) /= length;
    signals(r) /= length;
  }

  void look(Ray r, Index k, Real length) {
    VectorView y = signals(r);
    Real sum = group_.rows.row(k).dot(direction(r)), size = length;
    for (Index j = 0; j < k; ++j) {
      const Real heard = group_.feed(k, j) * group_.branch(y[j]);
      sum += heard;
      size = std::max(size, std::abs(heard));
    }
    y[k] = sum;
    if (std::abs(sum) <= tolerance_ * size) set_zero(r, k);
  }

  /// The first kink that changes along some direction for which no other does: this one becomes a ray on
  /// either side of each cell, and the kink vanishes on the others.
  void open(Index k, const Vector& along) {
    const Vector onward = (free_ * along).normalized();
    const Real rate = group_.rows.row(k).dot(onward);
    free_ = space_without(free_, along);
    for (Ray r = 0; r < size_; ++r) {
      direction(r) -= signals(r)[k] / rate * onward;
      set_zero(r, k);
      normalise(r);
    }
    const Ray below = add_on_axis(k, -onward, -rate), above = add_on_axis(k, onward, rate);
    const std::size_t before = cells_.size();
    for (std::size_t c = 0; c < before; ++c) {
      cells_.push_back(cells_[c]);
      cells_[c].push_back(below);
      cells_.back().push_back(above);
    }
  }

  Ray add_on_axis(Index k, const Vector& along, Real rate) {
    const Ray r = add_ray();
    direction(r) = along;
    for (Index j = 0; j < k; ++j) set_zero(r, j);
    signals(r)[k] = rate;
    return r;
  }

  void cut(Index k) {
    edges_.clear();
    side_.resize(size_);
    for (Ray r = 0; r < size_; ++r)
      side_[r] = static_cast<std::int8_t>((signals(r)[k] > 0) - (signals(r)[k] < 0));
    const std::size_t before = cells_.size();
    for (std::size_t c = 0; c < before; ++c) {
      below_.clear();
      above_.clear();
      rest_.clear();
      for (const Ray r : cells_[c]) (side_[r] < 0 ? below_ : side_[r] > 0 ? above_ : rest_).push_back(r);
      if (below_.empty() || above_.empty()) continue;
      for (const Ray a : below_)
        for (const Ray b : above_)
          if (are_adjacent(a, b, cells_[c])) rest_.push_back(between(a, b, k));
      below_.insert(below_.end(), rest_.begin(), rest_.end());
      above_.insert(above_.end(), rest_.begin(), rest_.end());
      cells_[c] = below_;
      cells_.push_back(above_);
    }
  }

  /// Whether they span a face of the cell: on the least face that holds both is no other ray, and as many
  /// kinks vanish as its dimension asks for.
  bool are_adjacent(Ray a, Ray b, const Cell& cell) {
    common_.resize(words_);
    Index count = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      common_[w] = zeros(a)[w] & zeros(b)[w];
      count += std::popcount(common_[w]);
    }
    if (count < group_.rank() - free_.cols() - 2) return false;
    return std::none_of(cell.begin(), cell.end(), [&](Ray r) {
      if (r == a || r == b) return false;
      const std::uint64_t* of_ray = zeros(r);
      for (std::size_t w = 0; w < words_; ++w)
        if ((common_[w] & ~of_ray[w]) != 0) return false;
      return true;
    });
  }

  /// The direction of their face along which kink k vanishes: one for all cells that share the face. In it no
  /// signal changes its sign, so that the sum of two of one sign is as good as these.
  Ray between(Ray a, Ray b, Index k) {
    const auto [at, is_new] =
        edges_.try_emplace((std::uint64_t(std::min(a, b)) << 32) | std::max(a, b), size_);
    if (!is_new) return at->second;
    const Ray r = add_ray();
    const Real share = signals(a)[k] / (signals(a)[k] - signals(b)[k]);
    direction(r) = (1 - share) * direction(a) + share * direction(b);
    signals(r) = (1 - share) * signals(a) + share * signals(b);
    for (std::size_t w = 0; w < words_; ++w) zeros(r)[w] = zeros(a)[w] & zeros(b)[w];
    set_zero(r, k);
    normalise(r);
    side_.push_back(0);
    return r;
  }

  const KinkGroup& group_;
  std::size_t words_;  // of the bits of one ray
  Real tolerance_;
  Matrix free_;
  Ray size_ = 0;
  std::vector<Real> directions_, signals_;
  std::vector<std::uint64_t> zeros_;
  std::vector<Cell> cells_;
  std::unordered_map<std::uint64_t, Ray> edges_;  // the new ray between two
  std::vector<std::int8_t> side_;                 // of the kink that is looked at
  Cell below_, above_, rest_;
  std::vector<std::uint64_t> common_;
};

}  // namespace

std::optional<GroupRays> rays_by_cuts(const KinkGroup& group, Index most) {
  Fan fan(group);
  for (Index k = 0; k < group.count(); ++k) {
    fan.add(k);
    if (fan.is_larger_than(most)) return std::nullopt;
  }
  return fan.rays();
}

}  // namespace saddleflow

// Rays of kinks of which none hears another.
#include <cmath>
#include <cstdint>

#include "saddleflow/piecewise/group_rays.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

class Choices {
 public:
  Choices(const KinkGroup& group, Index most)
      : group_(group),
        length_(group.rows.rowwise().norm()),
        tolerance_(normal_tolerance()),
        left_(most),
        vanishes_(static_cast<std::size_t>(group.rank()),
                  std::vector<std::uint8_t>(static_cast<std::size_t>(group.count()), 0)) {}

  std::optional<GroupRays> all() {
    choose(0, 0, Matrix::Identity(group_.rank(), group_.rank()));
    if (left_ < 0) return std::nullopt;
    GroupRays rays;
    const Index lines = static_cast<Index>(rates_.size()) / group_.count();
    const Eigen::Map<const Matrix> along(rates_.data(), group_.count(), lines);
    rays.rates.resize(group_.count(), 2 * lines);
    rays.signals.resize(group_.count(), 2 * lines);
    for (Index r = 0; r < lines; ++r) {
      rays.rates.col(2 * r) = -along.col(r);
      rays.rates.col(2 * r + 1) = along.col(r);
    }
    const Vector zero = tolerance_ * length_;
    for (Index r = 0; r < 2 * lines; ++r)
      rays.signals.col(r) = (rays.rates.col(r).array().abs() <= zero.array()).select(0, rays.rates.col(r));
    return rays;
  }

 private:
  /// The next kink that vanishes is k or a later one; on `space` those vanish that have been chosen, and
  /// those that depend on them.
  void choose(Index k, std::size_t depth, const Matrix& space) {
    if (left_ < 0) return;
    if (space.cols() == 1) {
      --left_;
      add(k, vanishes_[depth], space.col(0));
      return;
    }
    std::vector<std::uint8_t>& vanishes = vanishes_[depth];
    for (Index j = k; j < group_.count() && left_ >= 0; ++j) {
      const Vector along = space.transpose() * group_.rows.row(j).transpose();
      vanishes[static_cast<std::size_t>(j)] = along.norm() <= tolerance_ * length_[j] ? 1 : 0;
      if (vanishes[static_cast<std::size_t>(j)] != 0) continue;
      vanishes_[depth + 1] = vanishes;
      vanishes_[depth + 1][static_cast<std::size_t>(j)] = 1;
      choose(j + 1, depth + 1, space_without(space, along));
    }
  }

  /// A line on which an earlier kink vanishes that could have been chosen has been found with it.
  void add(Index decided, const std::vector<std::uint8_t>& vanishes, const Vector& direction) {
    const Vector rates = group_.rows * direction;
    bool moves = false;
    for (Index k = 0; k < rates.size(); ++k) {
      const bool zero = std::abs(rates[k]) <= tolerance_ * length_[k];
      if (zero && k < decided && vanishes[static_cast<std::size_t>(k)] == 0) return;
      moves = moves || !zero;
    }
    if (moves) rates_.insert(rates_.end(), rates.begin(), rates.end());
  }

  const KinkGroup& group_;
  Vector length_;
  Real tolerance_;
  Index left_;
  std::vector<std::vector<std::uint8_t>> vanishes_;  // by the number of kinks chosen
  std::vector<Real> rates_;
};

}  // namespace

std::optional<GroupRays> rays_by_choices(const KinkGroup& group, Index most) {
  return Choices(group, most).all();
}

}  // namespace saddleflow

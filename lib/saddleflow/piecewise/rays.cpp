#include "saddleflow/piecewise/rays.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/piecewise/group_rays.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

/// Which kinks have to be looked at together.
class RayGroups {
 public:
  explicit RayGroups(const PiecewiseLinear& f)
      : parent_(static_cast<std::size_t>(f.count())), alone_(parent_.size(), true) {
    std::iota(parent_.begin(), parent_.end(), Index(0));
    join_dependent(f);
    for (Index k = 0; k < f.count(); ++k)
      if (!alone(k))
        for (Index j = 0; j < k; ++j)
          if (f.feed(k, j) != 0) join(k, j);
  }

  std::vector<std::vector<Index>> list() {
    std::vector<std::vector<Index>> groups(parent_.size());
    for (std::size_t k = 0; k < parent_.size(); ++k)
      groups[static_cast<std::size_t>(root(static_cast<Index>(k)))].push_back(static_cast<Index>(k));
    std::erase_if(groups, [](const auto& g) { return g.empty(); });
    return groups;
  }
  /// Its row is independent of all others.
  bool alone(Index k) const { return alone_[static_cast<std::size_t>(k)]; }

 private:
  // Each dependent row is a combination of some of a basis: they belong together.
  void join_dependent(const PiecewiseLinear& f) {
    Matrix rows = f.rows;
    for (Index k = 0; k < rows.rows(); ++k)
      if (const Real length = rows.row(k).norm(); length > 0) rows.row(k) /= length;
    const PivotedQr qr(rows.transpose(), normal_tolerance());
    const std::vector<Index> order = qr.order();
    const Index rank = qr.rank();
    std::vector<Index> basis(order.begin(), order.begin() + rank);
    const Matrix independent = rows(basis, Eigen::all).transpose();
    for (auto at = order.begin() + rank; at != order.end(); ++at) {
      alone_[static_cast<std::size_t>(*at)] = false;
      if (rank == 0) continue;
      const Vector share = minimum_norm_least_squares(independent, rows.row(*at).transpose());
      for (Index i = 0; i < rank; ++i) {
        if (std::abs(share[i]) <= normal_tolerance()) continue;
        const Index k = basis[static_cast<std::size_t>(i)];
        alone_[static_cast<std::size_t>(k)] = false;
        join(*at, k);
      }
    }
  }

  Index root(Index k) {
    while (parent_[static_cast<std::size_t>(k)] != k) k = parent_[static_cast<std::size_t>(k)];
    return k;
  }
  void join(Index a, Index b) { parent_[static_cast<std::size_t>(root(a))] = root(b); }

  std::vector<Index> parent_;
  std::vector<bool> alone_;
};

/// Kinks whose signals are positive multiples of one another, as those of samples that are given twice: one
/// of them stands for all.
class MergedKinks {
 public:
  explicit MergedKinks(const PiecewiseLinear& f) : low_(f.low), scale_(f.count()) {
    const Index all = f.count();
    Matrix heard = Matrix::Zero(all, all);  // what each hears of those that stand for others, in their order
    for (Index k = 0; k < all; ++k) {
      for (Index j = 0; j < k; ++j) heard(k, of_[static_cast<std::size_t>(j)]) += f.feed(k, j) * scale_[j];
      const auto count = static_cast<Index>(kept_.size());
      Index same = 0;
      for (; same < count; ++same)
        if (is_multiple(f.rows, heard, k, kept_[static_cast<std::size_t>(same)])) break;
      if (same == count) {
        kept_.push_back(k);
        scale_[k] = 1;
      }
      of_.push_back(same);
    }
    const auto count = static_cast<Index>(kept_.size());
    rows_ = f.rows(kept_, Eigen::all);
    feed_ = heard(kept_, Eigen::all).leftCols(count);
  }

  /// Rows and feed of those that stand for all.
  PiecewiseLinear function() const {
    const Vector none = Vector::Zero(rows_.rows());
    return {Vector::Zero(rows_.cols()), rows_, none, feed_, none, none, low_};
  }
  /// From one row for each of those to one for each kink.
  Matrix expand(const Matrix& values) const { return scale_.asDiagonal() * values(of_, Eigen::all); }

 private:
  bool is_multiple(const Matrix& rows, const Matrix& heard, Index k, Index j) {
    const Real length = rows.row(j).norm();
    if (length == 0 || rows.row(k).norm() == 0) return false;
    const Real scale = rows.row(k).norm() / length;
    const Real near = normal_tolerance();
    if ((rows.row(k) - scale * rows.row(j)).norm() > near * scale * length) return false;
    if ((heard.row(k) - scale * heard.row(j)).norm() > near * scale * heard.row(j).norm()) return false;
    scale_[k] = scale;
    return true;
  }

  Real low_;
  Vector scale_;           // of each kink, against the one that stands for it
  std::vector<Index> of_;  // which of kept_ that is
  std::vector<Index> kept_;
  Matrix rows_, feed_;
};

/// All rays of f, group by group.
class RaySearch {
 public:
  RaySearch(const PiecewiseLinear& f, const RayOptions& options) : f_(f), groups_(f) {
    const std::vector<std::vector<Index>> list = groups_.list();
    std::vector<GroupRays> found;
    Index size = 0;
    for (const std::vector<Index>& group : list) {
      found.push_back(of_group(group, options));
      if (!found.back().complete)
        sampled = std::min(sampled.value_or(f.count()), static_cast<Index>(group.size()));
      size += found.back().rates.cols();
    }
    signals.setZero(f.count(), size);
    rates.setZero(f.count(), size);
    Index first = 0;
    for (std::size_t g = 0; g < list.size(); ++g) {
      const Index here = found[g].rates.cols();
      signals.middleCols(first, here)(list[g], Eigen::all) = found[g].signals;
      rates.middleCols(first, here)(list[g], Eigen::all) = found[g].rates;
      first += here;
    }
    hold_others();
  }

  Matrix signals, rates;         // kinks x rays
  std::optional<Index> sampled;  // see RayDirections

 private:
  // Below first: of two directions as steep as one another the first is taken.
  GroupRays of_group(const std::vector<Index>& group, const RayOptions& options) const {
    if (group.size() == 1 && groups_.alone(group.front())) {
      Matrix both(1, 2);
      both << -1, 1;
      return {both, both};
    }
    const Matrix rows = f_.rows(group, Eigen::all);
    return rays_of({rows * orthonormal_basis(rows.transpose()), f_.feed(group, group), f_.low}, options);
  }

  /// Kinks outside the group that hear it stay at zero: their own rows are free to make up for it.
  void hold_others() {
    const Matrix a = signals.unaryExpr([this](Real s) { return f_.branch(s); });
    for (Index k = 1; k < f_.count(); ++k) {
      if (!groups_.alone(k) || f_.feed.row(k).isZero(0)) continue;
      const Eigen::RowVectorX<Real> heard = f_.feed.row(k).head(k) * a.topRows(k);
      for (Index r = 0; r < rates.cols(); ++r)
        if (signals(k, r) == 0) rates(k, r) -= heard[r];
    }
  }

  const PiecewiseLinear& f_;
  RayGroups groups_;
};

}  // namespace

RayDirections::RayDirections(const PiecewiseLinear& f, const RayOptions& options) {
  if (f.count() == 0) return;
  // Which rows are dependent is a matter of their angles.
  inverse_ = scaled_pseudo_inverse(f.rows.transpose()).transpose();
  const MergedKinks merged(f);
  const PiecewiseLinear distinct = merged.function();
  const RaySearch search(distinct, options);
  sampled_ = search.sampled;
  const Matrix rates = merged.expand(search.rates);
  const Vector lengths = (inverse_ * rates).colwise().norm().transpose();
  std::vector<Index> moving;
  for (Index r = 0; r < lengths.size(); ++r)
    if (lengths[r] > 0) moving.push_back(r);
  length_ = lengths(moving);
  rates_ = rates(Eigen::all, moving);
  signals_ = merged.expand(search.signals(Eigen::all, moving));
  branches_ = signals_.unaryExpr([&f](Real s) { return f.branch(s); });
}

void RayDirections::evaluate(const PiecewiseLinear& f, Vector& value, Vector& unit) const {
  if (count() == 0) {
    value.resize(0);
    unit.resize(0);
    return;
  }
  const Vector multipliers = inverse_.transpose() * f.gradient;  // mu with g = sum_k mu_k a_k
  value.noalias() = rates_.transpose() * multipliers;
  value.noalias() += branches_.transpose() * f.back;
  const Vector back = f.back.cwiseAbs() + f.back_noise.cwiseAbs() / kValueRounding;
  unit.noalias() = rates_.cwiseAbs().transpose() * multipliers.cwiseAbs();
  unit.noalias() += signals_.cwiseAbs().transpose() * back;
}

Rays extreme_rays(const PiecewiseLinear& f, const RayOptions& options) {
  const RayDirections directions(f, options);
  Vector value, unit;
  directions.evaluate(f, value, unit);
  Rays result;
  result.complete = !directions.sampled();
  result.inverse = directions.inverse();
  for (Index r = 0; r < directions.count(); ++r)
    result.rays.push_back(
        {directions.signals().col(r), directions.rates().col(r), value[r], unit[r], directions.length()[r]});
  return result;
}

}  // namespace saddleflow

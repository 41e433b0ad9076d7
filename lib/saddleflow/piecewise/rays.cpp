#include "saddleflow/piecewise/rays.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
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

/// The rays of one group of kinks whose rows depend on one another.
class GroupRays {
 public:
  GroupRays(const PiecewiseLinear& f, const std::vector<Index>& kinks, const RayOptions& options)
      : options_(options), low_(f.low), feed_(f.feed(kinks, kinks)), random_(options.seed) {
    const Matrix rows = f.rows(kinks, Eigen::all);
    rows_ = rows * orthonormal_basis(rows.transpose());
    length_ = rows_.rowwise().norm();
    sides_.assign(kinks.size(), 0);
    for (Index k = 0; k < count(); ++k) hears_.push_back(feed_.col(k).cwiseAbs().maxCoeff() > 0);
  }

  /// a . direction and y of each ray; false where they were too many.
  template <class Look>
  bool all(const Look& look) {
    if (rows_.cols() == 0) return true;
    Matrix effective = rows_;
    left_ = options_.most;
    std::vector<std::pair<Vector, Vector>> found;
    const auto keep = [&found](const Vector& rates, const Vector& y) { found.emplace_back(rates, y); };
    visit(0, Matrix::Identity(rows_.cols(), rows_.cols()), effective, keep, false);
    const bool complete = left_ >= 0;
    for (Index s = 0; !complete && s < options_.samples; ++s) {
      left_ = 1;
      visit(0, Matrix::Identity(rows_.cols(), rows_.cols()), effective, keep, true);
    }
    for (const auto& [rates, y] : found) look(rates, y);
    return complete;
  }

 private:
  Index count() const { return rows_.rows(); }

  Real slope(Index k) const {
    const std::int8_t side = sides_[static_cast<std::size_t>(k)];
    return side > 0 ? Real(1) : side < 0 ? low_ : Real(0);
  }

  // `space`: the directions along which the kinks that were chosen to vanish do; `effective`: rows, through
  // the kinks before each on their sides.
  template <class Look>
  void visit(Index k, const Matrix& space, Matrix& effective, const Look& look, bool sample) {
    if (left_ < 0) return;
    if (space.cols() == 1) {
      --left_;
      for (const Real sign : {Real(-1), Real(1)}) look_along(sign * space.col(0), k, look);
      return;
    }
    if (k == count()) return;
    effective.row(k) = rows_.row(k);
    for (Index j = 0; j < k; ++j)
      if (feed_(k, j) != 0) effective.row(k) += feed_(k, j) * slope(j) * effective.row(j);
    const Vector along = space.transpose() * effective.row(k).transpose();
    sides_[static_cast<std::size_t>(k)] = 0;
    if (along.norm() <= normal_tolerance() * std::max(length_[k], effective.row(k).norm())) {
      visit(k + 1, space, effective, look, sample);
      return;
    }
    const bool vanish =
        !sample || random_.uniform() * static_cast<Real>(count() - k) < static_cast<Real>(space.cols() - 1);
    if (vanish) visit(k + 1, without(space, along), effective, look, sample);
    if (sample && vanish) return;
    const bool both = hears_[static_cast<std::size_t>(k)];
    const int first = sample && random_.uniform() < Real(0.5) ? 1 : -1;
    sides_[static_cast<std::size_t>(k)] = static_cast<std::int8_t>(first);
    visit(k + 1, space, effective, look, sample);
    if (both && !sample) {
      sides_[static_cast<std::size_t>(k)] = static_cast<std::int8_t>(-first);
      visit(k + 1, space, effective, look, sample);
    }
    sides_[static_cast<std::size_t>(k)] = 0;
  }

  /// What of the space is orthogonal to its element `along`, which is given in its coordinates: the columns
  /// but the first of the space reflected so that the first is parallel to it.
  static Matrix without(const Matrix& space, const Vector& along) {
    const Index rest = space.cols() - 1;
    Vector mirror = along;
    mirror[0] += std::copysign(along.norm(), along[0]);
    Matrix out = space.rightCols(rest);
    const Vector image = (-2 / mirror.squaredNorm()) * (space * mirror);
    out.noalias() += image * mirror.tail(rest).transpose();
    return out;
  }

  template <class Look>
  void look_along(const Vector& direction, Index decided, const Look& look) const {
    const Vector rates = rows_ * direction;
    Vector y = rates, a(count());
    for (Index k = 0; k < count(); ++k) {
      Real size = length_[k];
      for (Index j = 0; j < k; ++j) {
        y[k] += feed_(k, j) * a[j];
        size = std::max(size, std::abs(feed_(k, j) * a[j]));
      }
      if (std::abs(y[k]) <= normal_tolerance() * size) y[k] = 0;
      a[k] = y[k] > 0 ? y[k] : low_ * y[k];
      // The rows of later kinks were those of other sides.
      const std::int8_t side = sides_[static_cast<std::size_t>(k)];
      if (k < decided && hears_[static_cast<std::size_t>(k)] && static_cast<Real>(side) * y[k] < 0) return;
      if (k < decided && hears_[static_cast<std::size_t>(k)] && side == 0 && y[k] != 0) return;
    }
    if (!y.isZero(0)) look(rates, y);
  }

  const RayOptions& options_;
  Real low_;
  Matrix feed_, rows_;
  Vector length_;
  Random random_;
  KinkSides sides_;
  std::vector<bool> hears_;
  Index left_ = 0;
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
  /// From one value for each of those to one for each kink.
  Vector expand(const Vector& values) const { return values(of_).cwiseProduct(scale_); }

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
  RaySearch(const PiecewiseLinear& f, const RayOptions& options) : f_(f), options_(options), groups_(f) {}

  /// False where some group was sampled.
  bool run() {
    bool complete = true;
    for (const std::vector<Index>& group : groups_.list()) {
      if (group.size() == 1 && groups_.alone(group.front()))
        look_at_one(group.front());
      else
        complete = look_at(group) && complete;
    }
    return complete;
  }

  std::vector<Vector> signals, rates;

 private:
  // Below first: of two directions as steep as one another the first is taken.
  void look_at_one(Index k) {
    for (const Real sign : {Real(-1), Real(1)})
      add({k}, Vector::Constant(1, sign), Vector::Constant(1, sign));
  }

  bool look_at(const std::vector<Index>& group) {
    GroupRays rays(f_, group, options_);
    return rays.all([&](const Vector& r, const Vector& y) { add(group, r, y); });
  }

  // Kinks outside the group that hear it stay at zero: their own rows are free to make up for it.
  void add(const std::vector<Index>& group, const Vector& group_rates, const Vector& y) {
    Vector all_signals = Vector::Zero(f_.count()), all_rates = all_signals;
    all_signals(group) = y;
    all_rates(group) = group_rates;
    const Vector a = all_signals.unaryExpr([this](Real s) { return f_.branch(s); });
    for (Index k = 1; k < f_.count(); ++k)
      if (groups_.alone(k) && all_signals[k] == 0) all_rates[k] -= f_.feed.row(k).head(k).dot(a.head(k));
    signals.push_back(std::move(all_signals));
    rates.push_back(std::move(all_rates));
  }

  const PiecewiseLinear& f_;
  const RayOptions& options_;
  RayGroups groups_;
};

}  // namespace

RayDirections::RayDirections(const PiecewiseLinear& f, const RayOptions& options) {
  if (f.count() == 0) return;
  // Which rows are dependent is a matter of their angles.
  inverse_ = scaled_pseudo_inverse(f.rows.transpose()).transpose();
  const MergedKinks merged(f);
  const PiecewiseLinear distinct = merged.function();
  RaySearch search(distinct, options);
  complete_ = search.run();
  for (Vector& rates : search.rates) rates = merged.expand(rates);
  std::vector<std::size_t> moving;
  std::vector<Real> lengths;
  for (std::size_t r = 0; r < search.rates.size(); ++r) {
    const Real length = (inverse_ * search.rates[r]).norm();
    if (!(length > 0)) continue;
    moving.push_back(r);
    lengths.push_back(length);
  }
  const auto size = static_cast<Index>(moving.size());
  length_ = ConstVectorView(lengths.data(), size);
  signals_.resize(f.count(), size);
  rates_.resize(f.count(), size);
  for (Index r = 0; r < size; ++r) {
    signals_.col(r) = merged.expand(search.signals[moving[static_cast<std::size_t>(r)]]);
    rates_.col(r) = search.rates[moving[static_cast<std::size_t>(r)]];
  }
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
  result.complete = directions.complete();
  result.inverse = directions.inverse();
  for (Index r = 0; r < directions.count(); ++r)
    result.rays.push_back(
        {directions.signals().col(r), directions.rates().col(r), value[r], unit[r], directions.length()[r]});
  return result;
}

}  // namespace saddleflow

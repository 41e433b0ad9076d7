#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/piecewise/rays.hpp"
#include "saddleflow/saddle/kinks/one_sided.hpp"

namespace saddleflow {
namespace {

using Method = OneSidedResult::Method;

/// f(c) = g . c + sum_k b_k sigma(y_k) in the span of the normals of kinks that share weights: their part of
/// L'. The least of the convex functions that the choices at the concave kinks make.
class Corners {
 public:
  Corners(const PiecewiseLinear& f, const OneSidedOptions& options) : f_(f), options_(options) {
    for (Index k = 0; k < f.count(); ++k) {
      const bool counts = std::abs(f.back[k]) * f.rows.row(k).norm() > options.zero;
      (counts && f.back[k] < 0 ? concave_ : convex_).push_back(k);
    }
  }

  bool are_few() const { return static_cast<Index>(concave_.size()) <= options_.most_concave; }

  /// The steepest directions, one a corner; false where one was not found.
  template <class Look>
  bool all(const Look& look) const {
    const Matrix columns =
        f_.rows(convex_, Eigen::all).transpose() * f_.back(convex_).cwiseMax(Real(0)).asDiagonal();
    bool found = true;
    for (std::size_t corner = 0; corner < std::size_t(1) << concave_.size(); ++corner) {
      Vector g = f_.gradient;
      for (std::size_t k = 0; k < concave_.size(); ++k)
        g += ((corner >> k & 1U) != 0 ? Real(1) : f_.low) * f_.back[concave_[k]] *
             f_.rows.row(concave_[k]).transpose();
      found = steepest(columns, g, look) && found;
    }
    return found;
  }

 private:
  template <class Look>
  bool steepest(const Matrix& columns, const Vector& g, const Look& look) const {
    const Index count = columns.cols();
    const BoundedSolution slopes =
        bounded_least_squares(columns, -g, Vector::Constant(count, f_.low), Vector::Ones(count),
                              Vector::Constant(count, (f_.low + 1) / 2));
    const Vector nearest = g + columns * slopes.x;
    if (nearest.norm() > options_.zero) look(Vector(-nearest));
    return slopes.converged;
  }

  const PiecewiseLinear& f_;
  const OneSidedOptions& options_;
  std::vector<Index> concave_, convex_;
};

class OneSidedSearch {
 public:
  OneSidedSearch(const OneSidedModel& model, const OneSidedOptions& options)
      : model_(model), options_(options) {}

  OneSidedResult run() {
    if (model_.kinks().empty()) return {};
    result_.least = std::numeric_limits<Real>::infinity();
    for (const OneSidedModel::Group& group : model_.groups()) look_at(group);
    return std::move(result_);
  }

 private:
  void look(const Vector& direction) {
    const Vector unit = direction.normalized();
    const Real found = model_(unit);
    if (!(found < result_.least)) return;
    result_.least = found;
    result_.direction = unit;
  }

  void look_at(const OneSidedModel::Group& group) {
    RayOptions options;
    options.most = options_.most_rays;
    options.samples = options_.samples;
    options.seed = options_.seed;
    const RayDirections rays(group.f, options);
    for (Index r = 0; r < rays.count(); ++r) look(model_.embed(group, rays.inverse() * rays.rates().col(r)));
    if (!rays.sampled()) {
      use(group.is_independent ? Method::separable : Method::rays);
      return;
    }
    result_.exact = false;
    const Corners corners(group.f, options_);
    const bool decided = group.f.feed.isZero(0) && corners.are_few() &&
                         corners.all([&](const Vector& c) { look(model_.embed(group, c)); });
    use(decided ? Method::corners : Method::sampled);
    result_.sign_is_exact = result_.sign_is_exact && decided;
  }

  /// The least exact one of all groups.
  void use(Method method) { result_.method = std::max(result_.method, method); }

  const OneSidedModel& model_;
  const OneSidedOptions& options_;
  OneSidedResult result_;
};

}  // namespace

OneSidedResult least_one_sided(const OneSidedModel& model, const OneSidedOptions& options) {
  return OneSidedSearch(model, options).run();
}

}  // namespace saddleflow

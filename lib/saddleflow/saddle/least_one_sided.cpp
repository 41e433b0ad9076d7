#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/one_sided.hpp"

namespace saddleflow {
namespace {

using Method = OneSidedResult::Method;

/// How many subsets of `size` of `count` there are, up to a limit.
Index subset_count(Index count, Index size, Index limit) {
  Real number = 1;
  for (Index k = 0; k < size && number <= static_cast<Real>(limit); ++k)
    number *= static_cast<Real>(count - k) / static_cast<Real>(k + 1);
  return number > static_cast<Real>(limit) ? limit + 1 : static_cast<Index>(number + Real(0.5));
}

/// The next one in lexicographic order; false after the last.
bool next_subset(std::vector<Index>& chosen, Index count) {
  const auto size = static_cast<Index>(chosen.size());
  for (Index k = size; k-- > 0;) {
    Index& c = chosen[static_cast<std::size_t>(k)];
    if (c == count - size + k) continue;
    ++c;
    for (Index j = k + 1; j < size; ++j)
      chosen[static_cast<std::size_t>(j)] = chosen[static_cast<std::size_t>(j - 1)] + 1;
    return true;
  }
  return false;
}

/// f(y) = c . y + sum_k b_k sigma(a_k . y) in the span of the normals of some kinks of one layer, y its
/// coordinates in an orthonormal basis: their part of L'.
class KinkGroup {
 public:
  KinkGroup(const OneSidedModel& model, const std::vector<Index>& kinks, const OneSidedOptions& options)
      : options_(options), low_(model.low()), back_(model.back()(kinks)), random_(options.seed) {
    const Matrix normals = model.normals()(Eigen::all, kinks);
    const PivotedQr qr(normals);
    basis_ = Matrix::Identity(normals.rows(), qr.rank());
    qr.apply(basis_);
    a_ = basis_.transpose() * normals;
    c_ = basis_.transpose() * model.cut_gradient();
  }

  OneSidedResult run() {
    result_.least = std::numeric_limits<Real>::infinity();
    if (subset_count(kinks(), rank() - 1, options_.most_rays) <= options_.most_rays) {
      result_.method = Method::rays;
      all_rays();
    } else {
      result_.exact = false;
      random_rays();
      corners();
    }
    result_.direction = basis_ * result_.direction;
    return std::move(result_);
  }

 private:
  Index kinks() const { return a_.cols(); }
  Index rank() const { return a_.rows(); }

  Real value(const Vector& y) const {
    Real sum = c_.dot(y);
    const Vector rates = a_.transpose() * y;
    for (Index k = 0; k < kinks(); ++k) sum += back_[k] * (rates[k] > 0 ? rates[k] : low_ * rates[k]);
    return sum;
  }

  void look(const Vector& y) {
    const Real found = value(y);
    if (!(found < result_.least)) return;
    result_.least = found;
    result_.direction = y;
  }

  /// Where the planes of these rank - 1 kinks meet.
  void look_along(const std::vector<Index>& planes) {
    Vector ray = Vector::Unit(rank(), rank() - 1);
    if (!planes.empty()) {
      const PivotedQr qr(a_(Eigen::all, planes));
      if (qr.rank() < rank() - 1) return;
      Matrix last = ray;
      qr.apply(last);
      ray = last;
    }
    look(ray);
    look(-ray);
  }

  void all_rays() {
    std::vector<Index> planes(static_cast<std::size_t>(rank() - 1));
    std::iota(planes.begin(), planes.end(), Index(0));
    do look_along(planes);
    while (next_subset(planes, kinks()));
  }

  void random_rays() {
    std::vector<Index> order(static_cast<std::size_t>(kinks()));
    std::iota(order.begin(), order.end(), Index(0));
    for (Index s = 0; s < options_.samples; ++s) {
      for (std::size_t k = 0; k + 1 < static_cast<std::size_t>(rank()); ++k) {
        const auto left = static_cast<Real>(order.size() - k);
        std::swap(order[k], order[k + static_cast<std::size_t>(random_.uniform() * left)]);
      }
      look_along({order.begin(), order.begin() + static_cast<std::ptrdiff_t>(rank() - 1)});
    }
  }

  /// The least of the convex functions that the choices at the concave kinks make.
  void corners() {
    std::vector<Index> concave, convex;
    for (Index k = 0; k < kinks(); ++k) {
      const bool counts = std::abs(back_[k]) * a_.col(k).norm() > options_.zero;
      (counts && back_[k] < 0 ? concave : convex).push_back(k);
    }
    result_.method = Method::sampled;
    result_.sign_is_exact = static_cast<Index>(concave.size()) <= options_.most_concave;
    if (!result_.sign_is_exact) return;
    result_.method = Method::corners;
    const Matrix columns = a_(Eigen::all, convex) * back_(convex).cwiseMax(Real(0)).asDiagonal();
    for (std::size_t corner = 0; corner < std::size_t(1) << concave.size(); ++corner) {
      Vector g = c_;
      for (std::size_t k = 0; k < concave.size(); ++k)
        g += ((corner >> k & 1U) != 0 ? Real(1) : low_) * back_[concave[k]] * a_.col(concave[k]);
      steepest(columns, g);
    }
  }

  void steepest(const Matrix& columns, const Vector& g) {
    const Index count = columns.cols();
    const Vector slopes = bounded_least_squares(columns, -g, Vector::Constant(count, low_),
                                                Vector::Ones(count), Vector::Constant(count, (low_ + 1) / 2))
                              .x;
    const Vector nearest = g + columns * slopes;
    if (nearest.norm() > options_.zero) look(-nearest.normalized());
  }

  const OneSidedOptions& options_;
  Real low_;
  Vector back_;
  Random random_;
  Matrix basis_, a_;
  Vector c_;
  OneSidedResult result_;
};

/// Kinks whose normals share weights: of the first layer, those of one neuron.
std::vector<std::vector<Index>> groups_of(const std::vector<Kink>& kinks) {
  std::map<Index, std::vector<Index>> groups;
  for (std::size_t c = 0; c < kinks.size(); ++c)
    groups[kinks[c].layer == 0 ? kinks[c].neuron : Index(-1)].push_back(static_cast<Index>(c));
  std::vector<std::vector<Index>> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

class OneSidedSearch {
 public:
  OneSidedSearch(const OneSidedModel& model, const OneSidedOptions& options)
      : model_(model), options_(options) {}

  OneSidedResult run() {
    if (model_.kinks().empty()) return {};
    result_.least = std::numeric_limits<Real>::infinity();
    Matrix normals = model_.normals();
    for (Index k = 0; k < normals.cols(); ++k)
      if (normals.col(k).norm() > 0) normals.col(k).normalize();
    if (PivotedQr(normals).rank() == normals.cols())
      separable();
    else if (model_.is_single_layer())
      by_groups();
    else
      sampled(normals);
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

  // With the z_k' as coordinates L' is a sum of functions of one of them each, in several layers, too: c is a
  // combination of the n_k, and what a kink sends through those above moves these.
  void separable() {
    result_.method = Method::separable;
    const Index count = model_.normals().cols();
    const Matrix dual =
        minimum_norm_least_squares(model_.normals().transpose(), Matrix::Identity(count, count));
    for (Index k = 0; k < count; ++k)
      for (const Real sign : {Real(1), Real(-1)}) {
        Vector direction = sign * dual.col(k);
        for (int layer = model_.kinks().front().layer; layer < model_.kinks().back().layer; ++layer)
          direction -= dual * (model_.rates(direction) - sign * Vector::Unit(count, k));
        look(direction);
      }
  }

  void by_groups() {
    for (const std::vector<Index>& kinks : groups_of(model_.kinks())) {
      const OneSidedResult found = KinkGroup(model_, kinks, options_).run();
      if (found.direction.size() > 0) look(found.direction);
      result_.method = std::max(result_.method, found.method);
      result_.sign_is_exact = result_.sign_is_exact && found.sign_is_exact;
      result_.exact = result_.exact && found.exact;
    }
  }

  void sampled(const Matrix& normals) {
    result_.method = Method::sampled;
    result_.sign_is_exact = result_.exact = false;
    Random random(options_.seed);
    for (Index k = 0; k < normals.cols(); ++k)
      for (const Real sign : {Real(1), Real(-1)})
        if (normals.col(k).norm() > 0) look(sign * normals.col(k));
    for (Index s = 0; s < options_.samples; ++s) look(normals * random.unit_vector(normals.cols()));
  }

  const OneSidedModel& model_;
  const OneSidedOptions& options_;
  OneSidedResult result_;
};

}  // namespace

const char* name_of(Method method) {
  switch (method) {
    case Method::none:
      return "none";
    case Method::separable:
      return "separable";
    case Method::rays:
      return "rays";
    case Method::corners:
      return "corners";
    case Method::sampled:
      return "sampled";
  }
  return "";
}

OneSidedResult least_one_sided(const OneSidedModel& model, const OneSidedOptions& options) {
  return OneSidedSearch(model, options).run();
}

}  // namespace saddleflow

#include "saddleflow/base/nearest_in_hull.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/rounds.hpp"

namespace saddleflow {
namespace {

// Squares of distances are known to this part of the largest: some hundred roundings of it, the sums of a few
// thousand weights.
constexpr Real kKnown = Real(1e-13);
// Vertices whose differences are dependent to this are: the factorisation of some dozens of columns leaves
// less.
constexpr Real kDependent = Real(1e-12);
// In few dimensions a handful of vertices may come and go more often: costs nothing where it is not needed.
constexpr Index kSpareRounds = 50;

class HullSearch {
 public:
  HullSearch(const Matrix& vertices, const Vector& target) : p_(vertices.colwise() - target) {
    Index first = 0;
    const Vector squares = p_.colwise().squaredNorm().transpose();
    largest_ = squares.maxCoeff();
    squares.minCoeff(&first);
    chosen_ = {first};
    weights_ = {1};
    x_ = p_.col(first);
  }

  NearestInHull run() {
    NearestInHull result;
    const Index most = kSpareRounds + kRoundsAVariable * p_.cols();
    Index round = 0;
    for (; round < most && enter(); ++round)
      while (!move_to_affine_minimum()) {
      }
    result.converged = round < most;
    result.weights = Vector::Zero(p_.cols());
    for (std::size_t k = 0; k < chosen_.size(); ++k) result.weights[chosen_[k]] = weights_[k];
    result.distance = x_.norm();
    return result;
  }

 private:
  /// The vertex furthest against x; false where none brings the hull nearer.
  bool enter() {
    Index best = 0;
    const Real least = (p_.transpose() * x_).minCoeff(&best);
    if (x_.squaredNorm() - least <= kKnown * largest_) return false;
    if (std::find(chosen_.begin(), chosen_.end(), best) != chosen_.end()) return false;
    chosen_.push_back(best);
    weights_.push_back(0);
    return true;
  }

  /// Of the plane through the chosen vertices. False where the way there leaves their simplex: then those at
  /// which it does are dropped.
  bool move_to_affine_minimum() {
    const auto count = static_cast<Index>(chosen_.size());
    Matrix differences(p_.rows(), count - 1);
    for (Index k = 1; k < count; ++k)
      differences.col(k - 1) = p_.col(chosen_[static_cast<std::size_t>(k)]) - p_.col(chosen_.front());
    const Vector mu =
        count > 1 ? Vector(minimum_norm_least_squares(differences, -p_.col(chosen_.front()), kDependent))
                  : Vector();
    std::vector<Real> there{1 - mu.sum()};
    there.insert(there.end(), mu.begin(), mu.end());
    Real theta = 1;
    for (std::size_t k = 0; k < there.size(); ++k)
      if (there[k] <= 0) theta = std::min(theta, weights_[k] / std::max(weights_[k] - there[k], least()));
    for (std::size_t k = 0; k < there.size(); ++k) weights_[k] += theta * (there[k] - weights_[k]);
    const bool inside = std::none_of(there.begin(), there.end(), [](Real a) { return a <= 0; });
    if (!inside) drop_zeros();
    x_.setZero();
    for (std::size_t k = 0; k < chosen_.size(); ++k) x_ += weights_[k] * p_.col(chosen_[k]);
    return inside || chosen_.size() == 1;
  }

  static Real least() { return std::numeric_limits<Real>::min(); }

  // The smallest at least, whatever rounding has left of it.
  void drop_zeros() {
    const Real smallest = std::max(*std::min_element(weights_.begin(), weights_.end()), Real(0));
    std::vector<Index> chosen;
    std::vector<Real> weights;
    Real sum = 0;
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      if (weights_[k] <= smallest + std::numeric_limits<Real>::epsilon()) continue;
      chosen.push_back(chosen_[k]);
      weights.push_back(weights_[k]);
      sum += weights_[k];
    }
    if (chosen.empty()) {
      chosen = {chosen_.front()};
      weights = {sum = 1};
    }
    for (Real& weight : weights) weight /= sum;
    chosen_ = std::move(chosen);
    weights_ = std::move(weights);
  }

  Matrix p_;  // vertices, from the target
  Real largest_ = 0;
  std::vector<Index> chosen_;
  std::vector<Real> weights_;
  Vector x_;
};

}  // namespace

NearestInHull nearest_in_hull(const Matrix& vertices, const Vector& target) {
  if (vertices.cols() == 0 || vertices.rows() != target.size())
    throw InputError(fmt::format("hull: found {} vertices of {} numbers, expected at least one of {}",
                                 vertices.cols(), vertices.rows(), target.size()));
  NearestInHull result = HullSearch(vertices, target).run();
  result.point = vertices * result.weights;
  return result;
}

}  // namespace saddleflow

#include "saddleflow/correlation/max_margin.hpp"

#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/nearest_in_hull.hpp"
#include "saddleflow/problem/network_pass.hpp"

namespace saddleflow {
namespace {

// Multipliers of the loss below this part of the largest belong to samples that are no support vectors: what
// an excess e of the margin leaves of them is t^-e.
constexpr Real kSmallMultiplier = Real(1e-4);
// Newton's method converges quadratically or not at all; each change of the set moves one margin.
constexpr int kMostSteps = 60, kMostHalvings = 30, kMostChanges = 100;
// The KKT matrix is singular where a symmetry moves the solution or multipliers are not unique: the shortest
// step is taken then. Pivots below this part of the largest are such.
constexpr Real kSingular = Real(1e-11);

/// One margin: row and column of the matrix of margins.
struct Place {
  Index row, sample;
};

/// The margins as functions of the weights.
class Margins {
 public:
  explicit Margins(const Objective& objective)
      : data_(objective.data()),
        loss_(objective.loss()),
        pass_(objective.shared_network(), data_.inputs, "weights") {
    find_slopes();
  }

  const Matrix& at(const Vector& w) {
    pass_.move_to(w);
    loss_.function().margin_terms(pass_.outputs(), data_.targets, margins_, multipliers_);
    return margins_;
  }
  /// Those of the loss where at() was last.
  const Matrix& multipliers() const { return multipliers_; }

  /// sum lambda grad m where at() was last; lambda q x n.
  Vector gradient(const Matrix& lambda) {
    Vector out(pass_.network().parameter_count());
    pass_.kernel().backward(outputs_weights(lambda), out);
    return out;
  }
  /// sum lambda Hess m there.
  Matrix hessian(const Matrix& lambda) {
    const Index n = pass_.network().parameter_count();
    Matrix out(n, n);
    pass_.kernel().hessian(outputs_weights(lambda), no_curvature_, out);
    return out;
  }
  int degree() const { return pass_.network().degree(); }

 private:
  /// Margins are linear in the outputs: what each output contributes, by margins of unit outputs.
  void find_slopes() {
    const Matrix& y = data_.targets;
    Matrix unused;
    for (Index k = 0; k < y.rows(); ++k) {
      Matrix unit = Matrix::Zero(y.rows(), y.cols());
      unit.row(k).setOnes();
      loss_.function().margin_terms(unit, y, slopes_.emplace_back(), unused);
    }
    no_curvature_.diagonal = Matrix::Zero(y.rows(), y.cols());
  }

  Matrix outputs_weights(const Matrix& lambda) const {
    Matrix r(data_.targets.rows(), data_.targets.cols());
    for (Index k = 0; k < r.rows(); ++k)
      r.row(k) = lambda.cwiseProduct(slopes_[static_cast<std::size_t>(k)]).colwise().sum();
    return r;
  }

  const Dataset& data_;
  Loss loss_;
  NetworkPass pass_;
  std::vector<Matrix> slopes_;
  OutputCurvature no_curvature_;
  Matrix margins_, multipliers_;
};

/// Weights and the multipliers of the support vectors, with the residual of their KKT equations.
struct Iterate {
  Vector w, lambda;
  Vector residual;   // w - sum lambda grad m, then m - 1 of the support vectors
  Matrix gradients;  // of their margins, one a column
};

class Search {
 public:
  Search(const Objective& objective, const Vector& w, const std::atomic<bool>* interrupt)
      : margins_(objective), interrupt_(interrupt) {
    const Matrix& m = margins_.at(w);
    const Real least = m.minCoeff();
    if (!(least > 0))
      throw InputError(
          fmt::format("max-margin problem: the least margin is {:.3g}, expected weights that "
                      "classify all samples correctly",
                      static_cast<double>(least)));
    const Real scale = std::pow(least, Real(-1) / static_cast<Real>(margins_.degree()));
    now_.w = scale * w;
    // <w, w> = sum lambda D m at a KKT point, m = 1.
    loss_multipliers_ = margins_.multipliers();
    loss_multipliers_ *=
        now_.w.squaredNorm() / (static_cast<Real>(margins_.degree()) * loss_multipliers_.sum());
  }

  MaxMarginPoint run() {
    const Iterate start = now_;
    choose_by_loss();
    settle();
    MaxMarginPoint first = finish();
    if (first.converged || first.interrupted) return first;
    now_ = start;
    choose_by_hull();
    settle();
    MaxMarginPoint second = finish();
    return second.converged ? second : first;
  }

 private:
  /// Changes the set of the support vectors until all conditions hold, or no more set is left to try.
  void settle() {
    for (int change = 0; change < kMostChanges && !support_.empty() && !interrupted();
         ++change, ++point_.changes) {
      Iterate start = now_;
      if (!solve()) {
        // Too many equations: the least likely support vector goes.
        now_ = std::move(start);
        drop(least_multiplier());
        continue;
      }
      if (!drop_negative() && !add_violated()) return;
    }
  }

  void choose_by_loss() {
    const Real smallest = kSmallMultiplier * loss_multipliers_.maxCoeff();
    std::vector<Real> chosen;
    for (Index i = 0; i < loss_multipliers_.cols(); ++i)
      for (Index q = 0; q < loss_multipliers_.rows(); ++q)
        if (loss_multipliers_(q, i) > smallest) {
          support_.push_back({q, i});
          chosen.push_back(loss_multipliers_(q, i));
        }
    now_.lambda = Eigen::Map<const Vector>(chosen.data(), static_cast<Index>(chosen.size()));
  }

  /// Where the multipliers of the loss tell too little: those of the problem with margins that are linear
  /// about w, whose solution is the nearest point of the hull of their gradients.
  void choose_by_hull() {
    const Matrix& m = margins_.at(now_.w);
    Matrix gradients(now_.w.size(), m.size());
    for (Index i = 0; i < m.cols(); ++i)
      for (Index q = 0; q < m.rows(); ++q) gradients.col(i * m.rows() + q) = gradient_of({q, i});
    const NearestInHull nearest = nearest_in_hull(gradients, Vector::Zero(now_.w.size()));
    support_.clear();
    std::vector<Real> chosen;
    for (Index c = 0; c < nearest.weights.size(); ++c)
      if (nearest.weights[c] > 0) {
        support_.push_back({c % m.rows(), c / m.rows()});
        chosen.push_back(nearest.weights[c]);
      }
    now_.lambda = Eigen::Map<const Vector>(chosen.data(), static_cast<Index>(chosen.size())) *
                  (now_.w.squaredNorm() / static_cast<Real>(margins_.degree()));
  }

  /// Where margins_ was asked last.
  Vector gradient_of(const Place& place) {
    Matrix one = Matrix::Zero(loss_multipliers_.rows(), loss_multipliers_.cols());
    one(place.row, place.sample) = 1;
    return margins_.gradient(one);
  }

  Matrix spread(const Vector& lambda) const {
    Matrix out = Matrix::Zero(loss_multipliers_.rows(), loss_multipliers_.cols());
    for (std::size_t s = 0; s < support_.size(); ++s)
      out(support_[s].row, support_[s].sample) = lambda[static_cast<Index>(s)];
    return out;
  }

  void evaluate(Iterate& x) {
    const Matrix& m = margins_.at(x.w);
    const Index n = x.w.size(), count = x.lambda.size();
    x.gradients.resize(n, count);
    x.residual.resize(n + count);
    for (Index s = 0; s < count; ++s) {
      const Place place = support_[static_cast<std::size_t>(s)];
      x.residual[n + s] = m(place.row, place.sample) - 1;
      x.gradients.col(s) = gradient_of(place);
    }
    x.residual.head(n) = x.w - x.gradients * x.lambda;
  }

  /// d(weights, multipliers) of Newton's method at now_.
  Vector newton_step() {
    const Index n = now_.w.size(), count = now_.lambda.size();
    margins_.at(now_.w);
    Matrix kkt = Matrix::Zero(n + count, n + count);
    kkt.topLeftCorner(n, n) = Matrix::Identity(n, n) - margins_.hessian(spread(now_.lambda));
    kkt.topRightCorner(n, count) = -now_.gradients;
    kkt.bottomLeftCorner(count, n) = now_.gradients.transpose();
    Eigen::CompleteOrthogonalDecomposition<Matrix> factors(kkt.rows(), kkt.cols());
    factors.setThreshold(kSingular);
    factors.compute(kkt);
    ++point_.newton_steps;
    return factors.solve(Vector(-now_.residual));
  }

  /// Whether the equations of the support vectors have a solution near now_, which it then is.
  bool solve() {
    evaluate(now_);
    const Real goal = kMaxMarginTolerance / 10 * now_.w.norm();
    for (int k = 0; k < kMostSteps && !interrupted() && now_.residual.norm() > Real(1e-15) * now_.w.norm();
         ++k) {
      const Vector step = newton_step();
      if (!step.allFinite() || !move_along(step)) break;
    }
    return now_.residual.norm() <= goal;
  }

  /// Halves the step until the residual falls; false: it does not.
  bool move_along(const Vector& step) {
    const Real before = now_.residual.norm();
    Real length = 1;
    for (int k = 0; k < kMostHalvings; ++k, length /= 2) {
      Iterate next;
      next.w = now_.w + length * step.head(now_.w.size());
      next.lambda = now_.lambda + length * step.tail(now_.lambda.size());
      evaluate(next);
      if (!(next.residual.norm() < before)) continue;
      now_ = std::move(next);
      return true;
    }
    return false;
  }

  Index least_multiplier() const {
    Index least = 0;
    for (Index s = 1; s < now_.lambda.size(); ++s) {
      const auto of = [&](Index k) {
        const Place& p = support_[static_cast<std::size_t>(k)];
        return loss_multipliers_(p.row, p.sample);
      };
      if (of(s) < of(least)) least = s;
    }
    return least;
  }

  void drop(Index s) {
    support_.erase(support_.begin() + s);
    Vector lambda(now_.lambda.size() - 1);
    lambda << now_.lambda.head(s), now_.lambda.tail(lambda.size() - s);
    now_.lambda = lambda;
  }

  bool drop_negative() {
    Index s = 0;
    if (!(now_.lambda.minCoeff(&s) < -kMaxMarginTolerance * now_.lambda.cwiseAbs().sum())) return false;
    drop(s);
    return true;
  }

  bool add_violated() {
    Place place{};
    if (!(margins_.at(now_.w).minCoeff(&place.row, &place.sample) < 1 - kMaxMarginTolerance)) return false;
    support_.push_back(place);
    now_.lambda.conservativeResize(now_.lambda.size() + 1);
    now_.lambda[now_.lambda.size() - 1] = 0;
    return true;
  }

  MaxMarginPoint finish() {
    point_.interrupted = interrupted();
    point_.margins = margins_.at(now_.w);
    point_.weights = now_.w;
    point_.multipliers = spread(now_.lambda);
    const Real sum = now_.lambda.cwiseAbs().sum(), norm = now_.w.norm();
    point_.support = (now_.lambda.array() > kMaxMarginTolerance * sum).count();
    point_.normalised = point_.margins.minCoeff() / std::pow(norm, static_cast<Real>(margins_.degree()));
    point_.stationarity = (now_.w - margins_.gradient(point_.multipliers)).norm() / norm;
    point_.violation = std::max(Real(0), 1 - point_.margins.minCoeff());
    if (sum > 0) point_.violation = std::max(point_.violation, -now_.lambda.minCoeff() / sum);
    point_.converged = !point_.interrupted && point_.support > 0 &&
                       point_.stationarity <= kMaxMarginTolerance &&
                       point_.violation <= kMaxMarginTolerance && now_.w.allFinite();
    return point_;
  }

  bool interrupted() const { return interrupt_ && *interrupt_; }

  Margins margins_;
  const std::atomic<bool>* interrupt_;
  Matrix loss_multipliers_;  // of the loss at the given weights, scaled as those of a KKT point
  std::vector<Place> support_;
  Iterate now_;
  MaxMarginPoint point_;
};

}  // namespace

MaxMarginPoint find_max_margin_point(const Objective& objective, const Vector& w,
                                     const std::atomic<bool>* interrupt) {
  if (!objective.loss().traits().classification)
    throw InputError("max-margin problem: the " + objective.loss().name() +
                     " loss has no margins, expected a loss with the trait classification");
  require_homogeneous(objective.network(), "max-margin problem");
  if (w.size() > kMaxMarginWeights)
    throw InputError(fmt::format("max-margin problem: found {} weights, expected at most {}", w.size(),
                                 kMaxMarginWeights));
  return Search(objective, w, interrupt).run();
}

}  // namespace saddleflow

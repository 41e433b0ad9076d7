#include "saddleflow/skeleton/cone_minimum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

// Newton steps. On separable data each adds about one to the margins until they are suspicious: eight times
// as many.
constexpr int kConeSteps = 200;
// Halvings of a step: 2^-60 of it is rounding of the point.
constexpr int kBacktracks = 60;
// Bounds of the solver begin ten times beyond what is known of the solution, and are widened by as much, up
// to 1e12.
constexpr Real kWiderBound = 10;
constexpr int kWidenings = 12;
// Steps after which a ray is looked for, which costs as much as some of them.
constexpr int kRayCheck = 8;
// A Newton step of this, relative to the point, is rounding.
constexpr Real kStepDone = Real(1e-13);
// So is a gradient of this beside the numbers that cancel in it: solvers of least squares lose some digits.
constexpr Real kGradientRounding = Real(1e-12);
// Beyond this margin a sample weighs so little in the Hessian, exp(-25) = 1e-11, that only a ray tells
// whether it ends there.
constexpr Real kSuspicious = Real(25);

// A ray whose equations hold to this is one: least squares, some digits less than kGradientRounding.
constexpr Real kRayFound = Real(1e-9);
// A value that is larger by rounding of its sum is not worse.
constexpr Real kValueNoise = 4 * std::numeric_limits<Real>::epsilon();

/// The minimiser over the x > 0, which a bound that has nothing to do with the problem has made inexact.
void polish_free(const Matrix& a, const Vector& b, Vector& x) {
  std::vector<Index> free;
  for (Index j = 0; j < x.size(); ++j)
    if (x[j] > 0) free.push_back(j);
  if (free.empty()) return;
  const Matrix columns = a(Eigen::all, free);
  const Vector step = minimum_norm_least_squares(columns, b - a * x);
  Vector trial = x;
  trial(free) += step;
  if (trial.minCoeff() >= 0 && (b - a * trial).norm() <= (b - a * x).norm()) x = trial;
}

/// min ||A x - b||, x >= 0; x is feasible in any case.
struct Nonnegative {
  Vector x;
  bool found = false;  ///< the minimiser
};

/// The conditions of a minimum, up to rounding: a zero gradient where x > 0, one that points outwards
/// elsewhere.
bool is_minimum(const Matrix& a, const Vector& b, const Vector& x) {
  const Vector residual = b - a * x;
  const Real size = b.norm() + (a * x).norm();
  for (Index j = 0; j < x.size(); ++j) {
    const Real gain = a.col(j).dot(residual), rounding = kGradientRounding * a.col(j).norm() * size;
    if (!(x[j] > 0 ? std::abs(gain) <= rounding : gain <= rounding)) return false;
  }
  return true;
}

/// The bounds of the solver are finite, so they are widened until none is met.
Nonnegative nonnegative_least_squares(const Matrix& a, const Vector& b, const Vector& start) {
  Real bound = std::max(kWiderBound * start.cwiseAbs().maxCoeff(), Real(1));
  const Real shortest = a.colwise().norm().minCoeff();
  if (shortest > 0) bound = std::max(bound, kWiderBound * b.norm() / shortest);
  Nonnegative result{start.cwiseMax(0), false};
  Vector& x = result.x;
  for (int k = 0; k < kWidenings && !result.found; ++k, bound *= kWiderBound) {
    BoundedSolution solution =
        bounded_least_squares(a, b, Vector::Zero(x.size()), Vector::Constant(x.size(), bound), x);
    x = std::move(solution.x);
    result.found = solution.converged && x.maxCoeff() < bound;
  }
  polish_free(a, b, x);
  // The polish may have come from a bound of the solver to the minimum.
  result.found = result.found || is_minimum(a, b, x);
  return result;
}

/// Over x >= 0, with beta_j = sigma_j x_j for the coordinates of the cone.
class ConeProblem {
 public:
  ConeProblem(const Dataset& data, const Loss& loss, const Vector& sigma)
      : data_(data), loss_(loss), sigma_(sigma) {
    for (Index j = 0; j < sigma.size(); ++j)
      if (sigma[j] != 0) members_.push_back(j);
    columns_.resize(data.inputs.cols(), static_cast<Index>(members_.size()));
    for (std::size_t k = 0; k < members_.size(); ++k)
      columns_.col(static_cast<Index>(k)) = sigma[members_[k]] * data.inputs.row(members_[k]).transpose();
    const LossTraits traits = loss.traits();
    if (traits.classification && !traits.attained)
      sides_ = loss.function().margins(Matrix::Ones(1, data.targets.cols()), data.targets).transpose();
  }

  ConeMinimum solve(const Vector& start) {
    Vector x(columns_.cols());
    for (std::size_t k = 0; k < members_.size(); ++k)
      x[static_cast<Index>(k)] = std::max(sigma_[members_[k]] * start[members_[k]], Real(0));
    ConeMinimum result;
    if (x.size() > 0) {
      if (loss_.traits().quadratic)
        result.status = by_least_squares(x);
      else
        result.status = by_newton(x);
    }
    finish(x, result);
    return result;
  }

 private:
  Matrix outputs(const Vector& x) const { return (columns_ * x).transpose(); }
  Real value(const Vector& x) const { return loss_.value(outputs(x), data_.targets); }

  void finish(const Vector& x, ConeMinimum& result) const {
    result.beta = Vector::Zero(sigma_.size());
    for (std::size_t k = 0; k < members_.size(); ++k)
      if (x[static_cast<Index>(k)] != 0)
        result.beta[members_[k]] = sigma_[members_[k]] * x[static_cast<Index>(k)];
    Matrix residual;
    const Matrix h = result.beta.transpose() * data_.inputs;
    loss_.derivative(h, data_.targets, residual);
    result.gradient = data_.inputs * residual.transpose();
    result.loss = loss_.value(h, data_.targets);
  }

  ConeMinimum::Status by_least_squares(Vector& x) const {
    const Nonnegative least = nonnegative_least_squares(columns_, data_.targets.row(0).transpose(), x);
    x = least.x;
    return least.found ? ConeMinimum::Status::found : ConeMinimum::Status::stalled;
  }

  ConeMinimum::Status by_newton(Vector& x) const {
    for (int k = 0; k < kConeSteps; ++k) {
      if (falls_for_ever(x) || (k % kRayCheck == 0 && has_ray(x))) return ConeMinimum::Status::unbounded;
      // A step that is not the model's minimum may still lead down, but no end of it is the minimum.
      const Nonnegative model = model_minimum(x);
      const Vector step = model.x - x;
      const Real taken = line_search(x, step);
      if (taken * step.norm() > kStepDone * x.norm() && taken > 0) continue;
      if (has_ray(x)) return ConeMinimum::Status::unbounded;
      return model.found ? ConeMinimum::Status::found : ConeMinimum::Status::stalled;
    }
    return ConeMinimum::Status::stalled;
  }

  /// The minimiser of the quadratic model over the cone, as seen from x.
  Nonnegative model_minimum(const Vector& x) const {
    Matrix r;
    OutputCurvature c;
    const Matrix h = outputs(x);
    loss_.derivative(h, data_.targets, r);
    loss_.curvature(h, data_.targets, c);
    // Samples far on the wrong side have no curvature, and a model that runs away: the search cuts it off.
    const Real least = std::numeric_limits<Real>::epsilon() * c.diagonal.maxCoeff();
    const Vector root = c.diagonal.row(0).transpose().cwiseMax(least).cwiseSqrt();
    const Matrix a = root.asDiagonal() * columns_;
    const Vector b = a * x - r.row(0).transpose().cwiseQuotient(root);
    return nonnegative_least_squares(a, b, x);
  }

  Real line_search(Vector& x, const Vector& step) const {
    // Close to the minimum the steps are better than the values tell.
    const Real before = value(x) * (1 + kValueNoise);
    Real length = 1;
    for (int k = 0; k < kBacktracks; ++k, length /= 2) {
      const Vector trial = (x + length * step).cwiseMax(0);
      if (!(value(trial) <= before)) continue;
      x = trial;
      return length;
    }
    return 0;
  }

  /// Empty where the loss has no rays along which it falls for ever.
  Vector margins(const Vector& x) const {
    return sides_.size() == 0 ? Vector() : Vector(sides_.cwiseProduct(columns_ * x));
  }

  /// No sample loses along x itself and one gains: then so it goes on.
  bool falls_for_ever(const Vector& x) const {
    const Vector m = margins(x);
    return m.size() > 0 && m.minCoeff() >= 0 && m.maxCoeff() > 0;
  }

  /// Whether a ray of the cone has margins t >= 0 at all samples that sum to 1 at those far beyond the
  /// others: a least-squares problem in (ray, t).
  bool has_ray(const Vector& x) const {
    const Vector m = margins(x);
    if (m.size() == 0 || !(m.maxCoeff() > kSuspicious)) return false;
    const Index n = m.size(), k = columns_.cols();
    Matrix a = Matrix::Zero(n + 1, k + n);
    a.topLeftCorner(n, k) = sides_.asDiagonal() * columns_;
    a.topRightCorner(n, n) = -Matrix::Identity(n, n);
    for (Index i = 0; i < n; ++i) a(n, k + i) = m[i] > kSuspicious ? Real(1) : Real(0);
    Vector b = Vector::Zero(n + 1);
    b[n] = 1;
    const Vector ray = nonnegative_least_squares(a, b, Vector::Zero(k + n)).x;
    return (a * ray - b).norm() < kRayFound;
  }

  const Dataset& data_;
  const Loss& loss_;
  const Vector& sigma_;
  std::vector<Index> members_;
  Matrix columns_;  // n x members
  Vector sides_;    // n, the margins of the output 1; empty where a minimum is attained
};

}  // namespace

ConeMinimum minimise_on_cone(const Dataset& data, const Loss& loss, const Vector& sigma,
                             const Vector& start) {
  const LossTraits traits = loss.traits();
  if (!traits.convex || !traits.bounded_below)
    throw InputError(
        fmt::format("loss.kind: found {}, which is not {}, expected a loss that is convex and "
                    "bounded below: minimisers on cones are asked for",
                    loss.name(), traits.convex ? "bounded below" : "convex"));
  if (data.targets.rows() != 1 || sigma.size() != data.inputs.rows() || start.size() != sigma.size())
    throw InputError(fmt::format("cone: found {} signs, {} weights and {} outputs, expected {}, {} and 1",
                                 sigma.size(), start.size(), data.targets.rows(), data.inputs.rows(),
                                 data.inputs.rows()));
  return ConeProblem(data, loss, sigma).solve(start);
}

}  // namespace saddleflow

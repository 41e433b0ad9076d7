#include "saddleflow/saddle/refine.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/saddle/refine_model.hpp"

namespace saddleflow {

namespace {

// Levenberg's shifts, relative to the largest curvature: the first, and that below which it is dropped.
// Between the curvatures that count, and those of zero modes, which it is to stand for.
constexpr Real kFirstShift = Real(1e-6), kNoShift = Real(1e-8);
// A shift becomes so many times larger or smaller: the factors have no common power, so that no pair of
// shifts repeats itself.
constexpr Real kMoreShift = 4, kLessShift = 10;
// What a good step keeps of what the linearisation foretold, at least; and what a detour may leave.
constexpr Real kForetold = 4;
// A point this near to the bound of the distance is held back by it.
constexpr Real kAtTrust = Real(0.9);
// There it creeps along the bound: so many steps in a row that leave this much of the gradient and more end
// the refinement. Towards a critical point within reach a step leaves a half, or far less.
constexpr int kMostCreeping = 2;
constexpr Real kCreeping = Real(0.98);
// Steps tried from one point: after so many the shift is 1e12 times the largest curvature, and the step
// nothing.
constexpr int kAttempts = 30;

// All but the zeros that the flow preserves: those with a gradient are zero by accident.
std::vector<Index> movable(const Potential& potential, const Vector& w) {
  Vector gradient(w.size());
  potential.gradient(w, gradient);
  std::vector<Index> indices;
  for (Index i = 0; i < w.size(); ++i)
    if (w[i] != 0 || gradient[i] != 0) indices.push_back(i);
  return indices;
}

class RefineSearch {
 public:
  RefineSearch(const Potential& potential, const Vector& w, const RefineOptions& options)
      : potential_(potential), w_(w), options_(options), active_(movable(potential, w)), size_(w.norm()) {
    result.point = w;
    if (w.isZero(0))
      throw InputError("refinement: all weights are zero, the origin is a critical point already");
    if (!(options.trust > 0 && options.trust < 1))
      throw InputError("refinement: the trust radius must lie between 0 and 1");
  }

  void run() {
    // One step beyond the tolerance: Newton's last step costs little and squares the error.
    bool arrived = false;
    for (; result.iterations < options_.max_iterations; ++result.iterations) {
      check_interrupt();
      const std::unique_ptr<RefineModel> model = linearise();
      take(*model);
      if (arrived) break;
      arrived = result.relative_gradient <= options_.tolerance;
      if (creeps() || !move(*model)) break;
    }
    if (result.iterations == options_.max_iterations) take(*linearise());
    classify();
  }

  Refinement result;

 private:
  std::unique_ptr<RefineModel> linearise() const {
    if (refines_dense(w_.size(), static_cast<Index>(active_.size()), options_.dense_limit))
      return std::make_unique<DenseRefineModel>(potential_, result.point, active_);
    return std::make_unique<KrylovRefineModel>(potential_, result.point, active_, options_.krylov_steps);
  }

  void take(const RefineModel& model) {
    result.loss = model.loss;
    result.gradient_norm = model.gradient_norm;
    const Real scale = model.largest * result.point.norm();
    result.relative_gradient = scale > 0 ? model.gradient_norm / scale : Real(model.gradient_norm > 0);
    result.flatness = model.flatness;
  }

  bool creeps() {
    const bool held = (result.point - w_).norm() >= kAtTrust * options_.trust * size_;
    creeping_ = held && result.gradient_norm >= kCreeping * previous_[0] ? creeping_ + 1 : 0;
    return creeping_ >= kMostCreeping;
  }

  bool move(const RefineModel& model) {
    // Beside a critical point a symmetry's zero eigenvalue is of the order of ||grad L|| / ||w||, and a
    // division by it would lead far along the orbit. A shift of that order does not: N. Yamashita and M.
    // Fukushima, On the rate of convergence of the Levenberg-Marquardt method, Computing Suppl. 15 (2001)
    // 239, quadratic convergence to solutions that are not isolated.
    const Real least = model.gradient_norm / result.point.norm();
    const Real bound = std::max(previous_[0], previous_[1]);
    previous_ = {model.gradient_norm, previous_[0]};
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      shift_ = std::max(shift_, least);
      const Vector step = model.step(shift_);
      Vector trial = result.point + step;
      if (potential_.retract) potential_.retract(trial);
      const bool near = (trial - w_).norm() <= options_.trust * size_;
      if (near) {
        potential_.hessian_vector(result.point, step, product_);
        potential_.gradient(trial, gradient_);
      }
      if (near && attempt == 0 && is_detour(model, bound)) {
        result.point = trial;
        return true;
      }
      const bool better = near && gradient_.norm() < model.gradient_norm;
      adapt_shift(model, better);
      if (!better) continue;
      result.point = trial;
      return true;
    }
    return false;
  }

  // A long step along a degenerate direction that bends makes the gradient across it larger, which the next
  // step mends: what the linearisation takes for a good step may be worse than the present point, once, if it
  // is better than one of the two before (L. Grippo, F. Lampariello and S. Lucidi, SIAM J. Numer. Anal. 23
  // (1986) 707). Not at the end.
  bool is_detour(const RefineModel& model, Real bound) const {
    const Real norm = gradient_.norm(), foretold = (model.gradient + product_).norm();
    return result.relative_gradient > options_.tolerance && norm >= model.gradient_norm && norm < bound &&
           foretold < model.gradient_norm / kForetold;
  }

  // Any decrease will do, but only one that the linearisation foretold (by a quarter at least) makes the
  // shift smaller: towards a gradient-flat point the shift stands for the curvature of grad L, and without it
  // the steps go from one side to the other.
  void adapt_shift(const RefineModel& model, bool better) {
    const Real before = model.gradient_norm * model.gradient_norm;
    const Real promised = before - (model.gradient + product_).squaredNorm();
    if (better && before - gradient_.squaredNorm() >= promised / kForetold) {
      shift_ = shift_ / kLessShift;
    } else {
      shift_ = std::max(kMoreShift * shift_, kFirstShift * model.largest);
    }
    if (shift_ < kNoShift * model.largest) shift_ = 0;
  }

  Obstacle obstacle() const {
    if (result.displacement >= kAtTrust * options_.trust) return Obstacle::trust;
    return result.iterations == options_.max_iterations ? Obstacle::iterations : Obstacle::no_descent;
  }

  void classify() {
    result.displacement = (result.point - w_).norm() / size_;
    if (result.relative_gradient <= options_.tolerance) {
      result.status = RefineStatus::critical;
    } else if (result.flatness <= options_.flatness) {
      result.status = RefineStatus::gradient_flat;
    }
    result.converged = result.status == RefineStatus::critical;
    if (!result.converged) result.obstacle = obstacle();
  }

  const Potential& potential_;
  const Vector& w_;
  const RefineOptions& options_;
  const std::vector<Index> active_;
  const Real size_;
  Real shift_ = 0;
  int creeping_ = 0;
  std::array<Real, 2> previous_{};  // ||grad L|| at the points before, latest first
  Vector gradient_ = Vector::Zero(w_.size()), product_ = gradient_;  // at a trial, Hess L step
};

}  // namespace

Refinement refine_critical_point(const Potential& potential, const Vector& w, const RefineOptions& options) {
  RefineSearch search(potential, w, options);
  search.run();
  return search.result;
}

Refinement refine_critical_point(Objective& objective, const Vector& w, const RefineOptions& options) {
  return refine_critical_point(potential_of(objective), w, options);
}

}  // namespace saddleflow

// Diagonal linear networks (V7): the dual moves on straight lines, the primal jumps.
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/skeleton/cone_minimum.hpp"
#include "saddleflow/skeleton/skeleton_parts.hpp"

namespace saddleflow {

namespace {

// A gradient of this, beside inputs times residual of the zero network, is rounding.
constexpr Real kDualRest = Real(1e-12);
constexpr Real kForever = std::numeric_limits<Real>::infinity();

class DiagonalProcess {
 public:
  DiagonalProcess(Objective& objective, const Vector& direction, const SkeletonOptions& options)
      : objective_(objective),
        options_(options),
        size_(objective.network().input_count()),
        rising_(direction.head(size_) + direction.tail(size_)),
        falling_(direction.head(size_) - direction.tail(size_)),
        dual_(Vector::Zero(size_)),
        side_(Vector::Zero(size_)) {
    const Matrix residual = residual_at(objective, Vector::Zero(objective.size()));
    unit_ = objective.data().inputs.rowwise().norm() * residual.norm();
    residual_unit_ = residual.norm();
    minimum_.beta = Vector::Zero(size_);
    minimum_.gradient = -objective.data().inputs * residual.transpose();
    result_.neurons = size_;
    result_.loss_at_origin = objective.value(Vector::Zero(objective.size()));
  }

  Skeleton run() {
    const WorkCounters before = objective_.counters();
    try {
      while (static_cast<Index>(result_.jumps.size()) < options_.jumps && step()) {
      }
    } catch (const NumericalError& error) {
      result_.detail = error.what();
      end(SkeletonEnd::failed);
    } catch (const Interrupted&) {
      end(SkeletonEnd::interrupted);
    }
    result_.work = result_.work + (objective_.counters() - before);
    return std::move(result_);
  }

 private:
  bool end(SkeletonEnd why) {
    result_.end = why;
    return false;
  }

  /// To the next coordinate that saturates, and the minimiser that it brings.
  bool step() {
    if (options_.interrupt && options_.interrupt->load()) return end(SkeletonEnd::interrupted);
    if (is_fitted()) return end(SkeletonEnd::fitted);
    const Vector speed = dual_speed();
    const Real wait = time_to_bound(speed);
    if (wait == kForever) return end(SkeletonEnd::no_growth);
    if (time_ + wait > options_.time) return end(SkeletonEnd::time_limit);
    move_duals(speed, wait);
    const Vector old = minimum_.beta;
    minimum_ = minimise_on_cone(objective_.data(), objective_.loss(), side_, old);
    if (minimum_.status == ConeMinimum::Status::unbounded) return end(SkeletonEnd::no_minimiser);
    if (minimum_.status == ConeMinimum::Status::stalled) return end(SkeletonEnd::not_critical);
    record(old);
    return true;
  }

  bool is_fitted() { return residual_at(objective_, weights()).norm() <= options_.fitted * residual_unit_; }

  /// ds/dtau = -grad L: zero where beta_j is not, and never outwards at the bound, up to rounding.
  Vector dual_speed() const {
    Vector speed = -minimum_.gradient;
    for (Index j = 0; j < size_; ++j)
      if (minimum_.beta[j] != 0 || std::abs(speed[j]) <= kDualRest * unit_[j] || speed[j] * side_[j] > 0)
        speed[j] = 0;
    return speed;
  }

  /// A side that the start does not have leaves the dual free to pass.
  bool has_side(Index j, Real sign) const { return (sign > 0 ? rising_[j] : falling_[j]) != 0; }

  Real time_to_bound(Index j, Real speed) const {
    if (speed == 0 || !has_side(j, speed)) return kForever;
    return std::max((speed > 0 ? 1 - dual_[j] : 1 + dual_[j]) / std::abs(speed), Real(0));
  }

  Real time_to_bound(const Vector& speed) const {
    Real least = kForever;
    for (Index j = 0; j < size_; ++j) least = std::min(least, time_to_bound(j, speed[j]));
    return least;
  }

  void move_duals(const Vector& speed, Real wait) {
    const Real until = wait + options_.tie * (time_ + wait);
    for (Index j = 0; j < size_; ++j) {
      if (speed[j] == 0) continue;
      const bool arrives = time_to_bound(j, speed[j]) <= until;
      side_[j] = arrives ? std::copysign(Real(1), speed[j]) : Real(0);
      dual_[j] = arrives ? side_[j] : dual_[j] + wait * speed[j];
    }
    time_ += wait;
  }

  /// Of the two solutions +-sqrt|beta| the one on the side of the start: u + v and u - v keep their signs.
  Vector weights() const {
    Vector w = Vector::Zero(objective_.size());
    for (Index j = 0; j < size_; ++j) {
      const Real root = std::sqrt(std::abs(minimum_.beta[j]));
      const bool positive = minimum_.beta[j] > 0;
      w[j] = std::copysign(root, positive ? rising_[j] : falling_[j]);
      w[size_ + j] = positive ? w[j] : -w[j];
    }
    return w;
  }

  void record(const Vector& old) {
    SkeletonJump jump;
    jump.time = time_;
    for (Index j = 0; j < size_; ++j) {
      const bool was = old[j] != 0, is = minimum_.beta[j] != 0;
      if (is && !was) jump.activated.push_back(j);
      if (was && !is) jump.deactivated.push_back(j);
      if (is) jump.active.push_back(j);
    }
    if (jump.activated.empty() && jump.deactivated.empty()) return;
    jump.active_neurons = {static_cast<Index>(jump.active.size())};
    jump.weights = weights();
    jump.clocks = dual_;
    complete_jump(objective_, options_, jump, result_.work);
    result_.jumps.push_back(std::move(jump));
  }

  Objective& objective_;
  const SkeletonOptions& options_;
  Index size_;
  Vector rising_, falling_;  // u + v, u - v: the parts of the start that grow to beta > 0 and < 0
  Vector dual_, side_;       // side: sign of a saturated dual, else 0
  Vector unit_;
  Real residual_unit_ = 0, time_ = 0;
  ConeMinimum minimum_;
  Skeleton result_;
};

}  // namespace

Skeleton diagonal_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options) {
  return DiagonalProcess(objective, direction, options).run();
}

}  // namespace saddleflow

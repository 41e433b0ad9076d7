#include "saddleflow/correlation/face_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "saddleflow/correlation/face.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/trust_region.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {
namespace {

// The work of one ascent, by judgement: legs so short that few kinks are passed in one, and as many of them
// as a flow of kBasinSteps steps has, with room for those that kinks cut short.
constexpr int kLegs = 150;
constexpr int kStepsOfALeg = 20;
// Legs on end without a change of face, after which a trust region climbs on the face: where neurons of
// nearly the same N compete the flow takes very long. A few steps a time, each no longer than the first kinks
// allow.
constexpr int kCalmLegs = 3;
constexpr int kStepsOnFace = 5;
constexpr Real kRadiusOnFace = Real(0.05);
// A leg ends where a step moves by less than this: cut short by kinks that are to be held.
constexpr Real kStopped = Real(1e-7);
// The residual that a leg goes down to, by powers of ten as the face has been found or not.
constexpr Real kNextTarget = 10, kLastTarget = Real(1e-9);
// Kinks this near, relative to weights and inputs, are looked at; so are neurons whose incoming weights are
// this small beside the outgoing ones. A flow that chatters stays as near with its tolerance.
constexpr Real kNearFace = kBasinTolerance;
// A face is near that leaves more than half of the unit vector.
constexpr Real kOnFace = Real(0.5);
// What is let go moves off its kink: farther than it has been looked at, not so far as to leave what is near.
constexpr Real kLetGo = Real(1e-5);
// How near kinks may be that a point near the start lies on: only those it is on to rounding, first, then
// ever more.
constexpr std::array<Real, 6> kWidths{0, kKinkTolerance, Real(1e-6), Real(1e-4), Real(1e-3), Real(1e-2)};

class SlidingAscent {
 public:
  SlidingAscent(const CorrelationOnSphere& f, const Vector& start, Real tolerance)
      : f_(f),
        face_(f.correlation()),
        point_(f.at(start)),
        tolerance_(tolerance),
        null_gradient_(kNullGradient * point_.gradient_norm) {}

  KktPoint run() {
    Real target = kNewtonResidual;
    int calm = 0;  // legs on end without a change of face
    for (int leg = 0; leg < kLegs; ++leg) {
      if (calm < kCalmLegs)
        follow_a_leg(target);
      else
        climb_on_the_face(target);
      const bool held = hold_kinks() || hold_neurons();
      const bool let = let_go();
      calm = held || let ? 0 : calm + 1;
      if (let) continue;
      if (on_face_gradient() <= null_gradient_) return null_point();
      if (face_residual(point_, face_.normals()) > target) continue;
      if (const auto found = finish()) return *found;
      target = std::max(target / kNextTarget, kLastTarget);
    }
    return plain();
  }

  /// Newton's method on the faces of ever more kinks near the start.
  std::optional<KktPoint> nearest() {
    if (point_.gradient_norm <= null_gradient_) return null_point();
    std::size_t before = 0;
    for (const Real width : kWidths) {
      const auto kinks = first_layer_kinks(f_.correlation(), point_.u, width);
      if (width > 0 && kinks.size() == before) continue;
      before = kinks.size();
      face_ = Face(f_.correlation());
      for (const HeldKink& kink : kinks) face_.add(kink);
      if (const auto found = finish()) return found;
    }
    face_ = Face(f_.correlation());
    return std::nullopt;
  }

 private:
  /// Ends where the residual is small, after a few steps, and where they become short.
  void follow_a_leg(Real target) {
    const Matrix basis = face_.basis();
    const ProjectedFlow flow(f_, basis);
    const System system(flow);
    StepperOptions options;
    options.error.rtol = kBasinTolerance;
    options.error.displacement = kCreepingError;
    const auto stepper = make_stepper(stepper_name::dopri5, options);
    stepper->initialize(point_.u, 0, first_step(system, point_.u, options.error.rtol));
    try {
      for (int k = 0; k < kStepsOfALeg; ++k) {
        if (face_residual(point_, basis) <= target) return;
        stepper->do_step(system);
        const Real moved = (stepper->current_state() - stepper->previous_state()).norm();
        const Vector& u = stepper->current_state();
        point_ = f_.at(u - basis * (basis.transpose() * u));
        if (moved < kStopped) return;
      }
    } catch (const StepFailure&) {
      // On a kink: hold_kinks() sees to it.
    }
  }

  void climb_on_the_face(Real target) {
    AscentLimits limits;
    limits.iterations = kStepsOnFace;
    limits.residual = target;
    limits.radius = limits.longest_radius = kRadiusOnFace;
    limits.null_gradient = null_gradient_;
    point_ = climb(f_, point_, face_.normals(), limits).point;
  }

  /// Kinks close by that the flow comes back to from both sides. False when there are none.
  bool hold_kinks() {
    bool held = false;
    for (const HeldKink& kink : first_layer_kinks(f_.correlation(), point_.u, kNearFace)) {
      if (face_.holds(kink)) continue;
      Face larger = face_;
      larger.add(kink);
      const Vector onto = larger.onto(point_.u);
      if (!(onto.norm() > kOnFace)) continue;
      const SpherePoint there = f_.at(onto);
      if (larger.last_opens(f_, there)) continue;
      face_ = larger;
      point_ = there;
      held = true;
    }
    return held;
  }

  /// Neurons whose incoming weights go to zero while the outgoing ones do not: N falls as they grow again.
  bool hold_neurons() {
    bool held = false;
    const auto& neurons = f_.correlation().network().neurons();
    for (const Neuron& neuron : neurons) {
      if (neuron.layer > 0 || neuron.outgoing.empty() || face_.holds_neuron(neuron.index)) continue;
      Vector in = Vector::Zero(f_.size());
      Real out = 0;
      for (const Index i : neuron.incoming) in[i] = point_.u[i];
      for (const Index i : neuron.outgoing) out = std::max(out, std::abs(point_.u[i]));
      const Real length = in.norm();
      if (length > kNearFace * out || length == 0) continue;
      if (!(f_.at(point_.u + in).value * (1 + length * length) < point_.value)) continue;
      face_.add_neuron(neuron.index);
      point_ = f_.at(face_.onto(point_.u));
      held = true;
    }
    return held;
  }

  /// A held kink to one side of which f climbs is let go, a little to that side.
  bool let_go() {
    Vector way;
    const Index kink = face_.opens(f_, point_, way);
    if (kink < 0) return false;
    face_.remove(kink);
    point_ = f_.at(point_.u + kLetGo * way);
    return true;
  }

  Real on_face_gradient() const {
    const Matrix basis = face_.basis();
    return (point_.gradient - basis * (basis.transpose() * point_.gradient)).norm();
  }

  std::optional<KktPoint> finish() {
    const Matrix normals = face_.normals();
    SpherePoint point = newton(f_, point_, normals, tolerance_, kLongestNewtonStep);
    const SpherePoint cleaned = f_.at(without_dying_neurons(f_.correlation().network(), point.u));
    if (face_residual(cleaned, normals) <= tolerance_) point = cleaned;
    const Real residual = face_residual(point, normals);
    Vector way;
    if (residual > tolerance_ || face_.opens(f_, point, way) >= 0) return std::nullopt;
    return KktPoint{.direction = point.u,
                    .value = point.value,
                    .gradient_norm = point.gradient_norm,
                    .residual = residual};
  }

  KktPoint null_point() const {
    return {.direction = point_.u, .gradient_norm = on_face_gradient(), .null = true};
  }
  KktPoint plain() const {
    return {.direction = point_.u,
            .value = point_.value,
            .gradient_norm = point_.gradient_norm,
            .residual = point_.residual};
  }

  const CorrelationOnSphere& f_;
  Face face_;
  SpherePoint point_;
  Real tolerance_, null_gradient_;
};

}  // namespace

KktPoint ascend_with_kinks(const CorrelationOnSphere& f, const Vector& start, Real tolerance) {
  return SlidingAscent(f, start, tolerance).run();
}

KktPoint polish_with_kinks(const CorrelationOnSphere& f, const Vector& direction, Real tolerance) {
  SlidingAscent ascent(f, direction, tolerance);
  if (const auto found = ascent.nearest()) return *found;
  return ascent.run();
}

}  // namespace saddleflow

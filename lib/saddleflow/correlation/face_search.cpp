#include "saddleflow/correlation/face_search.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "saddleflow/correlation/face.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/trust_region.hpp"
#include "saddleflow/integrate/integration.hpp"
#include "saddleflow/stepper/stepper.hpp"

namespace saddleflow {
namespace {

constexpr int kLegs = 150;
constexpr int kStepsOfALeg = 20;
constexpr int kCalmLegs = 3;
constexpr Real kLongestStep = Real(0.1);

class SlidingAscent {
 public:
  SlidingAscent(const CorrelationOnSphere& f, const Vector& start, Real tolerance)
      : f_(f),
        face_(f.correlation()),
        point_(f.at(start)),
        tolerance_(tolerance),
        null_gradient_(kNullGradient * point_.gradient_norm) {}

  KktPoint run() {
    Real target = Real(1e-3);
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
      target = std::max(target / 10, Real(1e-9));
    }
    return plain();
  }

  /// Newton's method on the faces of ever more kinks near the start.
  std::optional<KktPoint> nearest() {
    if (point_.gradient_norm <= null_gradient_) return null_point();
    std::size_t before = 0;
    for (const double width : {0.0, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2}) {
      const auto kinks = first_layer_kinks(f_.correlation(), point_.u, static_cast<Real>(width));
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
    options.error.rtol = Real(1e-4);
    options.error.displacement = Real(0.05);
    const auto stepper = make_stepper(stepper_name::dopri5, options);
    stepper->initialize(point_.u, 0, first_step(system, point_.u, options.error.rtol));
    try {
      for (int k = 0; k < kStepsOfALeg; ++k) {
        if (face_residual(point_, basis) <= target) return;
        stepper->do_step(system);
        const Real moved = (stepper->current_state() - stepper->previous_state()).norm();
        const Vector& u = stepper->current_state();
        point_ = f_.at(u - basis * (basis.transpose() * u));
        if (moved < Real(1e-7)) return;
      }
    } catch (const StepFailure&) {
      // On a kink: hold_kinks() sees to it.
    }
  }

  /// Where neurons of nearly the same N compete the flow takes very long.
  void climb_on_the_face(Real target) {
    AscentLimits limits;
    limits.iterations = 5;
    limits.residual = target;
    limits.radius = limits.longest_radius = Real(0.05);
    limits.null_gradient = null_gradient_;
    point_ = climb(f_, point_, face_.normals(), limits).point;
  }

  /// Kinks close by that the flow comes back to from both sides. False when there are none.
  bool hold_kinks() {
    constexpr Real kClose = Real(1e-4);
    bool held = false;
    for (const HeldKink& kink : first_layer_kinks(f_.correlation(), point_.u, kClose)) {
      if (face_.holds(kink)) continue;
      Face larger = face_;
      larger.add(kink);
      const Vector onto = larger.onto(point_.u);
      if (!(onto.norm() > Real(0.5))) continue;
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
    constexpr Real kShort = Real(1e-4);
    const auto& neurons = f_.correlation().network().neurons();
    for (const Neuron& neuron : neurons) {
      if (neuron.layer > 0 || neuron.outgoing.empty() || face_.holds_neuron(neuron.index)) continue;
      Vector in = Vector::Zero(f_.size());
      Real out = 0;
      for (const Index i : neuron.incoming) in[i] = point_.u[i];
      for (const Index i : neuron.outgoing) out = std::max(out, std::abs(point_.u[i]));
      const Real length = in.norm();
      if (length > kShort * out || length == 0) continue;
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
    point_ = f_.at(point_.u + Real(1e-5) * way);
    return true;
  }

  Real on_face_gradient() const {
    const Matrix basis = face_.basis();
    return (point_.gradient - basis * (basis.transpose() * point_.gradient)).norm();
  }

  std::optional<KktPoint> finish() {
    const Matrix normals = face_.normals();
    SpherePoint point = newton(f_, point_, normals, tolerance_, kLongestStep);
    const SpherePoint cleaned = f_.at(without_dying_neurons(f_.correlation().network(), point.u));
    if (face_residual(cleaned, normals) <= tolerance_) point = cleaned;
    const Real residual = face_residual(point, normals);
    Vector way;
    if (residual > tolerance_ || face_.opens(f_, point, way) >= 0) return std::nullopt;
    return KktPoint{point.u, point.value, point.gradient_norm, residual, false};
  }

  KktPoint null_point() const { return {point_.u, 0, on_face_gradient(), 0, true}; }
  KktPoint plain() const { return {point_.u, point_.value, point_.gradient_norm, point_.residual, false}; }

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

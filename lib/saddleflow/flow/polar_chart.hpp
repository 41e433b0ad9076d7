// When a trajectory is followed in polar coordinates, and how it comes and goes.
#pragma once

#include <limits>
#include <memory>

#include "saddleflow/flow/polar_flow.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {

/// The polar chart of one trajectory: its flow, its stepper, and the rule of the change. The measure of how
/// far the flow is from that of the correlation function is eta = |l'(H) - l'(0)| / |l'(0)|, free of units.
class PolarChart {
 public:
  struct Options {
    /// From the Cartesian chart where eta is below this, and back where it is above the other: a decade
    /// apart, so that a trajectory does not come and go. Both charts are right; the polar one is the faster
    /// near the origin.
    Real enter = Real(1e-3);
    Real leave = Real(1e-2);
    bool always = false;          ///< never leave
    Real rtol = kUsualTolerance;  ///< for the first step
  };
  /// `stepper` must have been made with stepper_options().
  PolarChart(PolarFlow& flow, std::unique_ptr<Stepper> stepper, const Options& options);
  // Integrations keep references to it.
  PolarChart(const PolarChart&) = delete;
  PolarChart& operator=(const PolarChart&) = delete;

  /// The options of the Cartesian stepper changed to those of the polar one.
  static StepperOptions stepper_options(StepperOptions cartesian, const PolarFlow& flow);

  PolarFlow& flow() const { return flow_; }
  Stepper& stepper() const { return *stepper_; }
  bool is_polar(const Vector& x) const { return x.size() == flow_.state_size(); }

  /// Whether (w, E) belongs into this chart. Now and then a forward pass.
  bool suits(const Vector& cartesian);
  /// Whether a polar state belongs into the Cartesian chart: far from the origin, or a group of weights (a
  /// neuron's) is about to pass through zero, where it has no direction. Uses the gradient kept at it.
  bool outgrown(const Vector& polar);
  /// Whether the norm falls, between the ends of a step, below the smallest normal number.
  bool collapses(const Vector& before, const Vector& after) const;
  /// Whether q has grown so much (a collapse in D > 2) that its origin should be moved.
  bool rebase_due(const Vector& polar) const;

  /// Starts the stepper at a state of either chart; `time_step` in flow time or 0. Returns the polar state.
  Vector enter(const Vector& x, Real time_step);
  /// Moves the origin of q to this state.
  void rebase(const Vector& polar);
  /// The step in flow time that corresponds to the stepper's next one.
  Real time_step(const Vector& polar) const;
  /// The s in [s0, s1] of the stepper's last step at which the phase time is `elapsed`.
  Real find(Real elapsed, Real s0, Real s1);

  Real watched_norm() const { return watched_norm_; }
  void set_watched_norm(Real norm) { watched_norm_ = norm; }

 private:
  Real distance(const Vector& unit);
  bool near_origin(const Vector& w, Real norm);

  PolarFlow& flow_;
  std::unique_ptr<Stepper> stepper_;
  Options options_;
  Real watched_norm_ = std::numeric_limits<Real>::infinity();  // suits() looks closer below this norm
  Matrix difference_;
  Vector x_;
};

}  // namespace saddleflow

// A stepper for systems with switching surfaces: no step crosses one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/ode/switching/piecewise_fit.hpp"
#include "saddleflow/ode/switching/transition.hpp"

namespace saddleflow {

/// Takes steps of any other stepper in the present mode, whose field is smooth, and cuts them where the first
/// switching function crosses zero or the first sliding slope leaves its interval, on the dense output. The
/// change of the mode is made at the beginning of the next step: until then the system's mode is that of the
/// last step, and so is all that is evaluated along it.
///
/// StepFailure with Stop::sliding_unresolved where no consistent mode is found, or modes change without
/// end in no time; Stop::projection where the surfaces that are hit are farther away than they can be.
class PiecewiseStepper final : public Stepper {
 public:
  struct Options {
    /// Crossings this close, in units of the step, are one event: roots are known to about 1e-13 of it.
    Real tie = Real(1e-12);
    /// Changes in a row that hardly advance the time before it gives up: by judgement, more than kinks meet
    /// at once.
    int patience = 200;
    Real drift = Real(1e-12);  ///< from the sliding surfaces, in units of rounding times 1 / epsilon
    /// What a projection onto surfaces may move the state by, in the units of SwitchedSystem::project(): it
    /// takes away what the error of a step has left, not more.
    Real projection = Real(1e-3);  ///< by judgement; a flow takes it from its tolerance
  };

  /// The system, which must outlive the stepper, is the one that do_step() is given the field of.
  PiecewiseStepper(SwitchedSystem& system, std::unique_ptr<Stepper> inner, const Options& options);
  PiecewiseStepper(const PiecewiseStepper& other);
  PiecewiseStepper& operator=(const PiecewiseStepper&) = delete;

  std::unique_ptr<Stepper> clone() const override { return std::make_unique<PiecewiseStepper>(*this); }
  std::string_view method() const override { return inner_->method(); }
  /// The sides are those of the signs at x; what lies on a surface is decided with the first step.
  void initialize(const Vector& x, Real t, Real dt) override;
  std::pair<Real, Real> do_step(const System& system) override;
  void calc_state(Real t, Vector& x) const override;
  void complete_dense_output() const override { inner_->complete_dense_output(); }
  int dense_degree() const override { return inner_->dense_degree(); }
  /// Of the inner stepper's step, as long as this one where it was not cut.
  std::vector<Real> dense_breaks() const override;
  const Vector& current_state() const override { return cut_ ? x_cut_ : inner_->current_state(); }
  Real current_time() const override { return cut_ ? t_cut_ : inner_->current_time(); }
  const Vector& previous_state() const override { return inner_->previous_state(); }
  Real previous_time() const override { return inner_->previous_time(); }
  Real current_time_step() const override { return inner_->current_time_step(); }
  void set_time_step(Real dt) override { inner_->set_time_step(dt); }
  void shift_time(Real shift) override;
  /// In the present mode, on whose sides x must be: nothing that the old state was about to do is done.
  void move(const Vector& x, Real t) override;
  const StepCounters& counters() const override { return inner_->counters(); }
  std::vector<Real> memory() const override;
  void restore(const Vector& x, Real t, const std::vector<Real>& memory) override;

  /// Changes of the mode made at the beginning of the last step.
  const std::vector<ModeChange>& changes() const { return changes_; }
  /// Switches on whose surface the trajectory started and that it could have left by either side.
  const std::vector<Index>& ambiguous() const { return ambiguous_; }
  /// Switches that could have gone to another side with the changes of the last step: the flow branches
  /// there.
  const std::vector<Index>& branching() const { return branching_; }
  /// Whether a change of the last step was decided on a sample of the ways out, as there are too many.
  bool sampled() const { return sampled_; }
  const Mode& mode() const { return system_.mode(); }

 private:
  struct Cut {
    Real theta = 1;  ///< in units of the step
    std::vector<Index> hit;
    bool doubtful = false;  ///< a switch that has just left its surface is said to come back at once
  };

  void change_mode();
  void shorten_step();
  void watch_progress(Real advance, Real step);
  bool is_departing(Index k) const;
  /// A part of the step on which the dense output is one polynomial.
  struct Span {
    Real start = 0, length = 1;
  };
  std::vector<Span> spans() const;
  const PiecewiseFit& fit();
  Cut first_crossing(Real t0, Real h);
  void crossings_in(const Span& span, Real t0, Real h, Cut& cut);
  std::optional<Real> crossing_of(const SwitchPath& path, bool at_start, Cut& cut);
  std::optional<Bernstein> after_start(Bernstein p, Index switch_number) const;
  void find_release(Real t0, Real h, Real margin0, Cut& cut);
  std::optional<Real> negative_inside(const std::function<Real(Real)>& margin, Real end, Real margin0,
                                      Real margin1);
  void cut_at(Real t0, Real h, Cut cut);
  void correct_drift();
  void put_start();
  void put_on_surfaces(const std::vector<Index>& hit);

  SwitchedSystem& system_;
  std::unique_ptr<Stepper> inner_;
  Options options_;
  std::map<int, PiecewiseFit> fits_;  ///< by degree: methods differ

  bool cut_ = false;    ///< the last step ends at x_cut_, not where the inner stepper's does
  bool fresh_ = false;  ///< nothing stepped since initialize()
  bool sampled_ = false;
  bool stays_ = false;  ///< with the decision of this step no switch has changed its side
  Vector x_cut_;
  Real t_cut_ = 0;
  std::vector<Index> hit_;  ///< surfaces that the current state lies on, to be decided
  std::vector<Transition::Departure> departures_;
  std::vector<ModeChange> changes_;
  std::vector<Index> ambiguous_, branching_;
  Real gap_ = 0;      ///< mean advance between crossings of late; 0: none yet
  int standing_ = 0;  ///< changes in a row without progress

  std::vector<Vector> nodes_;
  std::vector<SwitchPath> paths_;
  std::vector<std::pair<Real, Index>> roots_;
  Vector work_;
};

}  // namespace saddleflow

// "auto": explicit where accuracy limits the step, stiff where stability does.
//
// Starts with dopri5, or with dop853 where the right-hand side is smooth: on kinks the higher order costs
// more than it gains. On its stability limit z = h lambda_max(H) is about 3.3 and 6.4, the stability
// intervals on the real axis.
//
// dopri5: every check_interval accepted steps, when their sizes hardly differ or tries were rejected (an
// explicit method on its limit does both), z is estimated by a short warm Lanczos process; the limit in two
// checks on end is stiffness. dop853 knows z of each step for nothing; the limit in stiff_steps on end is.
// Where its slopes differ by rounding alone that z is noise: at tolerances this small sizes are watched and z
// is estimated as for dopri5 as well. Then a stiff method takes over. A system that has products with its
// Hessian is left to radau7, unless one of its steps costs more than two of Rodas5P, which takes more of
// them: where the Hessian is small, or where the iteration of radau7 has become slow. Nor is it used
// for more than 20 000 components: its modes, a hundred vectors, are part of every checkpoint; nor for
// polynomial systems and for those with kinks that are followed, nor beyond h |H| = 1e20 (test/README.md,
// "Stiff steps by Radau IIA"). Where a step of it fails Rodas5P takes the step. Where two neurons are alike
// (has_alike_groups()) Rodas5P takes all stiff steps, of up to 1000 components with a factorisation. Rodas5P
// works by products (rodas5p-cg) if these cost less than a Hessian and its factorisation, or if there are
// more than dense_limit components. A system without products is left to RKC2 above dense_limit.
//
// Stiff steps are chosen by accuracy alone. When z of explicit_steps of them on end is below explicit_below,
// where the explicit method could take them as well, it takes over. explicit_below < stiff_above, and each
// return lengthens the time to the next switch, so that the two do not flip-flop.
//
// If the system says what its parts cost (System::operations()), cost decides, too. A stiff step, with its
// Hessian and its factorisation, costs as much as explicit_work() explicit steps on their stability limit. If
// accuracy keeps stiff steps shorter than these would be together, the explicit method takes over. It does
// not try stiff steps before its own steps on the limit have cost as much as a few of them. After a return it
// waits until it has spent as much as the stiff steps have cost in vain. So the two methods together cost at
// most about twice what the better one would cost alone.
//
// All decisions are functions of the state and of what memory() holds.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/ode/stepper/dop853.hpp"
#include "saddleflow/ode/stepper/dopri5.hpp"
#include "saddleflow/ode/stepper/radau7.hpp"
#include "saddleflow/ode/stepper/rkc2.hpp"
#include "saddleflow/ode/stepper/rodas5p.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {

class AutoStepper final : public Stepper {
 public:
  /// Not tuned: round numbers well apart, so that the method does not flip;
  /// test/ode/stepper/plateau_benchmark.cpp shows what they give.
  struct Policy {
    int check_interval = 20;           ///< accepted explicit steps between checks
    int confirm_interval = 5;          ///< between the first check that found stiffness and the second
    int stiff_steps = 2;               ///< steps of dop853 on its limit before the switch
    int explicit_steps = 5;            ///< calm stiff steps before the return
    int lanczos_steps = 6;             ///< products of an explicit check
    int follow_steps = 3;              ///< products a stiff step, with the Jacobian at hand
    int longest_backoff = 3;           ///< each return doubles the wait for the next check, at most so often
    Real stiff_above = Real(0.75);     ///< of the explicit method's stability interval
    Real explicit_below = Real(0.45);  ///< of the same
    Real stiff_growth = 5;             ///< first stiff step, in units of the last explicit one
    Real growing = Real(1.5);          ///< a stiff step longer than the last one by this is still growing
    /// A stiff step is worth its cost from this part of the length on at which both cost the same: below one,
    /// as explicit steps are rejected now and then. The work of the main study is the same from 0.3 to 0.8.
    Real worth = Real(0.6);
    Real trial = 3;  ///< stiff steps whose cost explicit ones on their limit must reach before a switch
  };

  explicit AutoStepper(const StepperOptions& options) : AutoStepper(options, Policy()) {}
  AutoStepper(const StepperOptions& options, const Policy& policy);

  std::string_view method() const override { return active().method(); }
  std::unique_ptr<Stepper> clone() const override { return std::make_unique<AutoStepper>(*this); }
  void initialize(const Vector& x, Real t, Real dt) override;
  std::pair<Real, Real> do_step(const System& system) override;
  void calc_state(Real t, Vector& x) const override { active().calc_state(t, x); }
  void complete_dense_output() const override { active().complete_dense_output(); }
  int dense_degree() const override { return active().dense_degree(); }
  std::vector<Real> dense_breaks() const override { return active().dense_breaks(); }
  const Vector& current_state() const override { return active().current_state(); }
  Real current_time() const override { return active().current_time(); }
  const Vector& previous_state() const override { return active().previous_state(); }
  Real previous_time() const override { return active().previous_time(); }
  Real current_time_step() const override { return planned_ ? planned_step_ : active().current_time_step(); }
  void set_time_step(Real dt) override;
  void move(const Vector& x, Real t) override { active().move(x, t); }
  void shift_time(Real shift) override { active().shift_time(shift); }
  const StepCounters& counters() const override;
  std::vector<Real> memory() const override;
  void restore(const Vector& x, Real t, const std::vector<Real>& memory) override;

 private:
  enum class Mode { nonstiff, rodas5p, rkc2, rodas5p_cg, radau7 };

  /// What the accepted explicit steps since the last check looked like.
  struct Window {
    int steps = 0;
    int wait = 0;  ///< check after so many
    Real shortest = 0, longest = 0, total = 0;
    std::int64_t rejected = 0;  ///< before the window
  };

  OneStepMethod& nonstiff();
  OneStepMethod& active();
  const OneStepMethod& active() const;
  void observe_dopri5(const System& system, Real h);
  void observe_dop853(const System& system, Real h);
  void observe_stiff(const System& system, Real h);
  /// z of stiff steps below which explicit ones cost less.
  Real least_stiffness(const System& system) const;
  Mode stiff_method(const System& system) const;
  bool has_alike_neurons() const;
  /// Whether stiff steps must be solved by a factorisation, whatever that costs.
  bool must_be_exact(const System& system) const;
  /// The one without radau7.
  Mode rosenbrock_method(const System& system) const;
  /// `more`: that radau7 may cost so many times what counts as equal.
  bool prefers_radau7(const System& system, Mode other, Real more) const;
  /// Operations of a step; 0 if the system does not say.
  Real work_of(Mode method, const System& system) const;
  Real largest_eigenvalue(const System& system, Real h);
  void watch_growth(Real h);
  void compare_methods(const System& system, Real h);
  /// Explicit steps that cost as much as one stiff step; 0 if the system does not say.
  Real explicit_work(const System& system) const;
  Real explicit_step(Real h, Real largest) const;
  bool may_be_stiff(const System& system) const;
  /// Counts explicit steps on their limit.
  void note_limit(bool on_limit);
  /// Watches the sizes of steps, and estimates z where a check is due: counts its checks on end that found
  /// the limit.
  void watch_sizes(const System& system, Real h, int& strikes);
  bool check_due() const;
  void open_window(int wait);
  std::pair<Real, Real> step_of_active(const System& system);
  void plan(Mode mode, Real h);
  void plan_stiff(const System& system);
  void carry_out_plan();

  StepperOptions options_;
  Policy policy_;
  Real limit_;  ///< end of the explicit method's stability interval on the negative real axis
  Dopri5 dopri5_;
  Dop853 dop853_;
  Rodas5P rodas5p_;
  Rodas5P rodas5p_cg_;
  Radau7 radau7_;
  Rkc2 rkc2_;
  SpectralEstimator estimator_;
  Mode mode_ = Mode::nonstiff;
  Window window_;
  int strikes_ = 0;       ///< successive checks, or steps, that found stiffness
  int size_strikes_ = 0;  ///< of dop853: successive checks of the sizes that did
  int calm_ = 0;          ///< successive stiff steps an explicit method could have taken
  int returns_ = 0;       ///< from stiff to explicit
  Real stiff_step_ = 0;   ///< the last stiff step; 0: none since the switch
  Real stiff_debt_ = 0;   ///< explicit steps that cost as much as the last stiff steps have cost in vain
  Real limit_steps_ = 0;  ///< explicit steps on their limit since then, less those off it
  Real cg_products_ = 0;  ///< products of a step of rodas5p-cg, by the last ones
  Real radau_work_ = 0;   ///< right-hand sides that a step of radau7 costs, by the last ones
  Real radau_modes_ = 0;  ///< in the matrix of its iteration, by the last ones
  int dear_ = 0;          ///< successive steps of it for which a factorisation would have cost less
  int short_ = 0;         ///< successive steps of radau7 that are short because a growth has no factor
  Real rate_before_ = 0, folds_before_ = 0;  ///< of that growth in the last step, and the step in its e-folds
  Real largest_ = 0;                         ///< eigenvalue, of stiff steps, as it was estimated last
  int largest_age_ = 0;                      ///< steps for which that may be used
  mutable std::optional<bool> alike_;        ///< groups, at the end of the last step; empty: not asked yet
  bool shortened_ = false;                   ///< the next step was not chosen by accuracy
  // A switch is decided after a step and carried out with the next, so that the dense output and the step to
  // be tried next are always what the caller sees.
  bool planned_ = false;
  Mode planned_mode_ = Mode::nonstiff;
  Real planned_step_ = 0;
  StepCounters banked_;  ///< of the methods before the active one, and this class's own
  mutable StepCounters total_;
};

}  // namespace saddleflow

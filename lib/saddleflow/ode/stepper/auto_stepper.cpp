#include "saddleflow/ode/stepper/auto_stepper.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace saddleflow {
namespace {

// Ends of the intervals on the negative real axis on which the explicit methods are stable.
constexpr Real kIntervalOfDop853 = Real(6.4), kIntervalOfDopri5 = Real(10) / 3;
// Right-hand sides of a step.
constexpr Real kStagesOfDopri5 = 6, kStagesOfDop853 = 12, kStagesOfRodas5P = 8;
// A product with the Hessian beside a right-hand side, whose passes it can use: 1.1 to 1.4 times as many
// operations were measured. Every stage of rodas5p-cg makes these passes once more, at the start of the step.
constexpr Real kProduct = Real(1.25), kPasses = 2;
// Products of a step of rodas5p-cg before any has been made: 15 to 25 on most problems.
constexpr Real kUsualProducts = 20;
// Of a step of radau7 before any has been made: right-hand sides, its products and rejected tries among them,
// and modes in the matrix of its iteration, 10 to 30 on most problems.
constexpr Real kUsualSlopes = 25, kUsualModes = 20, kStagesOfRadau7 = 4;
// 19 MB of modes, and some copies of them while a checkpoint is written.
constexpr Index kMostForRadau7 = 20'000;
// Steps of Rodas5P that one of radau7 is worth, by judgement: 1.7 to 3.0 at rtol 1e-6, 2.1 to 4.2 at 1e-8.
constexpr Real kRadauWorth = 2;
// Of what is known about the products of a step what the last step is worth.
constexpr Real kNews = Real(0.25);
// Steps for which an estimate of the largest eigenvalue is used, while z is so many times what matters.
constexpr int kLongestAge = 10;
constexpr Real kNoDoubt = 4;
// Steps on end in which a factorisation would have cost clearly less than the products.
constexpr int kDearSteps = 3;
constexpr Real kClearly = Real(0.8);
// h |H| from which on radau7 is left: its modes and its slopes are known to rounding, which leaves h |H|
// eps^2 of a step. From starts of 1e-60 it lost balances by 1e-5.
constexpr Real kStiffest = Real(1e20);
// Steps of radau7 on end that are short because a growth has no factor: from the first number of e-folds on,
// with a rate that grows by more than the second a step, and a length in e-folds that changes by less than
// the third.
constexpr int kShortSteps = 200;
constexpr Real kShortFolds = Real(0.02), kFaster = Real(1.01), kAlike = Real(0.1);
// A system that offers no derivatives gets its Jacobian from two right-hand sides a component and step: up to
// this many components that is less than the stages of RKC2 on a plateau.
constexpr Index kMostDifferences = 100;
// Where groups are alike stiff steps are solved exactly, up to this many components: a factorisation is then
// some 30 ms.
constexpr Index kMostExact = 1000;
// Checks on end that must find the limit: one alone may meet a step that happens to be as long.
constexpr int kChecks = 2;

/// Whether the Rosenbrock method is the one for stiff steps of this system.
bool is_dense(const System& system, Index n, int limit) {
  if (system.has_hessian() || system.has_jacobian()) return n <= limit;
  return !system.has_hessian_vector() && n <= std::min<Index>(limit, kMostDifferences);
}

}  // namespace

AutoStepper::AutoStepper(const StepperOptions& options, const Policy& policy)
    : options_(options),
      policy_(policy),
      limit_(options.smooth ? kIntervalOfDop853 : kIntervalOfDopri5),
      dopri5_(options),
      dop853_(options),
      rodas5p_(options),
      rodas5p_cg_(options, Rodas5P::Solver::conjugate_directions),
      radau7_(options),
      rkc2_(options) {}

OneStepMethod& AutoStepper::nonstiff() {
  if (options_.smooth) return dop853_;
  return dopri5_;
}

OneStepMethod& AutoStepper::active() {
  switch (mode_) {
    case Mode::rodas5p:
      return rodas5p_;
    case Mode::rodas5p_cg:
      return rodas5p_cg_;
    case Mode::radau7:
      return radau7_;
    case Mode::rkc2:
      return rkc2_;
    default:
      return nonstiff();
  }
}

const OneStepMethod& AutoStepper::active() const { return const_cast<AutoStepper*>(this)->active(); }

void AutoStepper::initialize(const Vector& x, Real t, Real dt) {
  mode_ = Mode::nonstiff;
  nonstiff().initialize(x, t, dt);
  estimator_.forget();
  banked_ = StepCounters();
  strikes_ = size_strikes_ = calm_ = returns_ = 0;
  stiff_step_ = stiff_debt_ = limit_steps_ = 0;
  cg_products_ = kUsualProducts;
  radau_work_ = kUsualSlopes;
  radau_modes_ = kUsualModes;
  largest_ = 0;
  largest_age_ = 0;
  dear_ = short_ = 0;
  rate_before_ = folds_before_ = 0;
  shortened_ = planned_ = false;
  open_window(policy_.check_interval);
}

void AutoStepper::set_time_step(Real dt) {
  shortened_ = shortened_ || dt < current_time_step();
  if (planned_)
    planned_step_ = dt;
  else
    active().set_time_step(dt);
}

std::pair<Real, Real> AutoStepper::do_step(const System& system) {
  if (planned_) carry_out_plan();
  const auto step = step_of_active(system);
  alike_.reset();
  // A step cut short by the caller says nothing of what accuracy or stability would allow.
  if (!std::exchange(shortened_, false)) {
    const Real h = step.second - step.first;
    if (mode_ != Mode::nonstiff)
      observe_stiff(system, h);
    else if (options_.smooth)
      observe_dop853(system, h);
    else
      observe_dopri5(system, h);
  }
  return step;
}

// The modes of radau7 are known to rounding, which in a very long step may be more than its tolerance. A
// matrix that is factored leaves no such remainder.
std::pair<Real, Real> AutoStepper::step_of_active(const System& system) {
  // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): read where the step fails
  const Real h = current_time_step();
  try {
    return active().do_step(system);
  } catch (const StepFailure&) {
    if (mode_ != Mode::radau7) throw;
  }
  plan(rosenbrock_method(system), h);
  carry_out_plan();
  return active().do_step(system);
}

void AutoStepper::plan(Mode mode, Real h) {
  planned_ = true;
  planned_mode_ = mode;
  planned_step_ = options_.max_step > 0 ? std::min(h, options_.max_step) : h;
}

void AutoStepper::carry_out_plan() {
  const OneStepMethod& old = active();
  banked_ = banked_ + old.counters();
  ++banked_.switches;
  mode_ = planned_mode_;
  active().initialize(old.current_state(), old.current_time(), planned_step_);
  planned_ = false;
  strikes_ = size_strikes_ = calm_ = 0;
  stiff_step_ = 0;
  dear_ = short_ = 0;
  rate_before_ = folds_before_ = 0;
  largest_age_ = 0;
  if (mode_ != Mode::nonstiff) {
    stiff_debt_ = 0;
  } else {
    limit_steps_ = 0;
    returns_ = std::min(returns_ + 1, policy_.longest_backoff);
    open_window(policy_.check_interval << returns_);
  }
}

void AutoStepper::open_window(int wait) {
  window_ = Window();
  window_.wait = wait;
  window_.rejected = nonstiff().counters().rejected_error;
}

bool AutoStepper::check_due() const {
  const OneStepMethod& method = active();
  const bool rejected = method.counters().rejected_error > window_.rejected;
  const bool level = window_.longest < 2 * window_.shortest;
  return window_.steps >= window_.wait && (rejected || level);
}

void AutoStepper::watch_sizes(const System& system, Real h, int& strikes) {
  window_.shortest = window_.steps > 0 ? std::min(window_.shortest, h) : h;
  window_.longest = std::max(window_.longest, h);
  window_.total += h;
  ++window_.steps;
  if (!check_due()) {
    if (window_.steps >= window_.wait) open_window(window_.wait);
    return;
  }
  const Real mean = window_.total / static_cast<Real>(window_.steps);
  const SpectralInterval spectrum = estimator_.estimate(
      system, current_state(), nonstiff().current_derivative(), current_time(), policy_.lanczos_steps);
  ++banked_.spectral_estimates;
  strikes = mean * spectrum.max > policy_.stiff_above * limit_ ? strikes + 1 : 0;
  open_window(strikes > 0 ? policy_.confirm_interval : policy_.check_interval);
}

void AutoStepper::note_limit(bool on_limit) {
  limit_steps_ = std::max(Real(0), limit_steps_ + (on_limit ? 1 : -1));
}

bool AutoStepper::may_be_stiff(const System& system) const {
  return limit_steps_ >= std::max(stiff_debt_, policy_.trial * explicit_work(system));
}

void AutoStepper::observe_dopri5(const System& system, Real h) {
  watch_sizes(system, h, strikes_);
  note_limit(strikes_ > 0);
  if (strikes_ >= kChecks && may_be_stiff(system)) plan_stiff(system);
}

void AutoStepper::observe_dop853(const System& system, Real h) {
  strikes_ = dop853_.stiffness() > policy_.stiff_above * limit_ ? strikes_ + 1 : 0;
  if (dop853_.knows_rounding()) watch_sizes(system, h, size_strikes_);
  const bool on_limit = strikes_ >= policy_.stiff_steps << returns_ || size_strikes_ >= kChecks;
  note_limit(strikes_ > 0 || size_strikes_ > 0);
  if (on_limit && may_be_stiff(system)) plan_stiff(system);
}

void AutoStepper::plan_stiff(const System& system) {
  // What many products have cost elsewhere is forgotten by and by.
  cg_products_ = (cg_products_ + kUsualProducts) / 2;
  radau_work_ = (radau_work_ + kUsualSlopes) / 2;
  radau_modes_ = (radau_modes_ + kUsualModes) / 2;
  plan(stiff_method(system), policy_.stiff_growth * current_time_step());
}

// Where neurons are alike their difference may be far below the tolerance, and decide later where they part.
// An exact solution keeps it in proportion. What the iteration of radau7 leaves of the stages is small beside
// the weights only, and takes the place of the difference (alike_neurons_test); so does what products leave
// of a solution, in fewer cases.
bool AutoStepper::has_alike_neurons() const {
  if (!alike_) alike_ = has_alike_groups(options_.growth, current_state());
  return *alike_;
}

bool AutoStepper::must_be_exact(const System& system) const {
  const Index n = current_state().size() - system.quadratures();
  return n <= kMostExact && is_dense(system, n, options_.dense_limit) && has_alike_neurons();
}

AutoStepper::Mode AutoStepper::rosenbrock_method(const System& system) const {
  const Index n = current_state().size() - system.quadratures();
  const bool dense = is_dense(system, n, options_.dense_limit);
  if (!system.has_hessian_vector()) return dense ? Mode::rodas5p : Mode::rkc2;
  if (!dense) return Mode::rodas5p_cg;
  const Real by_products = work_of(Mode::rodas5p_cg, system);
  return by_products > 0 && by_products < work_of(Mode::rodas5p, system) ? Mode::rodas5p_cg : Mode::rodas5p;
}

// In polynomial networks small modes are parts of large weights. What the iteration of radau7 leaves is small
// beside the weights, not beside such a mode, which an exact solution keeps in proportion: a mode of a deep
// linear network was lost that way (deep_modes_test), also where nothing was taken for rest. Where kinks are
// held eight of sixteen Leaky ReLU networks stopped as sliding_unresolved at rtol 0.1, and three at 1e-3, one
// of them with Rodas5P: the slopes that hold them are no rounding.
bool AutoStepper::prefers_radau7(const System& system, Mode other, Real more) const {
  if (options_.smooth || options_.kinked) return false;
  if (!system.has_hessian_vector() || current_state().size() > kMostForRadau7) return false;
  if (has_alike_neurons()) return false;
  const Real own = work_of(Mode::radau7, system), others = work_of(other, system);
  if (!(own > 0 && others > 0)) return other == Mode::rodas5p_cg;
  return own <= more * kRadauWorth * others;
}

AutoStepper::Mode AutoStepper::stiff_method(const System& system) const {
  if (must_be_exact(system)) return Mode::rodas5p;
  const Mode other = rosenbrock_method(system);
  return prefers_radau7(system, other, 1) ? Mode::radau7 : other;
}

Real AutoStepper::work_of(Mode method, const System& system) const {
  const Operations work = system.operations();
  const Real n = static_cast<Real>(current_state().size() - system.quadratures());
  if (!(work.rhs > 0)) return 0;
  if (method == Mode::rodas5p) {
    const Real factorisation = n * n * n / 3, solutions = kStagesOfRodas5P * 2 * n * n;
    return work.hessian + factorisation + solutions + kStagesOfRodas5P * work.rhs;
  }
  if (method == Mode::radau7) {
    // In a round every stage is taken to the modes and back; every mode has a matrix of the stages to invert.
    constexpr Real s = kStagesOfRadau7;
    const Real modes = std::min(n, radau_modes_), rounds = radau_work_ / s;
    return radau_work_ * work.rhs + rounds * (4 * n * modes * s + 2 * n * s * s) + 2 * modes * s * s * s;
  }
  if (method == Mode::rodas5p_cg) {
    // Each direction is made conjugate to those before it, twice, by two products with each: 8 n operations.
    const Real conjugation = 8 * n * cg_products_ * cg_products_ / 2;
    return (kPasses * kStagesOfRodas5P + kProduct * cg_products_) * work.rhs + conjugation;
  }
  return 0;  // rkc2 has stages as it needs them
}

Real AutoStepper::explicit_work(const System& system) const {
  const Real stiff = work_of(mode_ == Mode::rkc2 ? mode_ : stiff_method(system), system);
  if (!(stiff > 0)) return 0;
  return stiff / ((options_.smooth ? kStagesOfDop853 : kStagesOfDopri5) * system.operations().rhs);
}

// Steps of radau7 below Radau7::kLeastFolds may be as short as that because they have no factor. At rtol
// 1e-10 they stay at 0.046 e-folds of a growth for as long as a plateau lasts, where Rodas5P with its factor
// takes 0.2: then the rate grows from step to step, and the length in e-folds does not. Beside something else
// that moves it does.
void AutoStepper::watch_growth(Real h) {
  const Real rate = radau7_.unfactored_rate(), folds = h * rate;
  const bool held = folds > kShortFolds && folds < Radau7::kLeastFolds && rate > kFaster * rate_before_ &&
                    std::abs(folds - folds_before_) < kAlike * folds;
  short_ = held ? short_ + 1 : 0;
  rate_before_ = rate;
  folds_before_ = folds;
}

/// Whether another method would cost less by now.
void AutoStepper::compare_methods(const System& system, Real h) {
  if (mode_ == Mode::rodas5p || mode_ == Mode::rkc2) return;
  if (must_be_exact(system)) return plan(Mode::rodas5p, current_time_step());
  if (mode_ == Mode::radau7 && has_alike_neurons())
    return plan(rosenbrock_method(system), current_time_step());
  if (mode_ == Mode::radau7) {
    const Real made = static_cast<Real>(radau7_.slopes()) + kProduct * static_cast<Real>(radau7_.products());
    radau_work_ += kNews * (made - radau_work_);
    radau_modes_ += kNews * (static_cast<Real>(radau7_.modes()) - radau_modes_);
    const Mode other = rosenbrock_method(system);
    dear_ = prefers_radau7(system, other, 1 / kClearly) ? 0 : dear_ + 1;
    watch_growth(h);
    const bool stiffest = h * radau7_.largest_eigenvalue() > kStiffest;
    if (stiffest || dear_ >= kDearSteps || short_ >= kShortSteps) plan(other, current_time_step());
    return;
  }
  cg_products_ += kNews * (static_cast<Real>(rodas5p_cg_.products()) - cg_products_);
  const Index n = current_state().size() - system.quadratures();
  const Real by_factor = is_dense(system, n, options_.dense_limit) ? work_of(Mode::rodas5p, system) : 0;
  const bool dear = by_factor > 0 && by_factor < kClearly * work_of(Mode::rodas5p_cg, system);
  dear_ = dear ? dear_ + 1 : 0;
  if (dear_ >= kDearSteps) plan(Mode::rodas5p, current_time_step());
}

Real AutoStepper::least_stiffness(const System& system) const {
  const Real by_cost = policy_.worth * policy_.stiff_above * limit_ * explicit_work(system);
  return std::max(policy_.explicit_below * limit_, by_cost);
}

// Of a matrix that is not formed every product costs as much as in a solution: the last estimate will do as
// long as it leaves no doubt.
Real AutoStepper::largest_eigenvalue(const System& system, Real h) {
  if (mode_ == Mode::rkc2) return rkc2_.spectrum().max;
  if (mode_ == Mode::radau7) return radau7_.largest_eigenvalue();
  if (mode_ == Mode::rodas5p) {
    largest_ = rodas5p_.largest_eigenvalue(estimator_, policy_.follow_steps).value_or(0);
  } else if (largest_age_ > 0 && h * largest_ > kNoDoubt * least_stiffness(system)) {
    --largest_age_;
    return largest_;
  } else {
    largest_ = estimator_
                   .estimate(system, current_state(), rodas5p_cg_.current_derivative(), current_time(),
                             policy_.follow_steps)
                   .max;
  }
  largest_age_ = kLongestAge;
  ++banked_.spectral_estimates;
  return largest_;
}

void AutoStepper::observe_stiff(const System& system, Real h) {
  const Real largest = largest_eigenvalue(system, h);
  const Real explicit_steps = h * largest / (policy_.stiff_above * limit_);
  stiff_debt_ = std::max(Real(0), stiff_debt_ + explicit_work(system) - explicit_steps);
  // A step that is short because it has not grown yet says nothing.
  const bool growing = stiff_step_ > 0 && h > policy_.growing * stiff_step_;
  stiff_step_ = h;
  calm_ = h * largest < least_stiffness(system) && !growing ? calm_ + 1 : 0;
  if (calm_ >= policy_.explicit_steps)
    plan(Mode::nonstiff, explicit_step(h, largest));
  else
    compare_methods(system, h);
}

/// The first explicit step after a stiff one, which may be far beyond the limit of stability.
Real AutoStepper::explicit_step(Real h, Real largest) const {
  const Real next = current_time_step(), stable = policy_.stiff_above * limit_ / largest;
  return h * largest > policy_.stiff_above * limit_ ? std::min(next, stable) : next;
}

const StepCounters& AutoStepper::counters() const {
  total_ = banked_ + active().counters();
  return total_;
}

}  // namespace saddleflow

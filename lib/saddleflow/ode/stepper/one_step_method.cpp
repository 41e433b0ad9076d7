#include "saddleflow/ode/stepper/one_step_method.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"
#include "saddleflow/ode/stepper/step_check.hpp"

namespace saddleflow {
namespace {

// An explicit step is at most six or so of the fastest time scale long: above this the rounding in it is far
// below the tolerance, however much larger the other weights are.
constexpr Real kRoundingMatters = Real(1e5) * std::numeric_limits<Real>::epsilon();
// A slope is a sum of many terms, an error estimate one of several slopes with coefficients of order one.
constexpr Real kSlopeRounding = 10;

// So often a check finds the place to end a step at; a step that has not ended well by then is halved. Each
// cut is on a new path, so that the place moves, less each time.
constexpr int kMostCuts = 5;

void check_size(Real dt) {
  if (!(dt > 0) || !std::isfinite(dt))
    throw InputError(fmt::format("stepper: the time step is {}, expected a positive number", dt));
}

}  // namespace

OneStepMethod::OneStepMethod(const StepperOptions& options, int exponent)
    : options_(options), control_(options.error, options.groups), controller_(exponent) {}

void OneStepMethod::initialize(const Vector& x, Real t, Real dt) {
  check_size(dt);
  x1_ = x;
  x0_ = x1_;
  t0_ = t1_ = t;
  h_ = dt;
  fresh_ = false;
  counters_ = StepCounters();
  last_rejection_ = Trial::accepted;
  controller_.reset();
  forget();
}

void OneStepMethod::set_time_step(Real dt) {
  check_size(dt);
  h_ = dt;
}

void OneStepMethod::move(const Vector& x, Real t) {
  x1_ = x;
  t0_ = t1_ = t;
  fresh_ = false;
}

void OneStepMethod::shift_time(Real shift) {
  t0_ -= shift;
  t1_ -= shift;
}

void OneStepMethod::open_step(const System& system) {
  if (x1_.size() == 0) throw InputError("stepper: do_step() before initialize()");
  if (system.quadratures() != options_.error.quadratures)
    throw InputError(fmt::format("stepper: the system carries {} quadratures, the error control expects {}",
                                 system.quadratures(), options_.error.quadratures));
  if (!fresh_) {
    f1_.resizeLike(x1_);
    system(x1_, f1_, t1_);
    fresh_ = true;
  }
  x_try_.resizeLike(x1_);
  f_try_.resizeLike(x1_);
  x0_ = x1_;
  f0_ = f1_;
  t0_ = t1_;
  if (!x0_.allFinite() || !f0_.allFinite())
    throw StepFailure(Stop::nonfinite,
                      fmt::format("{}: the state or its derivative at t = {} is not finite", method(), t0_));
  equal_.find(options_.exchangeable, x0_, options_.kinked ? &f0_ : nullptr);
}

std::pair<Real, Real> OneStepMethod::do_step(const System& system) {
  open_step(system);
  rounding_.resize(0);
  begin_step(system);
  Trial trial = Trial::accepted;
  cuts_ = 0;
  for (int tries = 0; tries <= options_.max_rejections; ++tries) {
    if (options_.max_step > 0) h_ = std::min(h_, options_.max_step);
    h_ = std::min(h_, longest_step());
    if (!(t0_ + h_ > t0_)) fail(trial, tries);
    const Real h = h_;
    trial = attempt(system, h);
    if (options_.check && (trial == Trial::accepted || trial == Trial::error)) trial = check_step(h, trial);
    count(trial);
    h_ = next_;
    if (trial == Trial::accepted) {
      // The next step is as long as if this one had not been cut.
      if (cuts_ > 0) h_ = std::max(h_, resumed_);
      equal_.equalise(x_try_);
      equal_.equalise(f_try_);
      x1_.swap(x_try_);
      f1_.swap(f_try_);
      t1_ = t0_ + h;
      return {t0_, t1_};
    }
  }
  fail(trial, options_.max_rejections + 1);
}

// Of a try that was accepted or not; what it proposes for the next one is in next_.
OneStepMethod::Trial OneStepMethod::check_step(Real h, Trial trial) {
  const auto norm = [this, h](const Vector& error) { return error_norm(error, h); };
  const std::optional<Real> part = options_.check->shorter({x0_, x_try_, h, error_}, norm);
  if (!part || !(t0_ + *part * h > t0_)) return trial;
  // Of a step that was rejected the error control's own proposal: whether the kinks explain its error remains
  // to be seen, and a step far too long for the flow meets kinks anywhere.
  if (cuts_ == 0) resumed_ = std::min(next_, h);
  if (++cuts_ <= kMostCuts && *part < 1)
    next_ = *part * h;
  else if (trial == Trial::accepted)
    next_ = h / 2;
  return Trial::error;
}

void OneStepMethod::calc_state(Real t, Vector& x) const {
  if (!(t1_ > t0_)) {
    x = x1_;  // nothing stepped yet, or just restored
    return;
  }
  interpolate(t, x);
  equal_.equalise(x);
}

Real OneStepMethod::error_norm(const Vector& error, Real h, Real stiffness) {
  if (rounding_.size() == 0) return control_.norm(error, x0_, x_try_, stiffness);
  scaled_ = h * rounding_;
  return control_.norm(error, x0_, x_try_, stiffness, &scaled_);
}

// Rounding of the weights, each by an epsilon of its size with either sign, moves the slopes by H times that.
void OneStepMethod::estimate_rounding(const System& system) {
  if (options_.error.rtol > kRoundingMatters) return;
  const Index n = x0_.size() - options_.error.quadratures;
  control_.sizes(x0_, size_);
  for (Index i = 0; i < n; ++i) size_[i] *= fixed_noise(i) < 0 ? -1 : 1;
  rounding_.setZero(x0_.size());
  if (system.has_hessian_vector()) {
    scaled_.resize(n);
    system.hessian_vector(x0_, size_.head(n), scaled_, t0_);
    rounding_.head(n) = scaled_;
  } else {
    const Real apart = std::sqrt(std::numeric_limits<Real>::epsilon());
    scaled_ = x0_ + apart * size_;
    system(scaled_, rounding_, t0_);
    rounding_ = (rounding_ - f0_) / apart;
    rounding_.tail(x0_.size() - n).setZero();
  }
  if (!rounding_.allFinite()) rounding_.setZero();
  rounding_ *= kSlopeRounding * std::numeric_limits<Real>::epsilon();
  control_.even_out(x0_, rounding_);
}

OneStepMethod::Trial OneStepMethod::conclude(Real error, Real h) {
  if (!std::isfinite(error)) return nonfinite(h);
  error_ = error;
  if (error > 1) {
    next_ = controller_.rejected(h, error);
    return Trial::error;
  }
  next_ = controller_.accepted(h, error);
  return Trial::accepted;
}

OneStepMethod::Trial OneStepMethod::nonfinite(Real h) {
  next_ = controller_.rejected(h, std::numeric_limits<Real>::infinity());
  return Trial::nonfinite;
}

OneStepMethod::Trial OneStepMethod::indefinite(Real h) {
  next_ = controller_.indefinite(h);
  return Trial::indefinite;
}

void OneStepMethod::count(Trial trial) {
  if (trial != Trial::accepted) last_rejection_ = trial;
  switch (trial) {
    case Trial::accepted:
      ++counters_.accepted;
      break;
    case Trial::error:
      ++counters_.rejected_error;
      break;
    case Trial::nonfinite:
      ++counters_.rejected_nonfinite;
      break;
    case Trial::indefinite:
      ++counters_.rejected_indefinite;
      break;
  }
}

void OneStepMethod::fail(Trial last, int tries) const {
  // A first try that is too short already: what made the steps so short was the last rejection before.
  const Trial cause = last == Trial::accepted ? last_rejection_ : last;
  if (cause == Trial::nonfinite)
    throw StepFailure(Stop::nonfinite,
                      fmt::format("{}: no finite step from t = {} after {} tries", method(), t0_, tries));
  throw StepFailure(Stop::step_underflow, fmt::format("{}: the step {} at t = {} is too short after {} tries",
                                                      method(), h_, t0_, tries));
}

void OneStepMethod::save(MemoryWriter& memory) const {
  memory.add(h_);
  saddleflow::save(memory, counters_);
  memory.add(static_cast<Real>(last_rejection_));
  controller_.save(memory);
  // Kept, not recomputed: the count of right-hand sides goes on as if never interrupted.
  memory.add(fresh_ ? f1_ : Vector());
  save_method(memory);
}

void OneStepMethod::load(const Vector& x, Real t, MemoryReader& memory) {
  const Real h = memory.real();
  initialize(x, t, h);
  counters_ = load_counters(memory);
  const std::int64_t rejection = memory.integer();
  if (rejection < 0 || rejection > static_cast<std::int64_t>(Trial::indefinite))
    throw InputError(fmt::format("stepper memory: found the outcome {} of a step, expected 0 to {}",
                                 rejection, static_cast<int>(Trial::indefinite)));
  last_rejection_ = static_cast<Trial>(rejection);
  controller_.load(memory);
  f1_ = memory.vector();
  fresh_ = f1_.size() > 0;
  if (fresh_ && f1_.size() != x.size())
    throw InputError(
        fmt::format("stepper memory: belongs to a state of {} components, found {}", f1_.size(), x.size()));
  load_method(memory);
}

std::vector<Real> OneStepMethod::memory() const {
  MemoryWriter memory;
  save(memory);
  return memory.take();
}

void OneStepMethod::restore(const Vector& x, Real t, const std::vector<Real>& memory) {
  MemoryReader reader(memory);
  load(x, t, reader);
  reader.finish();
}

}  // namespace saddleflow

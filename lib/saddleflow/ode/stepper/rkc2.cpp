#include "saddleflow/ode/stepper/rkc2.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/memory.hpp"

namespace saddleflow {
namespace {

// The largest eigenvalue to some per cent, of which a bound has five for safety: products of a cold start,
// and of one from the last vector.
constexpr int kLanczosSteps = 12, kWarmSteps = 6;
constexpr Real kSafetyOfBound = Real(1.05);
// Accepted steps between two estimates, at most (RKC's): twice as many when the eigenvalue has hardly moved,
// half as many when it has.
constexpr int kLongestInterval = 25;
constexpr Real kHardlyMoved = Real(0.05);
// In h lambda_max <= 2/3 (s^2 - 1)(1 - 2/15 * 2/13) the inverse of the factor, rounded up (RKC's).
constexpr Real kStagesOfStiffness = Real(1.54);

/// T_s, T_s' and T_s'' at w0 > 1 for the last two degrees, by their recurrences.
struct Chebyshev {
  explicit Chebyshev(Real at) : w0(at), t1(at) {}
  void advance() {
    const Real t2 = 2 * w0 * t1 - t0;
    const Real d2 = 2 * w0 * d1 - d0 + 2 * t1;
    const Real e2 = 2 * w0 * e1 - e0 + 4 * d1;
    t0 = std::exchange(t1, t2);
    d0 = std::exchange(d1, d2);
    e0 = std::exchange(e1, e2);
  }
  Real w0, t0 = 1, t1, d0 = 0, d1 = 1, e0 = 0, e1 = 0;
};

/// w1 = T_s'(w0) / T_s''(w0).
Real stretch(Real w0, int stages) {
  Chebyshev c(w0);
  for (int j = 2; j <= stages; ++j) c.advance();
  return c.d1 / c.e1;
}

// By judgement: with fewer nothing is won over another explicit method, and a step of more is a long way to
// go for nothing when it is rejected.
constexpr int kFewestStages = 5, kMostStages = 250;
// Round-off inside a step, over s^2 epsilon (RKC's).
constexpr Real kRoundingOfStages = 10;

/// RKC's limit: round-off inside a step grows with s^2 eps and must stay below the tolerance.
int stage_cap(Real rtol) {
  using std::sqrt;
  const Real cap = sqrt(rtol / (kRoundingOfStages * std::numeric_limits<Real>::epsilon()));
  return static_cast<int>(std::clamp(cap, Real(kFewestStages), Real(kMostStages)));
}

// Steps that each err by the tolerance, as many as (1 / tolerance)^(1/3) for a method of order two, add up to
// 50 to 2000 times the tolerance at 1e-8 to 1e-10. With this one the sum is proportional to what was asked
// for: 5 to 90 times that on the closed forms, the most where a flow waits long near a saddle. Below rounding
// there is nothing to be gained: as many stages, each rounded.
constexpr Real kProportional = Real(2.5e-3), kRounding = 50 * std::numeric_limits<Real>::epsilon();

StepperOptions with_local_tolerance(StepperOptions options) {
  Real& rtol = options.error.rtol;
  if (rtol < kProportional)
    rtol = std::min(rtol, std::max(rtol * std::sqrt(rtol / kProportional), kRounding));
  return options;
}

}  // namespace

Rkc2::Rkc2(const StepperOptions& options)
    : OneStepMethod(with_local_tolerance(options), 3), max_stages_(stage_cap(options.error.rtol)) {}

int Rkc2::stages_for(Real z) {
  using std::sqrt;
  // More than any step takes, and less than an int holds: z may be infinite.
  constexpr Real most = 1e9;
  return std::max(2,
                  1 + static_cast<int>(std::min(most, sqrt(1 + kStagesOfStiffness * std::max(Real(0), z)))));
}

void Rkc2::forget() {
  estimator_.forget();
  spectrum_ = SpectralInterval();
  bound_ = 0;
  age_ = -1;
  interval_ = kFirstInterval;
}

void Rkc2::estimate(const System& system) {
  using std::abs;
  const Real before = age_ >= 0 ? spectrum_.max : Real(0);
  spectrum_ = estimator_.estimate(system, x0_, f0_, t0_, age_ >= 0 ? kWarmSteps : kLanczosSteps);
  ++counters_.spectral_estimates;
  bound_ = kSafetyOfBound * std::max(spectrum_.max + spectrum_.max_residual, Real(0));
  const bool steady = abs(spectrum_.max - before) <= kHardlyMoved * abs(spectrum_.max);
  interval_ = steady ? std::min(2 * interval_, kLongestInterval) : std::max(interval_ / 2, 1);
  age_ = 0;
}

void Rkc2::begin_step(const System& system) {
  estimate_rounding(system);
  if (age_ < 0 || age_ >= interval_) estimate(system);
}

Real Rkc2::longest_step() const {
  const Real s = static_cast<Real>(max_stages_ - 1);
  return bound_ > 0 ? (s * s - 1) / (kStagesOfStiffness * bound_) : std::numeric_limits<Real>::infinity();
}

bool Rkc2::run_stages(const System& system, Real h, int stages) {
  const Real s = static_cast<Real>(stages);
  const Real w0 = 1 + Real(2) / (13 * s * s);
  const Real w1 = stretch(w0, stages);
  Chebyshev c(w0);
  Real b_older = 1 / (4 * w0 * w0);
  Real b_old = b_older;
  Real time_older = 0;
  Real time_old = w1 * b_old;
  older_ = x0_;
  old_ = x0_ + h * w1 * b_old * f0_;
  rate_.resizeLike(x0_);
  for (int j = 2; j <= stages; ++j) {
    const Real a = 1 - c.t1 * b_old;
    c.advance();
    const Real b = c.e1 / (c.d1 * c.d1);
    const Real mu = 2 * w0 * b / b_old;
    const Real nu = -b / b_older;
    const Real mus = mu * w1 / w0;
    system(old_, rate_, t0_ + h * time_old);
    if (!rate_.allFinite()) return false;
    x_try_ = mu * old_ + nu * older_ + (1 - mu - nu) * x0_ + h * mus * (rate_ - a * f0_);
    const Real time = mu * time_old + nu * time_older + mus * (1 - a);
    older_.swap(old_);
    old_ = x_try_;
    b_older = std::exchange(b_old, b);
    time_older = std::exchange(time_old, time);
  }
  return true;
}

OneStepMethod::Trial Rkc2::attempt(const System& system, Real h) {
  const bool finite = run_stages(system, h, std::min(stages_for(h * bound_), max_stages_));
  if (finite) system(x_try_, f_try_, t0_ + h);
  Trial trial;
  if (!finite || !f_try_.allFinite()) {
    trial = nonfinite(h);
  } else {
    error_ = Real(0.8) * (x0_ - x_try_) + Real(0.4) * h * (f0_ + f_try_);
    trial = conclude(error_norm(error_, h, h * bound_), h);
  }
  if (trial == Trial::accepted)
    ++age_;
  else if (age_ > 0)
    estimate(system);
  return trial;
}

void Rkc2::interpolate(Real t, Vector& x) const {
  const Real h = t1_ - t0_;
  const Real s = (t - t0_) / h;
  const Real r = 1 - s;
  x = (1 + 2 * s) * r * r * x0_ + s * s * (3 - 2 * s) * x1_ + h * s * r * (r * f0_ - s * f1_);
}

void Rkc2::save_method(MemoryWriter& memory) const {
  estimator_.save(memory);
  memory.add(spectrum_.min);
  memory.add(spectrum_.max);
  memory.add(bound_);
  memory.add(age_);
  memory.add(interval_);
}

void Rkc2::load_method(MemoryReader& memory) {
  estimator_.load(memory);
  spectrum_.min = memory.real();
  spectrum_.max = memory.real();
  bound_ = memory.real();
  age_ = static_cast<int>(memory.integer());
  interval_ = static_cast<int>(memory.integer());
}

}  // namespace saddleflow

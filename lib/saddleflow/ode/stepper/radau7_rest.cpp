// What rests in a step of radau7: see radau7.hpp.
#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/ode/stepper/radau7.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {
namespace {

// A slope is a sum over samples and weights of rounded terms, as in Rodas5P.
constexpr Real kRadauSlopeRounding = 8;
// What rests does so until its slope is clearly more than rounding.
constexpr Real kMovesAgain = 4;
// What is beside something that rests does so as well, up to so much: it would only make up for that.
constexpr Real kBesideRest = 2;
// So many solutions in which something wakes, then nothing rests for the try.
constexpr int kMostAwakenings = 3;
// Rounding is looked at where it may be this part of a tolerance.
constexpr Real kRoundingShows = Real(0.01);

// What rounding in the modes may leave of a step, of its tolerance. The iteration converges only if it leaves
// less, but beside the stages: where these are all rounding that would not be noticed.
constexpr Real kLeftByModes = 1;

}  // namespace

// The modes take h times a slope to what it is in a stiff step, up to their rounding: what that leaves may be
// far more than the state, and would then count as small beside itself.
bool Radau7::is_beyond_digits(const Vector& slope, Real h) {
  rate_ = std::numeric_limits<Real>::epsilon() * h * slope;
  return !(control_.norm(rate_, x0_, x0_, 0) <= kLeftByModes);
}

// Of slopes c eps |H| |x|, once a step, which no try makes longer.
void Radau7::find_slope_rounding(const System& system, Real h) {
  const Index n = leading();
  constexpr Real kUnit = kRadauSlopeRounding * std::numeric_limits<Real>::epsilon();
  slope_rounding_.resize(0);
  if (options_.error.slope_rounding != SlopeRounding::forgiven) return;
  if (h * modes_.largest() * kUnit < kRoundingShows * options_.error.rtol) return;
  control_.sizes(x0_, size_);
  rate_.setZero(x0_.size());
  Vector product(n);
  for (Index i = 0; i < n; ++i) size_[i] *= fixed_noise(i) < 0 ? -1 : 1;
  system.hessian_vector(x0_, size_.head(n), product, t0_);
  ++products_;
  rate_.head(n) = kUnit * product.cwiseAbs();
  control_.even_out(x0_, rate_);
  slope_rounding_ = rate_.head(n);
}

// What the matrix makes of it in a try: h times it along zero modes, 1 / lambda times it along stiff ones.
void Radau7::spread_rounding() {
  rounding_.resize(0);
  if (slope_rounding_.size() == 0) return;
  rounding_.setZero(x0_.size());
  for (Index i = 0; i < slope_rounding_.size(); ++i)
    rounding_[i] = fixed_noise(i) < 0 ? -slope_rounding_[i] : slope_rounding_[i];
  modes_.smooth(gamma_, rounding_);
  rounding_ = rounding_.cwiseAbs();
  control_.even_out(x0_, rounding_);
}

/// Whether the slopes are no more than so much rounding, and integrals say what they do at rest.
bool Radau7::is_rest(const System& system, const Vector& slope, Real bound) const {
  const Index n = leading();
  return slope_rounding_.size() == n && (slope.size() == n || system.has_quadrature_rates()) &&
         (slope.head(n).cwiseAbs().array() <= bound * slope_rounding_.array()).all();
}

// A state that rests as a whole would be carried along zero modes by rounding, for as long as steps are.
// False if it rests no longer at the end of the step.
bool Radau7::stand_still(const System& system, Real h) {
  const Index n = leading(), q = x0_.size() - n;
  rate_.setZero(x0_.size());
  if (q > 0) {
    Vector integral_rates(q);
    system.quadrature_rates(Vector::Zero(n), integral_rates);
    rate_.tail(q) = integral_rates;
  }
  stages_ = h * rate_ * nodes_.transpose();
  x_try_ = x0_ + stages_.col(stages_.cols() - 1);
  system(x_try_, f_try_, t0_ + h);
  ++slopes_made_;
  if (!f_try_.allFinite() || !is_rest(system, f_try_, kMovesAgain)) return false;
  contraction_ = 0;
  keep_polynomial(rate_, h);
  return true;
}

// At the start of a step.
void Radau7::find_resting(const System& system) {
  start_slope_ = start_rate_;
  resting_.clear();
  if (slope_rounding_.size() == 0) return;
  modes_.slow_part(start_rate_.head(leading()), slow_);
  bool some = false;
  for (Index i = 0; i < slow_.size(); ++i)
    some = some || (slow_[i] != 0 && std::abs(slow_[i]) <= slope_rounding_[i]);
  if (!some) return;
  resting_.assign(static_cast<std::size_t>(slow_.size()), Rest::none);
  for (Index i = 0; i < slow_.size(); ++i)
    if (std::abs(slow_[i]) <= kBesideRest * slope_rounding_[i])
      resting_[static_cast<std::size_t>(i)] = Rest::beside_modes;
  rest_levels();
  woken_.assign(resting_.size(), 0);
  silence(system, start_slope_, f0_);
}

// Modes are known to rounding, and h times that is much where h lambda is 1e15: what moves not at all is
// better taken out whole.
void Radau7::rest_levels() {
  const std::vector<int>& levels = modes_.levels();
  if (levels.empty()) return;
  std::vector<char> moves(static_cast<std::size_t>(*std::max_element(levels.begin(), levels.end())) + 1, 0);
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const auto i = static_cast<Index>(k);
    if (!(std::abs(start_rate_[i]) <= kBesideRest * slope_rounding_[i]))
      moves[static_cast<std::size_t>(levels[k])] = 1;
  }
  for (std::size_t k = 0; k < levels.size(); ++k)
    if (moves[static_cast<std::size_t>(levels[k])] == 0) resting_[k] = Rest::whole;
}

// Takes from a slope what rests, and from the integrals what that adds to them. `rates`: those of the system,
// of which the slope is made.
void Radau7::silence(const System& system, Vector& slope, const Vector& rates) {
  if (resting_.empty()) return;
  const Index n = leading(), q = slope.size() - n;
  moving_ = rates.head(n);
  modes_.slow_part(slope.head(n), slow_);
  for (Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (resting_[k] == Rest::none) continue;
    const Real taken = resting_[k] == Rest::whole ? slope[i] : slow_[i];
    if (!(std::abs(taken) <= kMovesAgain * slope_rounding_[i])) woken_[k] = 1;
    slope[i] -= taken;
    // What rests in the coordinates of its factor may grow.
    if (std::abs(moving_[i]) <= kMovesAgain * slope_rounding_[i]) moving_[i] = 0;
  }
  if (q == 0 || !system.has_quadrature_rates()) return;
  system.quadrature_rates(moving_, integral_rates_);
  slope.tail(q) = integral_rates_;
}

// Of a solved try: whether what rested has slopes at its stages, and does so no longer.
bool Radau7::wake(const System& system) {
  if (resting_.empty() || std::none_of(woken_.begin(), woken_.end(), [](char woken) { return woken != 0; }))
    return false;
  bool level = false;
  for (std::size_t k = 0; k < resting_.size(); ++k) {
    if (woken_[k] == 0) continue;
    level = level || resting_[k] == Rest::whole;
    if (resting_[k] == Rest::beside_modes) resting_[k] = Rest::none;
  }
  for (Rest& rest : resting_)
    if (level && rest == Rest::whole) rest = Rest::beside_modes;
  if (++wakes_ >= kMostAwakenings) resting_.clear();
  start_slope_ = start_rate_;
  silence(system, start_slope_, f0_);
  return true;
}

}  // namespace saddleflow

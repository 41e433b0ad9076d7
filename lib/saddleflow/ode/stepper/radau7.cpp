#include "saddleflow/ode/stepper/radau7.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {
namespace {

constexpr int kRadauStages = 4, kOrderOfEstimate = 5;
// Zeros of P_4 - P_3 on [0, 1] (Radau's quadrature).
constexpr long double kRadauNodes[kRadauStages] = {0.0885879595127039473955461437694561969L,
                                                   0.409466864440734710864926252068829894L,
                                                   0.787659461760847056025241889875999623L, 1};
// Weight of the slope at the start in the embedded formula, and of H in what smooths it: by judgement, about
// as large as the real part of the least eigenvalue of the coefficients.
constexpr long double kStartWeight = 0.11L;
// Bounds of the error estimate, O(h^5), see estimate_that_counts(). The first factor is that of the code
// RADAU. With the second one the closed forms of V1 to V6 are met to at most a few rtol (test path-accuracy).
constexpr Real kPartOfEnd = Real(0.1), kPartOfDense = 2;
constexpr int kOrderOfEnd = 8, kOrderOfDense = 6;  // local errors
// What the iteration may leave of a tolerance: it adds up over the steps. With a tenth the error of a path is
// up to ten times as large, for a sixth less work (test dense_output_keeps_the_tolerance).
constexpr Real kLeft = Real(0.02);
// What is so small and shrinks no more is rounding.
constexpr Real kStagnant = Real(0.2);
// A first change so far below that is the last one.
constexpr Real kAtOnce = Real(0.01);
// Above this contraction the next step looks for its modes anew. The same from 0.05 to 0.2.
constexpr Real kSlow = Real(0.1);
constexpr int kMostRounds = 10;
// Of the longest step with a factor that blows up, of which it makes 5 where the law has degree 3: the matrix
// of the iteration is that of the start.
constexpr Real kOfLongest = Real(0.8);
// Polynomials are not extended further than to this multiple of their length: beyond it a start by the slope
// is better.
constexpr Real kFarthest = 4;
using Wide = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

/// c_i^{j + first}.
Wide node_powers(const std::vector<long double>& nodes, int first) {
  const auto n = static_cast<Index>(nodes.size());
  Wide result(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      result(i, j) = std::pow(nodes[static_cast<std::size_t>(i)], static_cast<long double>(j + first));
  return result;
}

/// Integrals of the polynomials that are one at one node each: coefficients of theta, theta^2, ..., a row a
/// node.
Wide lagrange_integrals(const std::vector<long double>& nodes) {
  Wide weights = node_powers(nodes, 0).inverse().transpose();
  for (Index j = 0; j < weights.cols(); ++j) weights.col(j) /= static_cast<long double>(j + 1);
  return weights;
}

/// The error estimate in units of the tolerance that counts as one: so large that the error at the end of a
/// step, and that of the dense output inside it, are proportional to rtol.
Real estimate_that_counts(Real rtol) {
  const auto excess = [rtol](int order) { return std::pow(rtol, Real(kOrderOfEstimate) / Real(order) - 1); };
  return std::max(Real(1), std::min(kPartOfEnd * excess(kOrderOfEnd), kPartOfDense * excess(kOrderOfDense)));
}

}  // namespace

Radau7::Radau7(const StepperOptions& options)
    : OneStepMethod(options, kOrderOfEstimate),
      part_(estimate_that_counts(options.error.rtol)),
      factor_(options.growth, kLeastFolds) {
  const std::vector<long double> nodes(kRadauNodes, kRadauNodes + kRadauStages);
  const Wide a = node_powers(nodes, 1) * lagrange_integrals(nodes).transpose();
  a_ = a.cast<Real>();
  inverse_ = a.inverse().cast<Real>();
  nodes_.resize(kRadauStages);
  for (int i = 0; i < kRadauStages; ++i) nodes_[i] = static_cast<Real>(kRadauNodes[i]);
  gamma_ = static_cast<Real>(kStartWeight);
  // Of the embedded formula: sum_i b_i c_i^{k-1} = 1/k, less gamma for k = 1.
  Eigen::Matrix<long double, Eigen::Dynamic, 1> moments(kRadauStages);
  for (int k = 0; k < kRadauStages; ++k) moments[k] = 1.0L / (k + 1) - (k == 0 ? kStartWeight : 0);
  const Wide embedded = node_powers(nodes, 0).transpose().inverse() * moments;
  error_ = (embedded - a.row(kRadauStages - 1).transpose()).cast<Real>();
  std::vector<long double> all{0};
  all.insert(all.end(), nodes.begin(), nodes.end());
  dense_weights_ = lagrange_integrals(all).cast<Real>();
}

void Radau7::forget() {
  modes_.forget();
  length_ = 0;
  is_slow_ = false;
  growth_rate_ = 0;
  factor_.rest();
}

void Radau7::begin_step(const System& system) {
  if (!system.has_hessian_vector())
    throw InputError("radau7: the system offers no hessian_vector(x, v, out, t)");
  stages_.resize(x0_.size(), kRadauStages);
  slopes_.resize(x0_.size(), kRadauStages);
  argument_.resize(x0_.size());
  rate_.resize(x0_.size());
  fresh_modes_ = false;
  slopes_made_ = products_ = 0;
  // Moved, or restored: the polynomial belongs to another path.
  if (length_ > 0 && (to_.size() != x0_.size() || to_ != x0_)) length_ = 0;
  if (factor_.active()) length_ = 0;  // its coordinates are those of another factor
  if (!modes_.known() || is_slow_) find_modes(system);
  find_slope_rounding(system, current_time_step());
  begin_factor(system);
}

void Radau7::begin_factor(const System& system) {
  factor_.rest();
  unfactored_rate_ = 0;
  start_rate_ = f0_;
  if (options_.growth.degree == 0 || system.has_time_derivative()) return;
  rate_.setZero(x0_.size());
  rate_.head(slope_rounding_.size()) = slope_rounding_;
  factor_.begin(system, x0_, f0_, rate_, t0_, current_time_step());
  const Real before = std::exchange(growth_rate_, factor_.active() ? factor_.unit() : Real(0));
  if (!factor_.active()) {
    unfactored_rate_ = factor_.unit();
    return;
  }
  factor_.start_rate(x0_, f0_, start_rate_);
  likely_ = current_time_step();
  if (before > 0 && before < growth_rate_) likely_ *= before / growth_rate_;
}

Real Radau7::longest_step() const {
  if (!factor_.active()) return OneStepMethod::longest_step();
  return options_.growth.degree > 2 ? std::min(likely_, kOfLongest * factor_.longest()) : factor_.longest();
}

void Radau7::prepare_modes(Real h) {
  if (!factor_.active()) return modes_.prepare(h, a_);
  // A group of a law of degree d has m^{d-2} times its matrix at the start.
  Matrix scale(leading(), kRadauStages);
  for (int i = 0; i < kRadauStages; ++i)
    scale.col(i) = factor_.factors(nodes_[i] * h).array().pow(options_.growth.degree - 2);
  modes_.prepare(h, a_, factor_.rates(), scale);
}

void Radau7::find_modes(const System& system) {
  control_.sizes(x0_, size_);
  const Vector size = size_.head(leading());
  modes_.find(system, x0_, size, t0_, current_time_step(), size_levels(options_.growth, x0_));
  ++counters_.spectral_estimates;
  products_ += modes_.products();
  fresh_modes_ = true;
  is_slow_ = false;
}

// Of a solved try, which starts with this slope.
void Radau7::keep_polynomial(const Vector& slope, Real h) {
  from_ = x0_;
  to_ = x_try_;
  from_slope_ = h * slope;
  path_ = stages_;
  length_ = h;
  is_slow_ = contraction_ > kSlow && contraction_ < 1;
}

// From the polynomial of the last solved try, or by the slope.
void Radau7::predict(Real h) {
  const bool same = length_ > 0 && from_ == x0_;
  const bool usable = length_ > 0 && (same || h <= (kFarthest - 1) * length_);
  for (int i = 0; i < kRadauStages; ++i) {
    if (!usable) {
      rate_ = h * nodes_[i] * start_slope_;
      modes_.smooth(nodes_[i], rate_);
      stages_.col(i) = rate_;
      continue;
    }
    // By Lagrange's formula on the start and the stages.
    const Real theta = (same ? Real(0) : Real(1)) + nodes_[i] * h / length_;
    rate_ = from_ - x0_;
    for (int j = 0; j < kRadauStages; ++j) {
      Real weight = theta / nodes_[j];
      for (int k = 0; k < kRadauStages; ++k)
        if (k != j) weight *= (theta - nodes_[k]) / (nodes_[j] - nodes_[k]);
      rate_ += weight * path_.col(j);
    }
    stages_.col(i) = rate_;
  }
  hold();
}

// What rests altogether is where it was, and equal neurons are equal.
void Radau7::hold() {
  for (std::size_t k = 0; k < resting_.size(); ++k)
    if (resting_[k] == Rest::whole) stages_.row(static_cast<Index>(k)).setZero();
  equalise_stages();
}

void Radau7::equalise_stages() {
  for (Index i = 0; i < stages_.cols() && !equal_.none(); ++i) equal_.equalise(stages_.col(i));
}

void Radau7::find_slopes(const System& system, Real h) {
  std::fill(woken_.begin(), woken_.end(), 0);
  for (int i = 0; i < kRadauStages; ++i) {
    argument_ = x0_ + stages_.col(i);
    if (factor_.active())
      factor_(argument_, rate_, t0_ + nodes_[i] * h);
    else
      system(argument_, rate_, t0_ + nodes_[i] * h);
    silence(system, rate_, factor_.active() ? factor_.system_rates() : rate_);
    slopes_.col(i) = rate_;
  }
  slopes_made_ += kRadauStages;
}

// Of the change of the stages, the largest.
Real Radau7::change_norm(Real h) {
  Real worst = 0;
  for (int i = 0; i < kRadauStages; ++i) {
    rate_ = change_.col(i);
    x_try_ = x0_ + stages_.col(i);
    worst = std::max(worst, error_norm(rate_, h));
  }
  return worst;
}

Radau7::Newton Radau7::iterate(const System& system, Real h) {
  Real last = 0;
  contraction_ = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    find_slopes(system, h);
    if (!slopes_.allFinite()) return Newton::nonfinite;
    if (is_beyond_digits(slopes_.cwiseAbs().rowwise().maxCoeff(), h)) return Newton::beyond_digits;
    change_.noalias() = h * slopes_ * a_.transpose();
    change_ -= stages_;
    modes_.solve(change_);
    stages_ += change_;
    equalise_stages();
    const Real size = change_norm(h);
    if (!std::isfinite(size)) return Newton::nonfinite;
    if (round == 0) {
      if (size <= kAtOnce * kLeft) return Newton::converged;
    } else {
      const Real now = size / last;
      contraction_ = round == 1 ? now : std::sqrt(now * contraction_);
      if (now >= 1 || contraction_ >= 1) return size <= kStagnant ? Newton::converged : Newton::slow;
      const Real left = size / (1 - contraction_);
      if (contraction_ * left <= kLeft) return Newton::converged;
      // Will not do within the rounds that are left.
      if (std::pow(contraction_, kMostRounds - 1 - round) * left > 10 * kLeft) return Newton::slow;
    }
    last = size;
  }
  return Newton::slow;
}

// With the polynomial and the modes at hand; if these do not do, with modes of this place; and with a start
// by the slope.
Radau7::Newton Radau7::solve_stages(const System& system, Real h) {
  wakes_ = 0;
  find_resting(system);
  if (is_beyond_digits(start_slope_, h)) return Newton::beyond_digits;
  predict(h);
  while (true) {
    const Newton result = iterate(system, h);
    if (result == Newton::converged) {
      if (!wake(system)) return result;
      continue;  // from the stages as they are
    }
    if (result == Newton::beyond_digits) return result;
    if (fresh_modes_ && length_ == 0) return result;
    if (fresh_modes_) length_ = 0;
    if (!fresh_modes_) find_modes(system);
    prepare_modes(h);
    find_resting(system);
    predict(h);
  }
}

// The error of a try and the rounding in it, in the coordinates of the system.
void Radau7::leave_factor(Real h) {
  const Vector& factors = factor_.factors(h);
  for (Vector* y : {&error_vector_, &rounding_})
    if (y->size() > 0) y->head(factors.size()) = y->head(factors.size()).cwiseProduct(factors);
}

Real Radau7::estimate_error(Real h) {
  error_vector_ = h * gamma_ * start_slope_;
  change_.noalias() = stages_ * inverse_.transpose();  // h f(Y)
  error_vector_.noalias() += change_ * error_;
  modes_.smooth(gamma_, error_vector_);
  if (factor_.active()) leave_factor(h);
  return error_norm(error_vector_, h) / part_;
}

OneStepMethod::Trial Radau7::attempt(const System& system, Real h) {
  prepare_modes(h);
  spread_rounding();
  if (!factor_.active() && is_rest(system, f0_, 1) && stand_still(system, h)) return conclude(0, h);
  switch (solve_stages(system, h)) {
    case Newton::nonfinite:
      return nonfinite(h);
    case Newton::slow:
    case Newton::beyond_digits:
      return indefinite(h);
    case Newton::converged:
      break;
  }
  x_try_ = x0_ + stages_.col(kRadauStages - 1);
  if (factor_.active()) {
    const Vector& factors = factor_.factors(h);
    x_try_.head(factors.size()) = x_try_.head(factors.size()).cwiseProduct(factors);
  }
  system(x_try_, f_try_, t0_ + h);
  ++slopes_made_;
  if (!f_try_.allFinite()) return nonfinite(h);
  const Real error = estimate_error(h);
  if (!std::isfinite(error)) return nonfinite(h);
  keep_polynomial(start_slope_, h);
  return conclude(error, h);
}

void Radau7::interpolate(Real t, Vector& x) const {
  const Real theta = (t - t0_) / (t1_ - t0_);
  Vector weights(kRadauStages + 1);
  for (int j = 0; j <= kRadauStages; ++j) {
    Real power = 1, sum = 0;
    for (int k = 0; k <= kRadauStages; ++k) {
      power *= theta;
      sum += dense_weights_(j, k) * power;
    }
    weights[j] = sum;
  }
  x = from_ + weights[0] * from_slope_;
  // The slopes of the stages are A^{-1} of the stages.
  x.noalias() += path_ * (inverse_.transpose() * weights.tail(kRadauStages));
  if (!factor_.active()) return;
  const Vector& factors = factor_.factors(t - t0_);
  x.head(factors.size()) = x.head(factors.size()).cwiseProduct(factors);
}

void Radau7::save_method(MemoryWriter& memory) const {
  modes_.save(memory);
  memory.add(is_slow_);
  memory.add(growth_rate_);
  // In the coordinates of a factor it is of no use to the next step.
  const Real length = factor_.active() ? Real(0) : length_;
  memory.add(length);
  memory.add(length > 0 ? from_ : Vector());
  memory.add(length > 0 ? Vector(path_.reshaped()) : Vector());
}

void Radau7::load_method(MemoryReader& memory) {
  modes_.load(memory, leading());
  is_slow_ = memory.boolean();
  growth_rate_ = memory.real();
  length_ = memory.real();
  from_ = memory.vector();
  const Vector path = memory.vector();
  if ((from_.size() > 0 && from_.size() != x1_.size()) || !(length_ >= 0) ||
      (length_ > 0) != (from_.size() > 0))
    throw InputError(fmt::format(
        "stepper memory: found a polynomial of {} components over a step of {}, expected {} components",
        from_.size(), length_, x1_.size()));
  if (path.size() != kRadauStages * from_.size())
    throw InputError(fmt::format("stepper memory: found {} numbers of four stages, expected {}", path.size(),
                                 kRadauStages * from_.size()));
  path_ = path.reshaped(from_.size(), kRadauStages);
  to_ = from_.size() > 0 ? Vector(from_ + path_.col(kRadauStages - 1)) : Vector();
}

}  // namespace saddleflow

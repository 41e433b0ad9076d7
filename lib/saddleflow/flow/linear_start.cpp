#include "saddleflow/flow/linear_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/memory.hpp"

namespace saddleflow {

namespace {

// Of the tolerance, for what the neglected terms may have changed by the end of the exact steps. Weights are
// measured against a tenth of their group's size: this is a tenth of an ordinary step's error.
constexpr Real kNeglected = Real(0.01);
// Far from there nothing is tried: the residual has changed by this many times what is allowed. By judgement:
// it saves the gradient of a bound that would not hold.
constexpr Real kFar = 100;
// The sensitivity at the start of a step stands for the whole step with this factor; one that is too small
// costs another try.
constexpr Real kSafety = 2;
// A group this small a part of its neuron's weights may pass through zero: three digits would be lost of it.
// To begin, it must be ten times larger, so that what has begun goes on for a while.
constexpr Real kSmallShare = Real(1e-3), kShare = Real(1e-2);
// Steps in units of 1 / the fastest rate: the longest; the shortest before the other stepper takes over, and
// that one's first. To begin, directions must allow twice the shortest, what is neglected a step that is
// worth the gradient of its bound. By judgement: where one kind of step becomes cheaper than the other.
constexpr Real kLongest = 20, kShortest = Real(0.05), kFirst = Real(0.5), kWorth = Real(0.5);
// The cosine of the angle that a direction may turn in a step: a third of a radian.
const Real kCosine = std::cos(Real(1) / 3);
// After a try that came to nothing the norm must have halved.
const Real kHalf = std::log(Real(2));
// Each try of a step takes in what the last one has found at its end, and with kSafety more than that.
constexpr int kTries = 4;
// Lengths of steps are found to a millionth.
constexpr int kHalvings = 20;

/// The longest step up to h for which `holds`, when it does for all shorter ones; else one for which it does.
template <class Condition>
Real longest(Real h, const Condition& holds) {
  if (holds(h)) return h;
  Real good = 0, bad = h;
  for (int k = 0; k < kHalvings; ++k) {
    const Real middle = (good + bad) / 2;
    (holds(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace

LinearStart::LinearStart(PolarFlow& flow, std::unique_ptr<Stepper> inner, Real rtol)
    : flow_(flow), inner_(std::move(inner)), allowed_(kNeglected * rtol) {}

LinearStart::LinearStart(const LinearStart& other)
    : Stepper(other),
      flow_(other.flow_),
      inner_(other.inner_->clone()),
      allowed_(other.allowed_),
      linear_(other.linear_),
      exact_(other.exact_),
      watched_(other.watched_),
      limit_(other.limit_),
      x0_(other.x0_),
      x1_(other.x1_),
      t0_(other.t0_),
      t1_(other.t1_),
      error_(other.error_),
      sensitivity_(other.sensitivity_),
      banked_(other.banked_) {}

std::string_view LinearStart::method() const { return exact_ ? stepper_name::exponential : inner_->method(); }

void LinearStart::initialize(const Vector& x, Real t, Real dt) {
  inner_->initialize(x, t, dt);
  exact_ = false;
  watched_ = std::numeric_limits<Real>::max();
  limit_ = 0;
  banked_ = StepCounters();
}

std::pair<Real, Real> LinearStart::do_step(const System& system) {
  if (!exact_) try_to_begin();
  if (exact_ && !exact_step()) hand_over();
  limit_ = 0;
  if (exact_) return {t0_, t1_};
  return inner_->do_step(system);
}

void LinearStart::decompose() {
  if (linear_) return;
  linear_.emplace(flow_);
  ++banked_.jacobians;
  ++banked_.factorizations;
}

bool LinearStart::near_origin(const Vector& x) {
  const Vector u = flow_.look(x);
  Correlation& correlation = flow_.correlation();
  const Matrix change = correlation.loss_derivative(u) + correlation.residual_at_origin();
  return change.norm() <= kFar * allowed_ * correlation.residual_at_origin().norm();
}

void LinearStart::try_to_begin() {
  const Vector& x = inner_->current_state();
  const Real log_norm = flow_.log_norm(x);
  if (!(log_norm < watched_)) return;
  const bool near = near_origin(x);
  if (near) decompose();
  if (!near || !(linear_->fastest() > 0)) {
    watched_ = log_norm - kHalf;
    return;
  }
  linear_->start(x);
  if (linear_->change(0).share < kShare || turning_step() < in_units_of_rate(2 * kShortest)) return;
  error_.setZero(linear_->neuron_count());
  linear_->sensitivity(x, sensitivity_);
  if (allowed_step(in_units_of_rate(kWorth), kSafety * sensitivity_) < in_units_of_rate(kWorth)) {
    watched_ = log_norm - kHalf;
    return;
  }
  banked_ = banked_ + inner_->counters();
  x1_ = x;
  t1_ = inner_->current_time();
  exact_ = true;
}

// As long as directions allow.
Real LinearStart::turning_step() const {
  return longest(in_units_of_rate(kLongest), [&](Real h) {
    const LinearPolarFlow::Change change = linear_->change(h);
    return change.cosine >= kCosine && change.share >= kSmallShare;
  });
}

// As long as what is neglected allows.
Real LinearStart::allowed_step(Real h, const Vector& sensitivity) const {
  Vector after;
  return longest(
      h, [&](Real t) { return linear_->error_bound(t, error_, sensitivity, after).maxCoeff() <= allowed_; });
}

// False where there is none: what it neglects has become as large as it may, or a group passes through zero.
bool LinearStart::exact_step() {
  linear_->start(x1_);
  const Real turned = turning_step();
  Vector assumed = kSafety * sensitivity_, end, x, after;
  for (int tries = 0; tries < kTries; ++tries) {
    Real h = allowed_step(turned, assumed);
    if (h < in_units_of_rate(kShortest)) {
      // Through zero is for a while only: the share tells when to come back.
      if (h < turned) watched_ = flow_.log_norm(x1_) - kHalf;
      return false;
    }
    if (limit_ > 0) h = std::min(h, limit_);
    const Real t = t1_ + h;
    if (!(t > t1_)) return false;  // the other stepper says so
    linear_->state(t - t1_, x);
    linear_->sensitivity(x, end);
    assumed = assumed.cwiseMax(end);
    if (linear_->error_bound(t - t1_, error_, assumed, after).maxCoeff() <= allowed_) {
      x0_.swap(x1_);
      x1_.swap(x);
      t0_ = t1_;
      t1_ = t;
      error_.swap(after);
      sensitivity_.swap(end);
      ++banked_.accepted;
      return true;
    }
    assumed = assumed.cwiseMax(kSafety * end);
  }
  return false;
}

void LinearStart::hand_over() {
  inner_->initialize(x1_, t1_, in_units_of_rate(kFirst));
  exact_ = false;
}

void LinearStart::calc_state(Real t, Vector& x) const {
  if (!exact_)
    inner_->calc_state(t, x);
  else if (t >= t1_ || t0_ == t1_)  // the latter: just restored
    x = x1_;
  else if (t <= t0_)
    x = x0_;
  else
    linear_->state(t - t0_, x);
}

void LinearStart::complete_dense_output() const {
  if (!exact_) inner_->complete_dense_output();
}

std::vector<Real> LinearStart::dense_breaks() const {
  return exact_ ? std::vector<Real>() : inner_->dense_breaks();
}

Real LinearStart::current_time_step() const {
  if (!exact_) return inner_->current_time_step();
  // What another stepper could begin with: exact steps need none.
  const Real h = in_units_of_rate(kFirst);
  return limit_ > 0 ? std::min(h, limit_) : h;
}

void LinearStart::set_time_step(Real dt) {
  limit_ = dt;
  if (!exact_) inner_->set_time_step(dt);
}

void LinearStart::move(const Vector& x, Real t) {
  if (exact_) hand_over();
  inner_->move(x, t);
  watched_ = std::numeric_limits<Real>::max();
}

void LinearStart::shift_time(Real shift) {
  t0_ -= shift;
  t1_ -= shift;
  if (!exact_) inner_->shift_time(shift);
}

const StepCounters& LinearStart::counters() const {
  total_ = exact_ ? banked_ : banked_ + inner_->counters();
  return total_;
}

std::vector<Real> LinearStart::memory() const {
  MemoryWriter memory;
  memory.add(exact_);
  memory.add(linear_.has_value());
  memory.add(watched_);
  memory.add(limit_);
  save(memory, banked_);
  memory.add(exact_ ? error_ : Vector());
  memory.add(exact_ ? sensitivity_ : Vector());
  const std::vector<Real> inner = exact_ ? std::vector<Real>() : inner_->memory();
  memory.add(Vector(ConstVectorView(inner.data(), static_cast<Index>(inner.size()))));
  return memory.take();
}

// What is evaluated at x once more is not counted: without the interruption it was still at hand.
void LinearStart::restore(const Vector& x, Real t, const std::vector<Real>& memory) {
  MemoryReader reader(memory);
  exact_ = reader.integer() != 0;
  const bool decomposed = reader.integer() != 0;
  watched_ = reader.real();
  limit_ = reader.real();
  const StepCounters banked = load_counters(reader);
  error_ = reader.vector();
  sensitivity_ = reader.vector();
  const Vector inner = reader.vector();
  reader.finish();
  const WorkCounters work = flow_.correlation().counters();
  if (decomposed) decompose();
  const Index neurons = exact_ && linear_ ? linear_->neuron_count() : 0;
  if (error_.size() != neurons || sensitivity_.size() != neurons || x.size() != flow_.state_size())
    throw InputError(fmt::format("stepper memory: has {} neurons, the network {}: of another problem",
                                 error_.size(), neurons));
  Vector rate;
  flow_(x, rate, t);
  flow_.correlation().set_counters(work);
  banked_ = banked;
  x0_ = x1_ = x;
  t0_ = t1_ = t;
  if (!exact_) inner_->restore(x, t, std::vector<Real>(inner.data(), inner.data() + inner.size()));
}

}  // namespace saddleflow

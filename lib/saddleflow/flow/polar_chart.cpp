#include "saddleflow/flow/polar_chart.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/flow/flow_stepping.hpp"

namespace saddleflow {

namespace {

// A fall of the norm by exp of this makes q a new beginning: its rate grows as the norm falls, with the power
// D - 2.
constexpr Real kRebase = 2;
// What goes wrong near the origin is multiplied by all that follows, and this part of the way is cheap: with
// the plain tolerance the main job's seventh event is off by 2.6e-6 at rtol 1e-8, with a tenth of it by 1e-8.
constexpr Real kTighter = Real(0.1);
// A group that shrinks so fast, in units of |G|, is on its way through zero: left, and entered again when it
// is a tenth as fast. Its steps would be a thousand times shorter than the others'.
constexpr Real kPassing = 1000, kPassed = 100;
// The weights have no numbers below this.
const Real kLogSmallest = std::log(std::numeric_limits<Real>::min());

}  // namespace

PolarChart::PolarChart(PolarFlow& flow, std::unique_ptr<Stepper> stepper, const Options& options)
    : flow_(flow), stepper_(std::move(stepper)), options_(options) {}

StepperOptions PolarChart::stepper_options(StepperOptions cartesian, const PolarFlow& flow) {
  cartesian.error.rtol *= kTighter;
  cartesian.error.quadratures = 2;
  cartesian.error.quadrature_scale = 1;
  cartesian.error.logarithms = flow.group_count();
  cartesian.groups = polar_error_groups(flow.correlation().network());
  // With a neuron go the lengths of its weights.
  for (std::vector<Index>& members : cartesian.exchangeable.members) {
    const std::size_t count = members.size();
    for (std::size_t k = 0; k < count; ++k)
      members.push_back(flow.parameter_count() + flow.groups().first[static_cast<std::size_t>(members[k])]);
  }
  cartesian.growth = {};             // lengths of neurons are logarithms here
  cartesian.error.displacement = 0;  // a settled direction is no critical point to be timed
  cartesian.max_step = 0;            // was in flow time
  return cartesian;
}

// eta at the direction and scale that the correlation has been set to.
Real PolarChart::distance(const Vector& unit) {
  const Correlation& fixed = flow_.correlation();
  difference_ = flow_.correlation().loss_derivative(unit) + fixed.residual_at_origin();
  const Real size = fixed.residual_at_origin().norm();
  return size > 0 ? difference_.norm() / size : std::numeric_limits<Real>::infinity();
}

bool PolarChart::suits(const Vector& cartesian) {
  const Vector w = cartesian.head(flow_.parameter_count());
  const Real norm = w.stableNorm();
  if (!(norm > 0) || norm >= watched_norm_) return false;
  const bool close = options_.always || near_origin(w, norm);
  if (close && flow_.covers(cartesian)) return flow_.fastest_fall(cartesian) < kPassed;
  watched_norm_ = norm / 2;
  return false;
}

bool PolarChart::near_origin(const Vector& w, Real norm) {
  const Real c = std::pow(norm, static_cast<Real>(flow_.correlation().network().degree()));
  if (!std::isfinite(c)) return false;
  flow_.correlation().set_output_scale(c);
  return distance(w / norm) <= options_.enter;
}

bool PolarChart::outgrown(const Vector& polar) {
  if (flow_.fastest_fall(polar) > kPassing) return true;
  if (options_.always) return false;
  const Vector u = flow_.look(polar);
  if (distance(u) < options_.leave) return false;
  watched_norm_ = std::exp(flow_.log_norm(polar)) / 2;
  return true;
}

bool PolarChart::collapses(const Vector& before, const Vector& after) const {
  const Real now = flow_.log_norm(after);
  return now < kLogSmallest && now < flow_.log_norm(before);
}

bool PolarChart::rebase_due(const Vector& polar) const {
  return flow_.correlation().network().degree() > 2 && flow_.log_norm(polar) < flow_.origin() - kRebase;
}

Vector PolarChart::enter(const Vector& x, Real time_step) {
  Vector polar = is_polar(x) ? x : flow_.enter(x);
  const Real rate = flow_.time_rate(polar);
  Real step = std::pow(options_.rtol, kFirstStepPower) / (kFirstStepPart * flow_.kappa());
  if (time_step > 0 && rate > 0 && std::isfinite(rate)) step = time_step / rate;
  stepper_->initialize(polar, 0, step);
  return polar;
}

void PolarChart::rebase(const Vector& polar) {
  const Real step = stepper_->current_time_step();
  stepper_->initialize(flow_.rebase(polar), 0, step);
}

Real PolarChart::time_step(const Vector& polar) const {
  return stepper_->current_time_step() * flow_.time_rate(polar);
}

// In terms of q, which has a number where its unit of time has none.
Real PolarChart::find(Real elapsed, Real s0, Real s1) {
  if (!(elapsed > 0)) return s0;
  const Real target = flow_.quadrature(elapsed);
  const auto late = [&](Real s) {
    stepper_->calc_state(s, x_);
    return x_[x_.size() - 2] - target;
  };
  const Real at0 = late(s0), at1 = late(s1);
  if (!(at0 < 0)) return s0;
  if (!(at1 > 0)) return s1;
  const auto tight = [](Real a, Real b) {
    return std::abs(b - a) <= kTightBracket * std::min(std::abs(a), std::abs(b));
  };
  return bracketed_root(late, s0, s1, at0, at1, tight).right;
}

}  // namespace saddleflow

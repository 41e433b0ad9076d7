#include "saddleflow/flow/kink_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/product.hpp"
#include "saddleflow/network/unit_gradient.hpp"
#include "saddleflow/ode/switching/bernstein.hpp"

namespace saddleflow {
namespace {

// The step ends on the first kink that makes this part of the largest error of one: by judgement. A smaller
// kink is not worth a step, and a larger one that comes later would leave this in it.
constexpr Real kWorthCutting = Real(0.5);
// Weights that move by less than this part of the step times their rate do not follow it: the step is long
// against their time scale, as on a plateau, and the rates at its ends say nothing about what is between
// them. A fifth is five of these time scales.
constexpr Real kFollows = Real(0.2);

// Kinks whose errors are measured for the place of a cut. Fewer than these pass in steps of small networks,
// so that all are measured there.
constexpr std::ptrdiff_t kCandidates = 32;

// Samples at a time where nothing is kept: four matrices of as many columns are a few vectors of the weights.
constexpr Index kSamplesAtATime = 32;

/// The cubic with these values and derivatives (times the step) at the ends.
Bernstein hermite(Real z0, Real dz0, Real z1, Real dz1) {
  return Bernstein({z0, z0 + dz0 / 3, z1 - dz1 / 3, z1});
}

/// Whether the cubic with these values, of one sign, and derivatives may have the other sign in between: not
/// if both inner coefficients are on the side of the ends. Few operations, as most units do not.
bool may_visit(Real z0, Real dz0, Real z1, Real dz1) {
  const Real side = z0 > 0 ? Real(1) : Real(-1);
  return side * dz0 < 0 && side * dz1 > 0 && std::min(side * (3 * z0 + dz0), side * (3 * z1 - dz1)) < 0;
}

/// Where a cubic that falls at the start and rises at the end is smallest.
Real lowest(const Bernstein& cubic) {
  const std::vector<Real>& c = cubic.coefficients();
  return Bernstein({c[1] - c[0], c[2] - c[1], c[3] - c[2]}).first_crossing().value_or(Real(0.5));
}

/// A wide network with one hidden layer keeps none.
bool keeps_matrices(const FeedForwardState& state) { return state.hidden.front().z.size() > 0; }

}  // namespace

KinkCheck::KinkCheck(std::unique_ptr<KinkChart> chart, const Options& options)
    : chart_(std::move(chart)), options_(options) {
  const Activation activation = chart_->network().activation();
  power_ = activation.power();
  kink_factor_ = static_cast<Real>(power_) * std::abs(1 - std::pow(activation.slope(), power_));
}

bool KinkCheck::applies_to(const Network& network) {
  return network.traits().smoothness == Smoothness::smooth_gradient;
}

// |sigma'(z) - sigma'_old(z)| where sigma_old is the branch of the other side.
Real KinkCheck::jump(Real z) const { return kink_factor_ * std::pow(std::abs(z), power_ - 1); }

const FeedForwardState& KinkCheck::look(const Vector& x, Counting counting, End& end) {
  const FeedForwardState& state = chart_->evaluate(x, counting);
  end.x = x;
  end.log_scale = chart_->log_scale();
  end.z.resize(state.hidden.size());
  for (std::size_t l = 0; l < state.hidden.size(); ++l) end.z[l] = state.hidden[l].z;
  if (keeps_matrices(state)) differentiate(state, end);
  const Layout& layout = chart_->network().layout();
  end.w = state.w;
  end.velocity = chart_->velocity();
  end.speed.resize(state.hidden.size());
  for (std::size_t l = 0; l < state.hidden.size(); ++l)
    end.speed[l] = layout.matrix(chart_->velocity(), static_cast<int>(l)).rowwise().norm();
  return state;
}

void KinkCheck::differentiate(const FeedForwardState& state, End& end) const {
  const Layout& layout = chart_->network().layout();
  end.dz.resize(end.z.size());
  for (std::size_t l = 0; l < end.dz.size(); ++l) {
    const int layer = static_cast<int>(l);
    end.dz[l].resize(end.z[l].rows(), end.z[l].cols());
    product(layout.matrix(chart_->velocity(), layer), state.input_of(layer), end.dz[l]);
    if (l > 0)
      product(layout.matrix(state.w, layer), Matrix(state.layer(layer - 1).slope.cwiseProduct(end.dz[l - 1])),
              end.dz[l], Sum::add);
  }
}

// Values of the start are brought to the scale of the end, those of layer l with the power 1 + p + ... p^l of
// the weights.
void KinkCheck::find_passed(const FeedForwardState& state, Real h) {
  passed_.clear();
  Real degree = 1;
  for (std::size_t l = 0; l < state.hidden.size(); ++l) {
    const Real growth = std::exp(degree * (start_.log_scale - end_.log_scale));
    if (keeps_matrices(state))
      look_at_units(state, static_cast<int>(l), 0, {start_.z[l], start_.dz[l], end_.z[l], end_.dz[l]}, h,
                    growth);
    else
      find_passed_by_blocks(state, h, growth);
    degree = degree * static_cast<Real>(power_) + 1;
  }
}

void KinkCheck::find_passed_by_blocks(const FeedForwardState& state, Real h, Real growth) {
  const Layout& layout = chart_->network().layout();
  const Index width = layout.layer(0).rows, samples = state.inputs.cols();
  for (Matrix* m : {&z0_, &dz0_, &z1_, &dz1_}) m->resize(width, kSamplesAtATime);
  for (Index first = 0; first < samples; first += kSamplesAtATime) {
    const Index count = std::min(kSamplesAtATime, samples - first);
    const auto inputs = state.inputs.middleCols(first, count);
    const auto make = [&](const Vector& weights, Matrix& out) -> MatrixRef {
      product(layout.matrix(weights, 0), inputs, out.leftCols(count));
      return out.leftCols(count);
    };
    look_at_units(
        state, 0, first,
        {make(start_.w, z0_), make(start_.velocity, dz0_), make(end_.w, z1_), make(end_.velocity, dz1_)}, h,
        growth);
  }
}

void KinkCheck::look_at_units(const FeedForwardState& state, int layer, Index first, const Ends& ends, Real h,
                              Real growth) {
  const auto& [z0, dz0, z1, dz1] = ends;
  for (Index i = 0; i < z1.cols(); ++i)
    for (Index j = 0; j < z1.rows(); ++j)
      if ((z0(j, i) > 0) != (z1(j, i) > 0) ||
          may_visit(growth * z0(j, i), h * growth * dz0(j, i), z1(j, i), h * dz1(j, i)))
        look_at_unit(state, {layer, j, first + i}, {z0(j, i), dz0(j, i), z1(j, i), dz1(j, i)}, h, growth);
}

bool KinkCheck::follows_rates(const Kink& kink, Real h) const {
  const Layout& layout = chart_->network().layout();
  const auto l = static_cast<std::size_t>(kink.layer);
  const Real scale = std::exp(start_.log_scale - end_.log_scale);
  const auto before = layout.matrix(start_.w, kink.layer).row(kink.neuron);
  const Real moved = (layout.matrix(end_.w, kink.layer).row(kink.neuron) - scale * before).norm();
  return moved >= kFollows * h * std::max(scale * start_.speed[l][kink.neuron], end_.speed[l][kink.neuron]);
}

Real KinkCheck::size_of_terms(const FeedForwardState& state, const Kink& kink) const {
  const auto weights = chart_->network().layout().matrix(state.w, kink.layer).row(kink.neuron);
  return weights.cwiseAbs().dot(state.input_of(kink.layer).col(kink.sample).cwiseAbs().transpose());
}

Real KinkCheck::back_of(const FeedForwardState& state, const Kink& kink) const {
  if (keeps_matrices(state)) return state.layer(kink.layer).back(kink.neuron, kink.sample);
  const auto outgoing = chart_->network().layout().matrix(state.w, kink.layer + 1).col(kink.neuron);
  return outgoing.dot(chart_->residual().col(kink.sample));
}

void KinkCheck::look_at_unit(const FeedForwardState& state, const Kink& kink, const UnitEnds& ends, Real h,
                             Real growth) {
  const Real side = ends.z0 > 0 ? Real(1) : Real(-1);
  const bool crossed = (ends.z0 > 0) != (ends.z1 > 0);
  const Real z0 = side * growth * ends.z0, end = side * ends.z1;
  const Real dz0 = side * growth * h * ends.dz0;
  const Real dz1 = side * h * ends.dz1;
  // From a kink, up to rounding: as after a cut on it. There is no branch to leave, and to cut again at once,
  // by steps that move nothing, would never end where the flow is at rest.
  if (crossed && z0 <= kPreActivationRounding * size_of_terms(state, kink)) return;
  const Bernstein path = hermite(z0, dz0, end, dz1);
  const Real beyond = crossed ? end : path(lowest(path));
  if (beyond > 0 || (z0 == 0 && !crossed) || (!crossed && !follows_rates(kink, h))) return;
  Passed passed{kink, z0 > 0 ? path.first_crossing().value_or(1) : Real(0), 0};
  const Real back = std::abs(back_of(state, kink));
  // A visit to the other side has all of the step to be overlooked in.
  passed.change = h * (crossed ? passed.at : Real(1)) * back * jump(beyond);
  if (passed.change > 0) passed_.push_back(passed);
}

void KinkCheck::add(const FeedForwardState& state, const Passed& passed) {
  const Layout& layout = chart_->network().layout();
  const Kink& kink = passed.kink;
  if (kink.layer == 0) {
    auto row = layout.matrix(squares_, 0).row(kink.neuron);
    row.array() += (passed.change * state.inputs.col(kink.sample)).array().square().transpose();
    return;
  }
  UnitGradient unit(layout, kink);
  unit.update(state);
  unit.gradient(state, normal_);
  squares_.array() += (passed.change * normal_).array().square();
}

// Errors of different kinks have different signs: their squares add up.
Real KinkCheck::size_of_sum(const Norm& norm) {
  squares_ = squares_.cwiseSqrt();
  chart_->lift(squares_, rates_);
  return norm(rates_);
}

// The error beside the weights of the unit itself: what the norm mostly depends on, at the cost of a row.
Real KinkCheck::rough_size(const FeedForwardState& state, const Passed& passed) const {
  const Kink& kink = passed.kink;
  const Real weights = chart_->network().layout().matrix(state.w, kink.layer).row(kink.neuron).norm();
  const Real input = state.input_of(kink.layer).col(kink.sample).norm();
  return weights > 0 ? passed.change * input / weights : std::numeric_limits<Real>::infinity();
}

// A norm costs as much as there are weights, and a step of a wide network passes thousands of kinks.
void KinkCheck::keep_largest(const FeedForwardState& state) {
  if (std::ssize(passed_) <= kCandidates) return;
  std::vector<std::pair<Real, std::size_t>> order;
  for (std::size_t k = 0; k < passed_.size(); ++k) order.emplace_back(-rough_size(state, passed_[k]), k);
  std::nth_element(order.begin(), order.begin() + kCandidates, order.end());
  std::vector<Passed> kept;
  for (std::ptrdiff_t k = 0; k < kCandidates; ++k)
    kept.push_back(passed_[order[static_cast<std::size_t>(k)].second]);
  passed_ = std::move(kept);
}

Real KinkCheck::place_of_cut(const FeedForwardState& state, const Norm& norm) {
  keep_largest(state);
  std::vector<Real> sizes;
  for (const Passed& passed : passed_) {
    squares_.setZero();
    add(state, passed);
    sizes.push_back(size_of_sum(norm));
  }
  const Real largest = *std::max_element(sizes.begin(), sizes.end());
  Real first = 1;
  for (std::size_t k = 0; k < sizes.size(); ++k)
    if (sizes[k] >= kWorthCutting * largest) first = std::min(first, passed_[k].at);
  return first;
}

std::optional<Real> KinkCheck::shorter(const Step& step, const Norm& norm) {
  // Only the end of a step that was rejected has not been evaluated before. It comes first: what is evaluated
  // beside the steps' own order, after a resume, must not be counted, nor make others count.
  const bool accepted = step.error <= 1;
  const FeedForwardState* at_end = &look(step.x1, accepted ? Counting::uncounted : Counting::counted, end_);
  if (start_.x.size() != step.x0.size() || start_.x != step.x0) {
    look(step.x0, Counting::uncounted, start_);
    at_end = &look(step.x1, Counting::uncounted, end_);
  }
  const FeedForwardState& state = *at_end;
  find_passed(state, step.h);
  squares_.setZero(state.w.size());
  for (const Passed& passed : passed_) add(state, passed);
  if (passed_.empty() || size_of_sum(norm) <= std::max(options_.tolerance, accepted ? 0 : step.error)) {
    if (accepted) std::swap(start_, end_);
    return std::nullopt;
  }
  return place_of_cut(state, norm);
}

}  // namespace saddleflow

#include "saddleflow/ode/switching/piecewise_stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>

#include "saddleflow/base/bracketed_root.hpp"

namespace saddleflow {
namespace {

// A margin this close to zero at an end of a step may have been negative inside: by judgement, as margins are
// at most 1 and change little in one step. Far from zero it is not asked for in between.
constexpr Real kCloseToBound = Real(0.05);
// The parabola through three margins tells the least one to some part of what has called for it.
constexpr Real kLeastIsClose = kCloseToBound / 5;
// Coefficients below this, against the largest, are rounding: they are known to 5e-12, see PiecewiseFit, and
// states are as far from their surfaces as drift may be, 1e-10 at most.
constexpr Real kRoundedCoefficient = Real(1e-9);
// Steps are at most so many mean gaps between crossings long.
constexpr Real kGapsAhead = 4;
// The mean forgets: a gap weighs so much beside those before it, five or so. Steps without a crossing double
// it, until it is so many of them long and limits nothing any more.
constexpr Real kOlderGaps = Real(0.8), kLastGap = Real(0.2), kLongestGap = 1000;
// Where the dense output starts against the rate that has decided on a side, its error is at fault: the step
// is tried again at a quarter, so often: 4^-8 of a step leaves nothing of an error of order 4.
constexpr int kRetries = 8;
constexpr Real kRetriedStep = 4;
// A step that advances by less than this part of what the inner stepper took stands still: the roots that cut
// it are known to some hundred roundings.
constexpr Real kNoAdvance = Real(1e-13);
// So is the end of a slide, in units of the step: a root of a margin, which costs a gradient each time.
constexpr Real kEndOfSlide = Real(1e-14);

}  // namespace

PiecewiseStepper::PiecewiseStepper(SwitchedSystem& system, std::unique_ptr<Stepper> inner,
                                   const Options& options)
    : system_(system), inner_(std::move(inner)), options_(options) {}

PiecewiseStepper::PiecewiseStepper(const PiecewiseStepper& other)
    : Stepper(other),
      system_(other.system_),
      inner_(other.inner_->clone()),
      options_(other.options_),
      fits_(other.fits_),
      cut_(other.cut_),
      fresh_(other.fresh_),
      sampled_(other.sampled_),
      x_cut_(other.x_cut_),
      t_cut_(other.t_cut_),
      hit_(other.hit_),
      departures_(other.departures_),
      changes_(other.changes_),
      ambiguous_(other.ambiguous_),
      branching_(other.branching_),
      gap_(other.gap_),
      standing_(other.standing_) {}

void PiecewiseStepper::initialize(const Vector& x, Real t, Real dt) {
  inner_->initialize(x, t, dt);
  cut_ = false;
  fresh_ = true;
  hit_.clear();
  departures_.clear();
  changes_.clear();
  ambiguous_.clear();
  standing_ = 0;
  gap_ = 0;
  system_.values(x, work_);
  Mode mode;
  mode.sides.resize(static_cast<std::size_t>(work_.size()));
  for (Index k = 0; k < work_.size(); ++k) {
    mode.sides[static_cast<std::size_t>(k)] = work_[k] > 0 ? Side::above : Side::below;
    if (work_[k] == 0) hit_.push_back(k);
  }
  system_.set_mode(mode);
}

void PiecewiseStepper::calc_state(Real t, Vector& x) const {
  if (cut_ && t >= t_cut_)
    x = x_cut_;
  else
    inner_->calc_state(t, x);
}

void PiecewiseStepper::shift_time(Real shift) {
  inner_->shift_time(shift);
  t_cut_ -= shift;
}

void PiecewiseStepper::move(const Vector& x, Real t) {
  inner_->move(x, t);
  cut_ = false;
  hit_.clear();
  departures_.clear();
}

std::pair<Real, Real> PiecewiseStepper::do_step(const System& system) {
  changes_.clear();
  branching_.clear();
  sampled_ = false;
  // What is tried again after a step that came to nothing is no longer: the caller may have limited it.
  const Real longest = inner_->current_time_step();
  while (true) {
    stays_ = false;
    if (fresh_ && system_.jumps()) put_start();
    if (!hit_.empty() || fresh_) change_mode();
    if (cut_) inner_->move(Vector(x_cut_), t_cut_);
    cut_ = false;
    if (inner_->current_time_step() > longest) inner_->set_time_step(longest);
    system_.settle(inner_->current_state());
    const Real margin0 = system_.margin(inner_->current_state());
    shorten_step();
    auto [t0, t1] = inner_->do_step(system);
    Cut cut = first_crossing(t0, t1 - t0);
    for (int tries = 0; cut.doubtful && tries < kRetries; ++tries) {
      const Vector start = inner_->previous_state();
      inner_->move(start, t0);
      inner_->set_time_step((t1 - t0) / kRetriedStep);
      std::tie(t0, t1) = inner_->do_step(system);
      cut = first_crossing(t0, t1 - t0);
    }
    // Where the decision has just been to stay, the margin is at its rounding.
    if (!stays_) find_release(t0, t1 - t0, margin0, cut);
    if (cut.hit.empty()) {
      departures_.clear();
      correct_drift();
    } else {
      cut_at(t0, t1 - t0, std::move(cut));
    }
    watch_progress(current_time() - t0, t1 - t0);
    if (current_time() > t0) return {t0, current_time()};
  }
}

void PiecewiseStepper::change_mode() {
  Transition transition =
      resolve_transition(system_, current_state(), hit_, fresh_ ? Entry::starting : Entry::arriving);
  if (!transition.resolved)
    throw StepFailure(Stop::sliding_unresolved,
                      fmt::format("no consistent mode at t = {} for {} switching functions that are zero: {}",
                                  current_time(), hit_.size(), transition.failure));
  changes_.insert(changes_.end(), transition.changes.begin(), transition.changes.end());
  if (fresh_) ambiguous_ = transition.branching;
  branching_.insert(branching_.end(), transition.branching.begin(), transition.branching.end());
  sampled_ = sampled_ || transition.sampled;
  stays_ = !fresh_ && transition.changes.empty();
  departures_ = system_.jumps() ? std::vector<Transition::Departure>() : std::move(transition.departures);
  hit_.clear();
  fresh_ = false;
}

// A step far beyond the next crossing costs as much as one that ends just behind it, and many more switches
// must be looked at along it.
void PiecewiseStepper::shorten_step() {
  if (gap_ > 0 && inner_->current_time_step() > kGapsAhead * gap_) inner_->set_time_step(kGapsAhead * gap_);
}

void PiecewiseStepper::watch_progress(Real advance, Real step) {
  standing_ = advance > kNoAdvance * step ? 0 : standing_ + 1;
  if (!cut_)
    gap_ = gap_ < kLongestGap * step ? 2 * gap_ : 0;
  else if (standing_ == 0)
    gap_ = gap_ > 0 ? kOlderGaps * gap_ + kLastGap * advance : advance;
  if (standing_ > options_.patience)
    throw StepFailure(
        Stop::sliding_unresolved,
        fmt::format("{} changes of the mode at t = {} without any progress", standing_, current_time()));
}

// Zeros that belong to the start of the step are divided out; none where the sign cannot change after that.
std::optional<Bernstein> PiecewiseStepper::after_start(Bernstein p, Index switch_number) const {
  const Real sign = static_cast<Real>(system_.mode().side(switch_number));
  const auto departure =
      std::find_if(departures_.begin(), departures_.end(),
                   [&](const Transition::Departure& d) { return d.index == switch_number; });
  int order = departure != departures_.end() ? departure->order : 0;
  Real largest = 0;
  for (const Real c : p.coefficients()) largest = std::max(largest, std::abs(c));
  if (largest == 0) return std::nullopt;
  // The sides are known better than values that rounding has left near zero.
  for (; p.degree() > 0; --order) {
    const Real first = sign * p.coefficients().front();
    if (order <= 0 && (first > 0 || first < -kRoundedCoefficient * largest)) break;
    p = p.divided_by_x();
  }
  const bool inside =
      std::all_of(p.coefficients().begin(), p.coefficients().end(), [&](Real c) { return sign * c > 0; });
  if (inside) return std::nullopt;
  return p;
}

bool PiecewiseStepper::is_departing(Index k) const {
  return std::any_of(departures_.begin(), departures_.end(),
                     [k](const Transition::Departure& d) { return d.index == k; });
}

std::vector<Real> PiecewiseStepper::dense_breaks() const {
  std::vector<Real> breaks = inner_->dense_breaks();
  if (!cut_) return breaks;
  const Real taken = (t_cut_ - inner_->previous_time()) / (inner_->current_time() - inner_->previous_time());
  for (Real& at : breaks) at /= taken;
  std::erase_if(breaks, [](Real at) { return !(at < 1); });
  return breaks;
}

std::vector<PiecewiseStepper::Span> PiecewiseStepper::spans() const {
  std::vector<Span> spans(1);
  for (const Real at : inner_->dense_breaks()) {
    spans.back().length = at - spans.back().start;
    spans.push_back({at, 1 - at});
  }
  return spans;
}

// Switching functions of the state are polynomials of time of the degree of both together.
const PiecewiseFit& PiecewiseStepper::fit() {
  const int dense = inner_->dense_degree();
  if (dense < 1)
    throw InputError(
        fmt::format("switching: the dense output of {} is no polynomial, crossings cannot be isolated on it",
                    inner_->method()));
  const int degree = dense * system_.degree();
  return fits_.try_emplace(degree, degree).first->second;
}

PiecewiseStepper::Cut PiecewiseStepper::first_crossing(Real t0, Real h) {
  Cut cut;
  roots_.clear();
  for (const Span& span : spans()) {
    crossings_in(span, t0, h, cut);
    if (!roots_.empty()) break;
  }
  for (const auto& [theta, index] : roots_)
    if (theta <= cut.theta + options_.tie) cut.hit.push_back(index);
  return cut;
}

void PiecewiseStepper::crossings_in(const Span& span, Real t0, Real h, Cut& cut) {
  const std::vector<Real>& nodes = fit().nodes();
  nodes_.resize(nodes.size());
  for (std::size_t m = 0; m < nodes.size(); ++m)
    inner_->calc_state(t0 + (span.start + span.length * nodes[m]) * h, nodes_[m]);
  system_.paths(nodes_, paths_);
  for (const SwitchPath& path : paths_) {
    const std::optional<Real> root = crossing_of(path, span.start == 0, cut);
    if (!root) continue;
    roots_.emplace_back(span.start + span.length * *root, path.index);
    cut.theta = std::min(cut.theta, roots_.back().first);
  }
}

// The first crossing on a path whose first value belongs to the start of the step, or follows on values of
// the right side.
std::optional<Real> PiecewiseStepper::crossing_of(const SwitchPath& path, bool at_start, Cut& cut) {
  const Real sign = static_cast<Real>(system_.mode().side(path.index));
  for (const PiecewiseFit::Piece& piece : fit()(path.values)) {
    const bool first = at_start && piece.start == 0;
    const std::optional<Bernstein> p =
        first ? after_start(piece.polynomial, path.index) : std::optional(piece.polynomial);
    if (!p) continue;
    const bool wrong = sign * p->coefficients().front() < 0;
    const std::optional<Real> root = wrong ? Real(0) : p->first_crossing();
    if (!root) continue;
    cut.doubtful = cut.doubtful || (first && wrong && is_departing(path.index));
    return piece.start + piece.length * *root;
  }
  return std::nullopt;
}

// A place in (0, end) where the margin is negative, if both ends are not: looked for where one of them is
// near zero, in the middle, and where a parabola through all three has its least value.
std::optional<Real> PiecewiseStepper::negative_inside(const std::function<Real(Real)>& margin, Real end,
                                                      Real margin0, Real margin1) {
  if (std::min(margin0, margin1) >= kCloseToBound) return std::nullopt;
  const Real middle = margin(end / 2);
  if (middle < -kSlopeTolerance) return end / 2;
  const Real bend = margin0 - 2 * middle + margin1;
  if (bend <= 0) return std::nullopt;
  const Real least = Real(0.5) + (margin0 - margin1) / (4 * bend);
  if (least <= 0 || least >= 1 ||
      middle - bend * (least - Real(0.5)) * (least - Real(0.5)) * 2 > kLeastIsClose)
    return std::nullopt;
  return margin(least * end) < -kSlopeTolerance ? std::optional<Real>(least * end) : std::nullopt;
}

void PiecewiseStepper::find_release(Real t0, Real h, Real margin0, Cut& cut) {
  if (system_.mode().sliding.empty()) return;
  const auto margin = [&](Real theta) {
    if (theta >= 1) return system_.margin(inner_->current_state());
    inner_->calc_state(t0 + theta * h, work_);
    return system_.margin(work_);
  };
  Real end = cut.hit.empty() ? Real(1) : cut.theta;
  Real margin1 = margin(end);
  if (margin1 >= -kSlopeTolerance) {
    const auto inside = negative_inside(margin, end, margin0, margin1);
    if (!inside) return;
    end = *inside;
    margin1 = margin(end);
  }
  // The slide ends where the margin is zero; at the tolerance beyond it only if rounding has left it there.
  const Real beyond = margin0 > 0 ? Real(0) : kSlopeTolerance;
  Real theta = 0;
  if (margin0 + beyond > 0) {
    const auto close = [](Real a, Real b) { return std::abs(b - a) <= kEndOfSlide; };
    theta = bracketed_root([&](Real at) { return margin(at) + beyond; }, 0, end, margin0 + beyond,
                           margin1 + beyond, close)
                .right;
  }
  if (theta > cut.theta + options_.tie) return;
  if (theta < cut.theta - options_.tie) cut.hit.clear();
  cut.theta = std::min(cut.theta, theta);
  inner_->calc_state(t0 + theta * h, work_);
  const std::vector<Index> leaving = system_.leaving(work_, kEndedSlide);
  cut.hit.insert(cut.hit.end(), leaving.begin(), leaving.end());
}

void PiecewiseStepper::put_on_surfaces(const std::vector<Index>& hit) {
  const Real moved = system_.project(x_cut_, hit);
  if (moved > options_.projection)
    throw StepFailure(
        Stop::projection,
        fmt::format("at t = {} the surfaces of {} switching functions are {:.1e} away from the state, in "
                    "units of what would have to be moved, expected at most {:.1e}",
                    t_cut_, hit.size() + system_.mode().sliding.size(), moved, options_.projection));
}

void PiecewiseStepper::put_start() {
  t_cut_ = current_time();
  x_cut_ = current_state();
  put_on_surfaces(hit_);
  cut_ = true;
}

void PiecewiseStepper::cut_at(Real t0, Real h, Cut cut) {
  t_cut_ = cut.theta < 1 ? t0 + cut.theta * h : inner_->current_time();
  inner_->calc_state(t_cut_, x_cut_);
  system_.complete(x_cut_, cut.hit);
  put_on_surfaces(cut.hit);
  hit_ = std::move(cut.hit);
  cut_ = true;
}

void PiecewiseStepper::correct_drift() {
  if (system_.mode().sliding.empty() || system_.drift(inner_->current_state()) <= options_.drift) return;
  t_cut_ = inner_->current_time();
  x_cut_ = inner_->current_state();
  put_on_surfaces({});
  cut_ = true;
}

}  // namespace saddleflow

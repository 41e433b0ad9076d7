#include "saddleflow/job/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/record/recorder.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/growing_run.hpp"

namespace saddleflow {

namespace {

// Steps shorter than this part of the time have no times of their own: rounding of it, a thousand times. In
// the polar chart time is known to rtol times what it has grown by, a million times that allowed for, and a
// hundredth at most.
constexpr Real kResolvedTime = 1000 * std::numeric_limits<Real>::epsilon();
constexpr Real kPolarTimes = Real(1e6), kLongestPolarStep = Real(0.01);

// The run that a path is compared with has the tolerance over this.
constexpr Real kTighterRun = 10;

/// Compares the path at the stored times as the second run passes them, and collects its events.
///   Time near the origin is known to rtol times itself, which can be far more than all that comes after. So
/// there only those snapshots are compared whose steps are far longer than that; and after the polar chart
/// has been left times count from the first event that both runs locate then.
///   So does a plateau: the jump after it begins at a time that is known to some rtol of it, and may be over
/// sooner than that. So a snapshot that an event has made is compared with the same event of this run as
/// well, and those that follow at times that count from it; the smaller difference counts. Only where both
/// runs have the event at the same time, up to kStepsToPath rtol: what is farther apart is another path.
class Comparison : public Observer {
 public:
  Comparison(FlowSetup& setup, const archive::RunReader& run)
      : setup_(setup),
        run_(run),
        times_(run.column("snapshot_time")),
        stored_(run.event_rows()),
        end_kind_(setup.parts.events.stored_count()),
        n_(setup.objective.size()),
        rtol_(setup.rtol * kTighterRun),
        errors_(times_.size()) {}

  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    note_chart(x.size() != n_ + 1);
    if (hit.event >= end_kind_) return;  // not stored
    events_.push_back({hit.event, hit.time});
    if (!stored_event_left(1)) return;
    const archive::EventRow& event = stored_[events_.size() - 1];
    count_from(event, hit, x);
    if (!waiting_) return;
    const Real then = static_cast<Real>(event.time);
    shift_ = hit.time - then;
    waiting_ = false;
    while (next_ < times_.size() && static_cast<Real>(times_[next_]) < then) ++next_;
  }

  void on_step(const StepView& step) override {
    note_chart(step.polar);
    for (const KinkChange& change : setup_.parts.kink_changes(step)) changes_.push_back(change);
    if (event_shift_) walk(step, *event_shift_, next_from_event_);
    if (!waiting_) walk(step, shift_, next_);
  }

  struct Located {
    std::size_t kind;
    Real time;
  };
  const std::vector<Located>& events() const { return events_; }
  const std::vector<KinkChange>& mode_changes() const { return changes_; }
  bool complete() const { return next_ == times_.size(); }
  /// The snapshot that is farthest off; none where nothing was compared.
  void worst(Verification& out) const {
    for (std::size_t k = 0; k < errors_.size(); ++k) {
      if (!errors_[k] || *errors_[k] <= out.path_error) continue;
      out.path_error = *errors_[k];
      out.path_error_time = static_cast<Real>(times_[k]);
    }
  }

 private:
  void note_chart(bool polar) {
    if (polar_ && !polar) waiting_ = stored_event_left(0);
    polar_ = polar;
  }
  // Whether the run has an event that belongs to the present last one here, or, with 0, to the next.
  bool stored_event_left(std::size_t behind) const {
    const std::size_t i = events_.size() - behind;
    return i < stored_.size() && static_cast<std::size_t>(stored_[i].kind) != end_kind_;
  }
  // From this event of both runs on, where it is one.
  void count_from(const archive::EventRow& event, const EventHit& hit, const Vector& x) {
    const Real then = static_cast<Real>(event.time);
    event_shift_.reset();
    if (static_cast<std::size_t>(event.kind) != hit.event) return;
    if (!(std::abs(hit.time - then) <= kStepsToPath * rtol_ * then)) return;
    event_shift_ = hit.time - then;
    x_ = x;
    if (event.snapshot >= 0) compare(static_cast<std::size_t>(event.snapshot));
    next_from_event_ =
        static_cast<std::size_t>(std::upper_bound(times_.begin(), times_.end(), event.time) - times_.begin());
  }
  // All snapshots from `next` on that this step passes, by times that are those of the file plus `shift`.
  void walk(const StepView& step, Real shift, std::size_t& next) {
    for (; next < times_.size() && static_cast<Real>(times_[next]) + shift <= step.t1; ++next) {
      if (!resolved(step)) continue;
      const Real t = static_cast<Real>(times_[next]) + shift;
      if (t < step.t1)
        step.dense(std::max(t, step.t0), x_);
      else
        x_ = step.x1;
      compare(next);
    }
  }
  bool resolved(const StepView& step) const {
    if (step.t0 == 0) return std::isfinite(step.t1);
    const Real known =
        step.polar ? std::clamp(kPolarTimes * setup_.rtol, kResolvedTime, kLongestPolarStep) : kResolvedTime;
    return step.t1 - step.t0 > known * step.t1;
  }
  void compare(std::size_t row) {
    const std::vector<double> stored = run_.row("weights", static_cast<std::int64_t>(row));
    const Vector w = setup_.parts.recorded_weights(x_);
    Vector difference(n_);
    for (Index i = 0; i < n_; ++i)
      difference[i] = static_cast<Real>(stored[static_cast<std::size_t>(i)]) - w[i];
    const Real off = difference.stableNorm();
    Real error = off == 0 ? Real(0) : off / w.stableNorm();
    if (std::isnan(error)) error = std::numeric_limits<Real>::infinity();
    errors_[row] = std::min(errors_[row].value_or(error), error);
  }

  FlowSetup& setup_;
  const archive::RunReader& run_;
  std::vector<double> times_;
  std::vector<archive::EventRow> stored_;
  std::size_t end_kind_;
  Index n_;
  Real rtol_;                                // of the file
  std::vector<std::optional<Real>> errors_;  // of each snapshot
  bool polar_ = false, waiting_ = false;
  Real shift_ = 0;  // of the times of this run against those of the file
  std::size_t next_ = 0;
  std::optional<Real> event_shift_;  // the same at the last event
  std::size_t next_from_event_ = 0;
  std::vector<Located> events_;
  std::vector<KinkChange> changes_;
  Vector x_;
};

void compare_events(const std::vector<archive::EventRow>& stored, const Comparison& second,
                    const std::vector<std::string>& kinds, Verification& out) {
  const auto& events = second.events();
  const auto end_kind = kinds.size() - 1;
  std::size_t i = 0;
  for (; i < stored.size() && static_cast<std::size_t>(stored[i].kind) != end_kind; ++i) {
    const std::string& kind = kinds[static_cast<std::size_t>(stored[i].kind)];
    if (i >= events.size() || events[i].kind != static_cast<std::size_t>(stored[i].kind)) {
      out.same_events = false;
      out.first_difference = fmt::format("event {} is {} in the run and {} at a tenth of the tolerance",
                                         i + 1, kind, i < events.size() ? kinds[events[i].kind] : "absent");
      return;
    }
    const Real t = events[i].time;
    const Real error =
        std::abs(static_cast<Real>(stored[i].time) - t) / std::max(t, std::numeric_limits<Real>::min());
    out.event_time_error = std::max(out.event_time_error, error);
  }
  if (i < events.size()) {
    out.same_events = false;
    out.first_difference = fmt::format("event {} is absent in the run and {} at a tenth of the tolerance",
                                       i + 1, kinds[events[i].kind]);
  }
}

// A change within so many tolerances of the end (kStepsToPath), as a part of the time, may be beyond it in
// the other run; one that is earlier than this may not, however loose the tolerance.
constexpr double kLongestEnd = 0.01;
// What lasts for less than the tolerance, as a part of the time, did not happen; by judgement no more than
// this part, however loose the tolerance.
constexpr double kLongestPause = 1e-6;

/// A change on one kink.
struct SideChange {
  ModeChangeKind kind;
  int side;
  double time;
  bool operator==(const SideChange& other) const { return kind == other.kind && side == other.side; }
};

/// What happens on one kink, in its order.
struct KinkHistory {
  std::vector<SideChange> first, second;
  double last = 0;  // time of the last change in either
};

/// Adds a change, unless it undoes the one before at once: within what the time of either is known to, a
/// slide that ends and begins again is one slide, and whether a run sees it end is a matter of rounding.
void add_change(const SideChange& change, double known, std::vector<SideChange>& list) {
  const bool at_once = !list.empty() && change.time - list.back().time <= known * change.time;
  const bool resumed =
      at_once && list.back().kind == ModeChangeKind::release && change.kind == ModeChangeKind::enter;
  const bool crossed_back = at_once && list.back().kind == ModeChangeKind::cross &&
                            change.kind == ModeChangeKind::cross && list.back().side == -change.side;
  if (resumed || crossed_back)
    list.pop_back();
  else
    list.push_back(change);
}
using KinkHistories =
    std::map<std::tuple<int, Index, Index, Index>, KinkHistory>;  // layer, neuron, sample, patch

// Two kinks that are passed within rounding of one another have no order. A change at the very end of the run
// may be beyond that of the other.
void compare_modes(const archive::RunReader& run, const std::vector<KinkChange>& second,
                   const FlowSetup& setup, double end, Verification& out) {
  if (!run.has_mode_changes()) return;
  const std::vector<archive::ModeChangeRow> first = run.mode_changes();
  out.mode_changes = std::count_if(first.begin(), first.end(), [](const archive::ModeChangeRow& row) {
    return row.kind != ModeChangeKind::branch;
  });
  const double late =
      end * (1 - std::min(kLongestEnd, static_cast<double>(kStepsToPath) * static_cast<double>(setup.rtol)));
  const double known = std::min(kLongestPause, static_cast<double>(setup.rtol * kTighterRun));
  KinkHistories histories;
  for (const archive::ModeChangeRow& a : first) {
    if (a.kind == ModeChangeKind::branch) continue;
    const Neuron& neuron = setup.network().neurons()[static_cast<std::size_t>(a.neuron)];
    KinkHistory& history = histories[{neuron.layer, neuron.index, a.sample, a.patch}];
    add_change({a.kind, a.side, a.time}, known, history.first);
    history.last = a.time;
  }
  for (const KinkChange& b : second) {
    if (b.kind == ModeChangeKind::branch) continue;
    KinkHistory& history = histories[{b.layer, b.neuron, b.sample, b.patch}];
    add_change({b.kind, b.side, static_cast<double>(b.time)}, known, history.second);
    history.last = std::max(history.last, static_cast<double>(b.time));
  }
  for (const auto& [kink, history] : histories) {
    const std::size_t common = std::min(history.first.size(), history.second.size());
    const std::size_t most = std::max(history.first.size(), history.second.size());
    const bool same =
        std::equal(history.first.begin(), history.first.begin() + static_cast<std::ptrdiff_t>(common),
                   history.second.begin());
    if (same && (common == most || (common + 1 == most && history.last >= late))) continue;
    out.same_modes = false;
    if (!out.first_difference.empty()) return;
    const auto& [layer, neuron, sample, patch] = kink;
    const OuterLayer* outer = setup.objective.outer_layer();
    const std::string place = outer ? place_text(*outer, sample, patch) : "w = 0";
    out.first_difference = fmt::format(
        "neuron {} of hidden layer {} at {} changes its side {} times in the run, {} times at a tenth "
        "of the tolerance{}",
        neuron, layer, place, history.first.size(), history.second.size(),
        common == most ? ", in another order" : "");
    return;
  }
}

}  // namespace

Verification verify_run(const StudyTable& study, const std::string& run_path,
                        const std::atomic<bool>* interrupt) {
  const archive::RunReader run = archive::RunReader::open(run_path);
  require_fixed_network(run, "--verify");
  FlowSetup setup(study, study.real("flow.rtol") / kTighterRun);
  // As far as the run went; one that an event has stopped may be stopped a little later this time.
  const std::string reason = run.summary().stop_reason;
  const StopReason stopped =
      is_unfinished(reason) ? StopReason(Stop::interrupted) : StopReason::parse(reason);
  IntegrationOptions options = setup.integration_options();
  if (!stopped.is_event() && stopped != Stop::reached_end) {
    options.t_end = static_cast<Real>(run.column("snapshot_time").back());
    options.end_after_polar = false;
  }
  options.interrupt = interrupt;
  Integration integration(setup.parts.system(), *setup.parts.stepper, setup.parts.detector, options);
  Comparison comparison(setup, run);
  setup.parts.begin(integration);
  const Outcome outcome = integration.run(comparison);

  Verification result;
  comparison.worst(result);
  result.stop_reason = outcome.stop_reason;
  result.complete = comparison.complete() || outcome.stop_reason == stopped;
  compare_events(run.event_rows(), comparison, Recorder::event_kinds(setup), result);
  compare_modes(run, comparison.mode_changes(), setup, run.column("snapshot_time").back(), result);
  return result;
}

}  // namespace saddleflow

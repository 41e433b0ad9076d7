#include "saddleflow/job/stored_visits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

namespace {

VisitRule rule_of(const KktProblem& problem, std::optional<Real> prominence) {
  const StudyTable study = StudyTable::stored(problem.description.toml, problem.run->path());
  const FlowEventOptions events = build_event_options(study);
  return make_visit_rule(problem.objective->network(), problem.objective->loss(), events.saddle_enter,
                         events.saddle_leave, prominence.value_or(events.saddle_prominence));
}

/// Of a run that recorded them: with the weights at the departures.
std::vector<StoredVisit> recorded(const archive::RunReader& run) {
  std::vector<StoredVisit> visits;
  for (archive::SaddleRow& row : run.saddle_rows()) {
    StoredVisit visit;
    visit.snapshot_time = row.closest_time;
    visit.row = std::move(row);
    visits.push_back(std::move(visit));
  }
  for (const archive::EventRow& event : run.event_rows()) {
    if (archive::kind_of(run.description(), event) != EventKind::saddle_leave || event.snapshot < 0) continue;
    for (StoredVisit& visit : visits)
      if (visit.row.leave_time == event.time) visit.exit = run.row("weights", event.snapshot);
  }
  return visits;
}

/// Finds visits on the rows of one run.
class Finder {
 public:
  Finder(KktProblem& problem, const VisitRule& rule)
      : run_(*problem.run),
        objective_(*problem.objective),
        rule_(rule),
        times_(run_.column("time")),
        proximity_(run_.column("proximity")),
        loss_(run_.column("loss")),
        snapshots_(run_.column("snapshot_time")),
        known_(recorded(run_)) {}

  std::vector<StoredVisit> find() {
    std::vector<StoredVisit> visits;
    for (const VisitRows& rows : find_visits(proximity_, loss_, rule_)) visits.push_back(visit_of(rows));
    return visits;
  }

 private:
  double end_of(const VisitRows& rows) const {
    return rows.leave ? times_[*rows.leave] : std::numeric_limits<double>::infinity();
  }

  /// The recorded visit that this one is: their closest approaches and ends are between the same rows.
  const StoredVisit* same_visit(const VisitRows& rows) const {
    for (const StoredVisit& known : known_) {
      const archive::SaddleRow& row = known.row;
      if (row.closest_time < times_[rows.enter] || row.closest_time > end_of(rows)) continue;
      const bool same_end = rows.leave
                                ? row.leave_time >= times_[*rows.leave - 1] && row.leave_time <= end_of(rows)
                                : std::isnan(row.leave_time);
      if (same_end) return &known;
    }
    return nullptr;
  }

  StoredVisit visit_of(const VisitRows& rows) {
    if (const StoredVisit* known = same_visit(rows)) return *known;
    StoredVisit visit;
    archive::SaddleRow& row = visit.row;
    row.depth = flag_of(rows.close ? VisitDepth::close : VisitDepth::shallow);
    row.enter_time = times_[rows.enter];
    row.closest_time = times_[rows.closest];
    row.leave_time = rows.leave ? times_[*rows.leave] : archive::not_known;
    row.loss = loss_[rows.closest];
    row.proximity = proximity_[rows.closest];
    row.gradient_norm = row.newton_distance = archive::not_known;
    read_weights(rows, visit);
    return visit;
  }

  /// The snapshot between two times that is nearest to a third.
  std::optional<std::size_t> snapshot_near(double time, double from, double to) const {
    std::optional<std::size_t> best;
    for (std::size_t k = 0; k < snapshots_.size(); ++k) {
      if (snapshots_[k] < from || snapshots_[k] > to) continue;
      if (!best || std::abs(snapshots_[k] - time) < std::abs(snapshots_[*best] - time)) best = k;
    }
    return best;
  }

  void read_weights(const VisitRows& rows, StoredVisit& visit) {
    archive::SaddleRow& row = visit.row;
    if (const auto k = snapshot_near(row.closest_time, row.enter_time, end_of(rows))) {
      visit.snapshot_time = snapshots_[*k];
      row.point = run_.row("weights", static_cast<std::int64_t>(*k));
      measure(row);
    }
    if (!rows.leave) return;
    // Up to where r has risen as much again the flow is still on its way out.
    const std::size_t last = std::min(*rows.leave + (*rows.leave - rows.closest), times_.size() - 1);
    if (const auto k = snapshot_near(row.leave_time, row.leave_time, times_[last]))
      visit.exit = run_.row("weights", static_cast<std::int64_t>(*k));
  }

  void measure(archive::SaddleRow& row) {
    const Vector w = to_vector(row.point);
    GradientFlow flow(objective_);
    const Vector x = GradientFlow::initial_state(w);
    Probe probe(flow, x);
    Observables o;
    probe.observe(x, o);
    row.loss = static_cast<double>(o.loss);
    row.gradient_norm = static_cast<double>(o.gradient_norm);
    row.proximity = static_cast<double>(o.proximity);
    const Spectrum spectrum = hessian_spectrum(objective_, w);
    row.eigenvalues = to_doubles(spectrum.eigenvalues);
    row.newton_distance = static_cast<double>(spectrum.newton_distance);
    if (!spectrum.counted) return;
    row.index_negative = spectrum.negative;
    row.index_zero = spectrum.zero;
    row.index_positive = spectrum.positive;
  }

  const archive::RunReader& run_;
  Objective& objective_;
  VisitRule rule_;
  std::vector<double> times_, proximity_, loss_, snapshots_;
  std::vector<StoredVisit> known_;
};

/// The loss where r is largest between two times.
double loss_in_jump(const std::vector<archive::TimeRow>& rows, double from, double to) {
  const auto before = [](const archive::TimeRow& row, double time) { return row.time < time; };
  const auto begin = std::lower_bound(rows.begin(), rows.end(), from, before);
  const auto end = std::lower_bound(begin, rows.end(), to, before);
  const auto largest = std::max_element(begin, end, [](const archive::TimeRow& a, const archive::TimeRow& b) {
    return a.proximity < b.proximity;
  });
  return largest == end ? archive::not_known : largest->loss;
}

void add_losses(const archive::RunReader& run, std::vector<StoredVisit>& visits) {
  const std::vector<archive::TimeRow> rows = run.time_rows();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < visits.size(); ++k) {
    StoredVisit& visit = visits[k];
    const double last = k > 0 ? visits[k - 1].row.leave_time : -infinity;
    const double next = k + 1 < visits.size() ? visits[k + 1].row.enter_time : infinity;
    visit.loss_before = loss_in_jump(rows, last, visit.row.enter_time);
    if (!std::isnan(visit.row.leave_time)) visit.loss_after = loss_in_jump(rows, visit.row.leave_time, next);
  }
}

}  // namespace

std::vector<StoredVisit> stored_visits(KktProblem& problem, std::optional<Real> prominence) {
  // A file of critical points alone, or a limit path, tells its visits itself.
  const bool has_rows = problem.run->rows().time > 0;
  const bool knows_depth = problem.run->has("saddles/depth");
  if (!has_rows) return recorded(*problem.run);
  std::vector<StoredVisit> visits = knows_depth && !prominence
                                        ? recorded(*problem.run)
                                        : Finder(problem, rule_of(problem, prominence)).find();
  add_losses(*problem.run, visits);
  return visits;
}

NearestRow nearest_row(const archive::RunReader& run) {
  const std::vector<double> proximity = run.column("proximity");
  NearestRow nearest;
  std::size_t best = 0;
  for (std::size_t row = 0; row < proximity.size(); ++row) {
    if (std::isnan(proximity[row]) || proximity[row] >= nearest.proximity) continue;
    nearest.proximity = proximity[row];
    best = row;
  }
  if (std::isnan(nearest.proximity)) return nearest;
  nearest.time = run.row("time", static_cast<std::int64_t>(best)).front();
  nearest.loss = run.row("loss", static_cast<std::int64_t>(best)).front();
  return nearest;
}

}  // namespace saddleflow

#include "saddleflow/job/saddle_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "saddleflow/archive/same_problem.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/network/effective_width.hpp"

namespace saddleflow {

namespace {

// Up to so many weights the ways out of the origin are looked for even if they are not to be followed: all
// weights at once, an eigendecomposition an iteration. By judgement.
constexpr Index kSmallNetwork = 500;
// A survey has few points and wants all of their spectra: up to eight times the work of kDenseSpectrum.
constexpr Index kDenseSurvey = 2000;
// Outputs of this size beside the targets are as good as zero.
constexpr Real kNoOutputs = Real(0.1);
// A point farther away than half of its size is not the one that was visited: nothing of the linearisation
// there tells of the visit.
constexpr Real kNearPoint = Real(0.5);
// Values of one way down at two members of a family differ by less, beside the value.
constexpr Real kSameValue = Real(1e-4);

class Survey {
 public:
  Survey(KktProblem& problem, const SaddleSurveyOptions& options)
      : objective_(*problem.objective), options_(options), catalogue_(objective_) {
    analysis_.search.starts = options.starts;
    analysis_.search.seed = options.seed;
    analysis_.search.descend = false;
    analysis_.search.interrupt = options.interrupt;
    analysis_.search.workers = options.workers;
    analysis_.search_at_origin = options.connect || objective_.size() <= kSmallNetwork;
    analysis_.spectrum.dense_limit = analysis_.refine.dense_limit = kDenseSurvey;
  }

  void add_run(KktProblem& run, Index number) {
    const std::vector<StoredVisit> visits = stored_visits(run, options_.prominence);
    if (visits.empty()) return;
    if (catalogue_.points().empty() && origin_is_critical())
      catalogue_.add(analyse(Vector::Zero(objective_.size())));
    std::vector<Index> inactive = inactive_at_escape(run, visits.front().row.closest_time);
    Index before = origin_is_critical() && starts_at_origin(run) ? 0 : -1;
    for (std::size_t k = 0; k < visits.size() && !interrupted(); ++k) {
      if (options_.progress) options_.progress(fmt::format("visit {} of {}", k + 1, visits.size()));
      SaddleVisit visit = judge(visits[k], number, inactive);
      inactive =
          visit.analysis.exit_direction.size() > 0 ? inactive_at(visits[k].exit) : std::vector<Index>();
      if (visit.has_saddle && visit.point != before) {
        if (before >= 0) count_transition(before, visit.point);
        before = visit.point;
      }
      result_.visits.push_back(std::move(visit));
    }
  }

  void add_point(const Vector& point) { catalogue_.add(analyse(point)); }

  /// If that is asked for.
  void connect() {
    if (!options_.connect) return;
    for (Index from = 0; from < static_cast<Index>(catalogue_.points().size()) && !interrupted(); ++from) {
      const std::vector<EscapeDirection>& ways = at(from).escapes;
      const auto count = static_cast<Index>(ways.size());
      const Index followed = from < options_.most_points ? std::min(count, options_.most_escapes) : 0;
      result_.not_followed += count - followed;
      std::vector<Side> sides;
      for (Index k = 0; k < followed; ++k) {
        sides.push_back({k, 1});
        if (ways[static_cast<std::size_t>(k)].kind == EscapeDirection::Kind::eigenvector)
          sides.push_back({k, -1});
      }
      add_connections(from, sides, follow_all(from, sides));
    }
  }

  SaddleSurvey finish() {
    result_.interrupted = interrupted();
    result_.points = catalogue_.points();
    for (const CriticalPoint& point : result_.points)
      result_.widths.push_back(effective_widths(objective_.network(), point.point()));
    result_.same_function = catalogue_.same_functions(result_.widths);
    return std::move(result_);
  }

 private:
  bool interrupted() const { return options_.interrupt && *options_.interrupt; }
  const CriticalPoint& at(Index row) const { return catalogue_.at(row); }
  CriticalPoint analyse(const Vector& w) {
    CriticalPoint point = analyse_critical_point(objective_, w, analysis_);
    result_.work = result_.work + point.work;
    return point;
  }

  bool origin_is_critical() {
    if (objective_.network().traits().homogeneous) return true;
    Vector gradient(objective_.size());
    objective_.gradient(Vector::Zero(objective_.size()), gradient);
    return gradient.isZero(0);
  }

  // As good as zero to the network's outputs, or to a loss that is not one of outputs.
  bool starts_at_origin(const KktProblem& run) {
    const Vector w0 = to_vector(run.run->row("weights", 0));
    if (const LossScale* own = objective_.loss().function().own_scale()) {
      const Real origin = objective_.value(Vector::Zero(objective_.size()));
      return std::abs(own->excess(origin) - own->excess(objective_.value(w0))) <= kNoOutputs;
    }
    const Matrix& outputs = objective_.outputs(w0);
    return outputs.norm() <= kNoOutputs * objective_.data().targets.norm();
  }

  std::vector<Index> inactive_at(const std::vector<double>& weights) const {
    return find_inactive(objective_.network(), to_vector(weights)).neurons;
  }

  // Where the origin was left, before the first visit.
  std::vector<Index> inactive_at_escape(const KktProblem& run, double first_visit) const {
    for (const archive::EventRow& event : run.run->event_rows()) {
      if (is_escape(archive::kind_of(run.description, event)) && event.time < first_visit &&
          event.snapshot >= 0)
        return inactive_at(run.run->row("weights", event.snapshot));
    }
    return {};
  }

  SaddleVisit judge(const StoredVisit& stored, Index run, const std::vector<Index>& inactive) {
    SaddleVisit visit;
    visit.run = run;
    visit.recorded = stored.row;
    visit.snapshot_time = stored.snapshot_time;
    visit.inactive_before = inactive;
    if (!stored.has_point()) return visit;
    const Vector closest = to_vector(stored.row.point);
    CriticalPoint point = analyse(closest);
    visit.analysis = analysed(point, stored, closest);
    visit.has_saddle = point.is_critical() && is_near(stored, visit.analysis.closest_distance, point);
    if (visit.has_saddle && !inactive.empty())
      visit.pattern_preserved = preserved(inactive, point.inactive.neurons);
    const std::vector<EscapeDirection> own = point.escapes;
    visit.point = catalogue_.add(std::move(point));
    if (visit.has_saddle)
      translate(own, visit);
    else
      forget_all_but_distance(visit.analysis);
    return visit;
  }

  VisitAnalysis analysed(const CriticalPoint& point, const StoredVisit& stored, const Vector& closest) {
    if (!point.is_critical()) {
      VisitAnalysis distance_only;
      distance_only.closest_distance = (closest - point.point()).norm() / point.point().norm();
      return distance_only;
    }
    VisitWeights weights{closest, {}, static_cast<Real>(stored.row.closest_time)};
    if (!stored.exit.empty()) weights.exit = to_vector(stored.exit);
    VisitAnalysis analysis = analyse_visit(objective_.network(), point, weights);
    result_.work = result_.work + analysis.work;
    return analysis;
  }

  // The loss falls along the flow: that of the saddle lies between those of the jump to it and of the jump
  // from it.
  static bool is_near(const StoredVisit& stored, Real distance, const CriticalPoint& point) {
    const Real loss = point.refinement.loss;
    const auto above = static_cast<Real>(stored.loss_before), below = static_cast<Real>(stored.loss_after);
    return distance <= kNearPoint && !(loss > above) && !(loss < below);
  }

  static void forget_all_but_distance(VisitAnalysis& analysis) {
    const Real distance = analysis.closest_distance;
    analysis = VisitAnalysis();
    analysis.closest_distance = distance;
  }

  // The row of the catalogue may be another member of the point's family, with escapes in another order.
  void translate(const std::vector<EscapeDirection>& own, SaddleVisit& visit) const {
    const std::vector<EscapeDirection>& known = at(visit.point).escapes;
    const auto find = [&](Index k) {
      if (k < 0) return k;
      const EscapeDirection& mine = own[static_cast<std::size_t>(k)];
      Index best = -1;
      Real least = kSameValue * mine.value;
      for (std::size_t j = 0; j < known.size(); ++j) {
        const Real difference = std::abs(known[j].value - mine.value);
        if (known[j].kind != mine.kind || known[j].layer != mine.layer || !(difference < least)) continue;
        least = difference;
        best = static_cast<Index>(j);
      }
      return best;
    };
    visit.analysis.escape = find(visit.analysis.escape);
    visit.analysis.predicted_escape = find(visit.analysis.predicted_escape);
  }

  static Verdict preserved(const std::vector<Index>& before, const std::vector<Index>& now) {
    return std::includes(now.begin(), now.end(), before.begin(), before.end()) ? Verdict::yes : Verdict::no;
  }

  SaddleTransition& transition(Index from, Index to) {
    for (SaddleTransition& t : result_.transitions)
      if (t.from == from && t.to == to) return t;
    result_.transitions.push_back({from, to, 0, -1});
    return result_.transitions.back();
  }

  void count_transition(Index from, Index to) { ++transition(from, to).trajectories; }

  /// A way down of a point, and the side of it.
  struct Side {
    Index escape;
    int sign;
  };

  /// On the threads of the workers; empty where an interruption came first.
  std::vector<std::optional<Connection>> follow_all(Index from, const std::vector<Side>& sides) {
    std::vector<std::optional<Connection>> found(sides.size());
    std::atomic<Index> begun = 0;
    std::mutex printing;
    const auto job = [&](Index k) {
      if (interrupted()) return;
      if (options_.progress) {
        const std::lock_guard lock(printing);
        options_.progress(fmt::format("unstable manifold {} of {} of point {}, {} points known", ++begun,
                                      sides.size(), from + 1, catalogue_.points().size()));
      }
      const auto number = static_cast<std::size_t>(k);
      found[number] = follow(at(from), sides[number]);
    };
    run_jobs(options_.workers, static_cast<Index>(sides.size()), job);
    return found;
  }

  Connection follow(const CriticalPoint& from, const Side& side) const {
    Objective own(objective_.shared_network(), objective_.data(), objective_.loss(), objective_.decay());
    ConnectionOptions options;
    options.rtol = options_.rtol;
    options.analysis = analysis_;
    options.interrupt = options_.interrupt;
    return follow_escape(own, from, from.escapes[static_cast<std::size_t>(side.escape)], side.sign, options);
  }

  /// In the order of the ways down.
  void add_connections(Index from, const std::vector<Side>& sides,
                       std::vector<std::optional<Connection>> found) {
    for (std::size_t k = 0; k < sides.size(); ++k) {
      if (!found[k]) continue;
      Connection& connection = *found[k];
      result_.work = result_.work + connection.work;
      SaddleConnection row{from,
                           sides[k].escape,
                           sides[k].sign,
                           -1,
                           connection.time,
                           connection.closest,
                           connection.end.refinement.loss,
                           connection.stop_reason};
      if (connection.end.point().size() == 0) row.loss = std::numeric_limits<Real>::quiet_NaN();
      if (connection.arrived) {
        row.to = catalogue_.add(std::move(connection.end));
        SaddleTransition& edge = transition(from, row.to);
        if (edge.escape < 0) edge.escape = sides[k].escape;
      }
      result_.connections.push_back(std::move(row));
    }
  }

  Objective& objective_;
  const SaddleSurveyOptions& options_;
  Catalogue catalogue_;
  CriticalPointOptions analysis_;
  SaddleSurvey result_;
};

}  // namespace

SaddleSurvey survey_saddles(std::vector<KktProblem>& runs, const SaddleSurveyOptions& options) {
  for (const KktProblem& run : runs)
    archive::check_same_problem(runs.front().description, runs.front().run->path(), run.description,
                                run.run->path());
  const InterruptScope scope(options.interrupt);
  Survey survey(runs.front(), options);
  try {
    for (std::size_t k = 0; k < runs.size(); ++k) survey.add_run(runs[k], static_cast<Index>(k));
    survey.connect();
  } catch (const Interrupted&) {  // the visit or way at hand is left out
  }
  return survey.finish();
}

SaddleSurvey survey_point(KktProblem& problem, const Vector& point, const SaddleSurveyOptions& options) {
  const InterruptScope scope(options.interrupt);
  Survey survey(problem, options);
  try {
    survey.add_point(point);
    survey.connect();
  } catch (const Interrupted&) {
  }
  return survey.finish();
}

}  // namespace saddleflow

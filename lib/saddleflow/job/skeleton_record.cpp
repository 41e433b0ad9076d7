// From the answers of the room skeleton/ to the rows of a run file.
#include <cmath>
#include <span>

#include "saddleflow/archive/skeleton_writer.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/base/thin.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/job/skeleton_run.hpp"

namespace saddleflow {

namespace {

// Rows of a flow's loss: what the report draws of a curve, and some to spare.
constexpr std::size_t kRowsOfLoss = 1000;

double stored(Real x) { return static_cast<double>(x); }

std::vector<std::int64_t> mask(const std::vector<Index>& neurons, std::size_t count) {
  std::vector<std::int64_t> out(count, 0);
  for (const Index k : neurons) out.at(static_cast<std::size_t>(k)) = 1;
  return out;
}

/// One each per layer of weights: -1 for those that feed no hidden neurons.
std::vector<std::int64_t> by_layer(const std::vector<Index>& hidden, int layers) {
  std::vector<std::int64_t> out(hidden.begin(), hidden.end());
  out.resize(static_cast<std::size_t>(layers), -1);
  return out;
}

class SkeletonDescriber {
 public:
  SkeletonDescriber(const SkeletonRun& run, Real tolerance) : run_(run) {
    record_.end = name_of(run.skeleton.end);
    record_.detail = run.skeleton.detail;
    record_.known = run.skeleton.end != SkeletonEnd::not_known;
    record_.delta = stored(run.delta);
    record_.loss_at_origin = stored(run.skeleton.loss_at_origin);
    record_.tolerance = stored(tolerance);
    record_.degree = run.skeleton.degree;
    record_.later_degree = run.skeleton.later_degree;
  }

  archive::SkeletonRecord describe() {
    Real loss = run_.skeleton.loss_at_origin;
    for (const SkeletonJump& jump : run_.skeleton.jumps) {
      add_jump(jump, loss);
      loss = jump.loss;
    }
    for (const ComparedSequence& other : run_.others) add_sequence(other);
    return std::move(record_);
  }

 private:
  double flow_time(Real time, Real after, Real delta) const {
    const Skeleton& s = run_.skeleton;
    const Real later = after > 0 ? flow_time_of(s.later_degree, after, std::log(delta)) : Real(0);
    return stored(flow_time_of(s.degree, time, std::log(delta)) + later);
  }

  void add_jump(const SkeletonJump& jump, Real loss_before) {
    const std::size_t neurons = run_.description.neuron_layer.size();
    archive::JumpRow row;
    row.time = stored(jump.time);
    row.after = stored(jump.after);
    row.flow_time = flow_time(jump.time, jump.after, run_.delta);
    row.loss_before = stored(loss_before);
    row.loss = stored(jump.loss);
    row.activated = mask(jump.activated, neurons);
    row.deactivated = mask(jump.deactivated, neurons);
    row.active = mask(jump.active, neurons);
    row.active_neurons = by_layer(jump.active_neurons, run_.description.layer_count);
    row.clocks = to_doubles(jump.clocks);
    row.point = to_doubles(jump.weights);
    if (jump.point) add_point(*jump.point, row);
    record_.jumps.push_back(std::move(row));
  }

  static void add_point(const CriticalPoint& point, archive::JumpRow& row) {
    row.kind = flag_of(point.kind);
    row.gradient_norm = stored(point.refinement.gradient_norm);
    row.relative_gradient = stored(point.refinement.relative_gradient);
    if (!point.is_critical()) return;
    row.ways_down = std::ssize(point.escapes);
    if (!point.spectrum.counted) return;
    row.index_negative = point.spectrum.negative;
    if (point.knows_zero_modes()) {
      row.index_zero_explained = point.zero_modes.explained();
      row.index_zero_unexplained = point.zero_modes.unexplained;
    }
    row.index_positive = point.spectrum.positive;
    row.eigenvalue_gap = stored(point.spectrum.gap);
    row.lambda_min = stored(point.spectrum.min());
  }

  void add_sequence(const ComparedSequence& other) {
    const auto number_of_it = std::ssize(record_.sequences);
    const bool flow = other.course.kind == SequenceCourse::Kind::flow;
    archive::SequenceRow row;
    row.kind = flag_of(flow ? SequenceKind::flow : SequenceKind::pursuit);
    row.end_loss = stored(other.course.end_loss);
    row.failed = other.failed ? 1 : 0;
    if (flow) row.delta = stored(other.delta);
    if (const auto& losses = other.course.losses.rows(); flow && !losses.empty()) {
      row.end_flow_time = stored(losses.back().time);
      row.end_time = slow_time(losses.back().time, other.delta);
      row.steps = other.steps;
      row.unresolved = other.unresolved;
    }
    const auto first_stop = std::ssize(record_.stops);
    for (const SaddleStop& stop : other.sequence.stops) add_stop(stop, other, number_of_it);
    for (std::size_t k = 0; k < other.matches.size(); ++k)
      add_match(other.matches[k], other.absences[k], number_of_it, first_stop);
    if (flow) add_losses(other, number_of_it);
    record_.sequences.push_back(row);
    record_.ends.push_back(other.end);
  }

  double slow_time(Real time, Real delta) const {
    return stored(slow_time_of(run_.skeleton.degree, time, std::log(delta)));
  }

  void add_stop(const SaddleStop& stop, const ComparedSequence& other, std::int64_t sequence) {
    archive::StopRow row;
    row.sequence = sequence;
    row.time = stored(stop.time);
    row.after = stored(stop.after);
    // The time of a flow's stop is of the whole way; its later slow time is one more measure of the same.
    if (other.delta > 0) row.flow_time = flow_time(stop.time, 0, other.delta);
    row.loss = stored(stop.loss);
    row.active_neurons = by_layer(stop.active_neurons, run_.description.layer_count);
    row.outputs = samples_by_row(stop.outputs);
    record_.stops.push_back(std::move(row));
  }

  void add_match(const StopMatch& match, const Absence& absence, std::int64_t sequence,
                 std::int64_t first_stop) {
    archive::MatchRow row;
    row.sequence = sequence;
    // The first sequence's stops are the first rows of all.
    (record_.known ? row.jump : row.first_stop) = match.first;
    row.stop = match.second < 0 ? -1 : first_stop + match.second;
    row.absence = flag_of(absence.kind);
    if (match.is_pair()) {
      row.time_difference = stored(match.time_difference);
      row.loss_difference = stored(match.loss_difference);
      row.output_distance = stored(match.output_distance);
      row.same_active_neurons = flag_of(match.same_active_neurons ? Verdict::yes : Verdict::no);
    } else if (!std::isnan(absence.nearest.time)) {
      row.nearest_flow_time = stored(absence.nearest.time);
      row.nearest_loss = stored(absence.nearest.loss);
      row.nearest_proximity = stored(absence.nearest.proximity);
      row.nearest_outputs = stored(absence.nearest.outputs);
    }
    record_.matches.push_back(row);
    record_.reasons.push_back(absence.words);
  }

  void add_losses(const ComparedSequence& other, std::int64_t sequence) {
    std::vector<double> times, losses;
    for (const LossCurve::Row& row : other.course.losses.rows()) {
      if (!std::isfinite(row.time)) break;  // beyond the numbers: a tiny start of a high degree
      times.push_back(stored(row.time));
      losses.push_back(stored(row.loss));
    }
    const std::vector<std::span<const double>> curves{losses};
    for (const std::size_t k : thin_rows(times, curves, kRowsOfLoss)) {
      const auto time = static_cast<Real>(times[k]);
      record_.losses.push_back(
          {sequence, slow_time(time, other.delta), times[k], later_time(time, other), losses[k]});
    }
  }

  /// Since the first stop, where the jumps after the first one have a slow time of their own.
  double later_time(Real time, const ComparedSequence& other) const {
    const Skeleton& s = run_.skeleton;
    if (s.later_degree == s.degree || other.sequence.stops.empty()) return archive::not_known;
    const Real log_delta = std::log(other.delta);
    const Real first = flow_time_of(s.degree, other.sequence.stops.front().time, log_delta);
    return stored(slow_time_of(s.later_degree, time - first, log_delta));
  }

  const SkeletonRun& run_;
  archive::SkeletonRecord record_;
};

archive::RunSummary summary_of(const SkeletonRun& run, const SkeletonRunOptions& options) {
  archive::RunSummary summary;
  summary.stop_reason = name_of(RunState::search_ended);
  if (run.failed()) summary.stop_reason = StopReason(Stop::numerical_error).text();
  if (run.interrupted) summary.stop_reason = StopReason(Stop::interrupted).text();
  if (run.failed()) {
    std::string message = run.skeleton.end == SkeletonEnd::failed ? run.skeleton.detail : "";
    for (const ComparedSequence& other : run.others)
      if (other.failed) message += (message.empty() ? "" : "; ") + other.end;
    summary.texts.emplace_back("stop_message", message);
  }
  summary.numbers = {{"horizon", stored(options.horizon)},
                     {"tie", stored(options.skeleton.tie)},
                     {"starts", static_cast<double>(options.starts)},
                     {"seed", static_cast<double>(options.seed)}};
  return summary;
}

}  // namespace

archive::SkeletonRecord describe_skeleton(const SkeletonRun& run, Real tolerance) {
  return SkeletonDescriber(run, tolerance).describe();
}

void write_skeleton(const std::string& file, const SkeletonRun& run, const SkeletonRunOptions& options,
                    ExistingFile existing) {
  archive::create_with_skeleton(file, run.description, summary_of(run, options),
                                describe_skeleton(run, options.tolerance), existing);
}

}  // namespace saddleflow

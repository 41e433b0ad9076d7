#include "saddleflow/job/limit_run.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "saddleflow/archive/limit_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/record/time_row.hpp"
#include "saddleflow/record/weight_measures.hpp"
#include "saddleflow/study/stored_data.hpp"

namespace saddleflow {

namespace {

/// The search leaves noise of 1e-17 in neurons that are zero at the point; the path must not carry it.
KktPoint with_exact_zeros(const KktEntry& entry) {
  KktPoint point = entry.point;
  for (Index i : entry.structure.zero_parameters) point.direction[i] = 0;
  point.direction.normalize();
  return point;
}

archive::TimeRow time_row(Probe& probe, const LimitPathPoint& at, std::int64_t step, Real before) {
  Observables o;
  probe.observe(GradientFlow::initial_state(at.weights), o);
  archive::TimeRow row = observed_row(o);
  row.time = static_cast<double>(at.time);
  row.step = step;
  row.step_size = static_cast<double>(at.time - before);
  row.energy_drift = archive::not_known;
  row.phase_time = row.time;
  return row;
}

archive::SaddleRow end_row(const LimitPath& path) {
  archive::SaddleRow row;
  row.point = to_doubles(path.end.point);
  row.eigenvalues = to_doubles(path.spectrum.eigenvalues);
  row.loss = static_cast<double>(path.end.loss);
  row.gradient_norm = static_cast<double>(path.end.gradient_norm);
  row.proximity = archive::not_known;
  row.newton_distance = static_cast<double>(path.spectrum.newton_distance);
  row.enter_time = row.leave_time = archive::not_known;
  row.closest_time = static_cast<double>(path.points.back().time);
  if (path.spectrum.counted) {
    row.index_negative = path.spectrum.negative;
    row.index_zero = path.spectrum.zero;
    row.index_positive = path.spectrum.positive;
  }
  return row;
}

archive::RunSummary summary(const LimitPath& path, const KktEntry& entry, const LimitRunOptions& options) {
  archive::RunSummary s;
  s.stop_reason = path.stop_reason.text();
  const auto number = [&s](const char* name, auto value) {
    s.numbers.emplace_back(name, static_cast<double>(value));
  };
  number("rtol", options.rtol);
  number("kkt_point", options.point);
  number("kkt_value", entry.point.value);
  number("start_time", path.start.time);
  number("start_correction", path.start.correction);
  number("end_displacement", path.end.displacement);
  number("end_relative_gradient", path.end.relative_gradient);
  number("gradients", path.work.gradients);
  number("hessian_vectors", path.work.hessian_vectors);
  number("hessians", path.work.hessians);
  number("steps_accepted", path.steps.accepted);
  number("steps_rejected_error", path.steps.rejected_error);
  return s;
}

/// Its rows and snapshots, one of each for every step.
void put_path(KktProblem& problem, const LimitPath& path, archive::LimitRecord& record) {
  GradientFlow flow(*problem.objective);
  Probe probe(flow, GradientFlow::initial_state(path.points.front().weights));
  std::optional<TestGauge> test_gauge;
  if (std::optional<Dataset> test = stored_problem_data(record.description).test)
    test_gauge.emplace(problem.objective->shared_network(), std::move(*test), problem.objective->loss());
  Real before = path.start.time;
  for (const LimitPathPoint& point : path.points) {
    const auto number = static_cast<std::int64_t>(record.times.size());
    archive::TimeRow row = time_row(probe, point, number + 1, before);
    if (test_gauge) put_test_score(test_gauge->score(point.weights), row);
    archive::SnapshotRow snapshot{static_cast<double>(point.time), to_doubles(point.weights)};
    snapshot.time_row = number;
    put_weight_measures(problem.objective->network(), point.weights, snapshot);
    record.times.push_back(std::move(row));
    record.snapshots.push_back(std::move(snapshot));
    before = point.time;
  }
}

}  // namespace

void require_limit_path(const KktProblem& problem, const std::string& source) {
  require_homogeneous(problem.objective->network(), source + ": limit path");
  if (!problem.objective->decay().empty())
    throw InputError(source + ": flow.decay: the limit path is defined for flows without weight decay");
  if (problem.objective->network().traits().kinked())
    throw InputError(source +
                     ": network.power 1 with network.slope other than 1 has kinks, the limit path is defined "
                     "for smooth networks");
}

LimitPath run_limit_path(KktProblem& problem, const KktTable& table, const LimitRunOptions& options) {
  const auto count = static_cast<Index>(table.entries.size());
  if (options.point < 0 || options.point >= count)
    throw InputError(
        fmt::format("KKT point {}: the table has no such row, expected 1 to {}", options.point + 1, count));
  LimitPathOptions path;
  path.rtol = options.rtol;
  path.interrupt = options.interrupt;
  return compute_limit_path(*problem.objective,
                            with_exact_zeros(table.entries[static_cast<std::size_t>(options.point)]), path);
}

SaddleSurvey classify_end(KktProblem& problem, const LimitPath& path, const LimitRunOptions& options) {
  SaddleSurveyOptions survey;
  survey.rtol = options.rtol;
  survey.interrupt = options.interrupt;
  SaddleSurvey end = survey_point(problem, path.end.point, survey);
  SaddleVisit visit;
  visit.recorded = end_row(path);
  visit.point = 0;
  visit.has_saddle = true;
  end.visits.push_back(std::move(visit));
  return end;
}

void write_limit_path(const std::string& file, KktProblem& problem, const KktTable& table,
                      const LimitRunOptions& options, const LimitPath& path, const SaddleSurvey& end,
                      ExistingFile existing) {
  archive::LimitRecord record;
  record.description = problem.description;
  record.description.eigenvalue_count = path.spectrum.eigenvalues.size();
  describe_weight_measures(problem.objective->network(), record.description);
  put_path(problem, path, record);
  record.summary = summary(path, table.entries[static_cast<std::size_t>(options.point)], options);
  record.kkt = describe_kkt(table, record.description.layer_count);
  record.kkt.counts.emplace_back("run_point", options.point);
  record.end = describe_saddles(end, problem.objective->network(), {});
  archive::write_limit(file, record, existing);
}

}  // namespace saddleflow

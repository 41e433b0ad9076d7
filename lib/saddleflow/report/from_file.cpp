#include "saddleflow/report/from_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/same_problem.hpp"
#include "saddleflow/archive/sweep_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/thin.hpp"

namespace saddleflow::report {

namespace {

using archive::RunReader;

/// Weights that are read for paths: five times what is drawn (max_path), as paths are thinned by their shape.
constexpr std::size_t max_path_snapshots = 1500;

Column column(const RunReader& reader, const std::string& name) {
  return reader.has(name) ? reader.column(name) : Column{};
}

Column integers(const RunReader& reader, const std::string& name) {
  if (!reader.has(name)) return {};
  const std::vector<std::int64_t> values = reader.integer_column(name);
  return {values.begin(), values.end()};
}

/// NaN where it is not known.
Column counts(const RunReader& reader, const std::string& name) {
  Column values = integers(reader, name);
  std::replace(values.begin(), values.end(), -1.0, archive::not_known);
  return values;
}

/// Row-major table on disk to one vector per column.
std::vector<Column> columns(const RunReader& reader, const std::string& name) {
  if (!reader.has(name)) return {};
  const std::vector<double> values = reader.column(name);
  const auto width = static_cast<std::size_t>(reader.width(name));
  std::vector<Column> table(width);
  for (std::size_t i = 0; i < values.size(); ++i) table[i % width].push_back(values[i]);
  return table;
}

std::string flag_name(const std::vector<std::string>& names, int flag) {
  const auto known = static_cast<int>(names.size());
  return flag >= 0 && flag < known ? names[static_cast<std::size_t>(flag)] : fmt::format("kind {}", flag);
}

void read_network(const archive::RunDescription& d, RunData& run) {
  run.network_kind = d.network_kind;
  run.network_traits = d.network_traits;
  run.activation = d.activation;
  run.layer_sizes = d.layer_sizes;
  run.bias = d.bias;
  run.slope = d.slope;
  run.power = d.power;
  run.degree = d.degree;
  for (std::size_t p = 0; p < d.parameter_layer.size(); ++p)
    run.parameters.push_back(
        {static_cast<int>(d.parameter_layer[p]), d.parameter_row[p], d.parameter_column[p]});
  for (std::size_t k = 0; k < d.neuron_layer.size(); ++k)
    run.neurons.push_back({static_cast<int>(d.neuron_layer[k]), d.neuron_index[k]});
}

void read_stages(const archive::RunDescription& d, RunData& run) {
  const auto factors = static_cast<std::size_t>(d.group_factor_count);
  for (std::size_t k = 0; k < d.stage_loss.size(); ++k) {
    std::string frequency;
    for (std::size_t j = 0; j < factors; ++j)
      frequency += (j == 0 ? "" : ",") + std::to_string(d.stage_frequency[k * factors + j]);
    run.stages.push_back({d.stage_loss[k], frequency, d.stage_correlation[k]});
  }
}

void read_texts(const RunReader& reader, RunData& run) {
  const archive::RunDescription& d = reader.description();
  run.title = d.title;
  run.file = std::filesystem::path(reader.path()).filename().string();
  run.stop_reason = reader.summary().stop_reason;
  run.problem = {{"loss", d.loss},
                 {"reduction", d.reduction},
                 {"samples", run.has_trait("means") ? "infinitely many" : std::to_string(d.sample_count)},
                 {"inputs", std::to_string(d.input_count)},
                 {"outputs", std::to_string(d.output_count)},
                 {"data", d.data_origin}};
  if (d.data_seed >= 0) run.problem.emplace_back("data seed", std::to_string(d.data_seed));
  if (d.dropped_rows > 0) run.problem.emplace_back("rows dropped for gaps", std::to_string(d.dropped_rows));
  for (const auto& [name, value] : reader.summary().numbers)
    run.counters.emplace_back(name, fmt::format("{:.15g}", value));
  run.provenance = d.provenance;
  run.provenance.emplace_back("run id", reader.run_id());
  run.provenance.emplace_back("history", reader.history());
  run.study = d.toml;
  run.study_as_typed = d.toml_user;
  run.stepper_names = d.stepper_names;
}

/// Rows within a step, which all have the number of steps before it, get their place between the two.
void spread_steps(const Column& time, Column& step) {
  for (std::size_t first = 0; first < step.size();) {
    std::size_t next = first + 1;
    while (next < step.size() && step[next] == step[first]) ++next;
    const double before = step[first];
    for (std::size_t i = first + 1; i < next && next < step.size(); ++i)
      if (time[next] > time[first])
        step[i] = before + (step[next] - before) * (time[i] - time[first]) / (time[next] - time[first]);
    first = next;
  }
}

void read_times(const RunReader& reader, RunData& run) {
  run.time = column(reader, "time");
  run.step = integers(reader, "step");
  spread_steps(run.time, run.step);
  run.loss = column(reader, "loss");
  run.gradient_norm = column(reader, "gradient_norm");
  run.weight_norm = column(reader, "weight_norm");
  run.step_size = column(reader, "step_size");
  run.proximity = column(reader, "proximity");
  run.balance_drift = column(reader, "balance_drift");
  run.energy_drift = column(reader, "energy_drift");
  run.stepper = integers(reader, "stepper");
  run.layer_norm = columns(reader, "layer_norm");
  run.neuron_norm = columns(reader, "neuron_norm");
  run.kkt_residual = column(reader, "kkt_residual");
  run.penalty = column(reader, "penalty");
  run.normalised_margin = column(reader, "normalised_margin");
  run.margin_kkt_residual = column(reader, "margin_kkt_residual");
  run.test_loss = column(reader, "test_loss");
}

void read_measures(const RunReader& reader, RunData& run) {
  WeightMeasures& measures = run.measures;
  measures.time = column(reader, "snapshot_time");
  measures.singular_values = columns(reader, "singular_values");
  for (const std::int64_t l : reader.description().singular_value_layer)
    measures.layer.push_back(static_cast<int>(l));
  measures.product = columns(reader, "product_singular_values");
  measures.effective_width = columns(reader, "effective_width");
  for (Column& widths : measures.effective_width)
    std::replace(widths.begin(), widths.end(), -1.0, archive::not_known);
  measures.width_kind = reader.description().width_kind;
  measures.distance = columns(reader, "manifold_distance");
  for (const std::int64_t l : reader.description().manifold_layer)
    measures.manifold_layer.push_back(static_cast<int>(l));
  for (const std::int64_t h : reader.description().manifold_width)
    measures.manifold_width.push_back(static_cast<int>(h));
  measures.manifold_kind = reader.description().manifold_kind;
}

void read_modes(const RunReader& reader, RunData& run) {
  run.has_mode_changes = reader.has_mode_changes();
  run.has_patches = reader.description().patches;
  run.mode_changes = reader.mode_changes();
  run.sliding_count = counts(reader, "sliding_count");
  run.dead_neurons = counts(reader, "dead_neurons");
}

void read_kkt(const RunReader& reader, RunData& run) {
  archive::KktRecord record = reader.kkt();
  run.kkt = std::move(record.rows);
  run.max_margin = std::move(record.max_margin);
  run.margin_count = static_cast<std::int64_t>(record.margins.size());
  for (const auto& [name, value] : record.counts) {
    if (name == "run_point")
      run.run_point = value;
    else
      run.kkt_search.emplace_back(name, std::to_string(value));
  }
  const bool known = run.run_point < static_cast<std::int64_t>(run.kkt.size());
  if (!known) run.run_point = -1;
  if (!reader.has("alignment")) return;
  run.alignment.time = column(reader, "snapshot_time");
  run.alignment.cosine = column(reader, "alignment");
  run.alignment.residual = column(reader, "snapshot_kkt_residual");
  run.alignment.neuron_cosine = columns(reader, "neuron_alignment");
  if (!run.max_margin.empty()) run.alignment.max_margin = column(reader, "max_margin_alignment");
}

void read_events(const RunReader& reader, RunData& run) {
  for (const archive::EventRow& e : reader.event_rows())
    run.events.push_back({flag_name(reader.description().event_kinds, e.kind), e.direction, e.time, e.value,
                          e.loss, e.gradient_norm, e.proximity, e.lambda_min, e.lambda_max, e.time_error,
                          e.snapshot});
  run.has_saddle_record = reader.has_saddle_record();
  run.saddle_record = reader.saddle_record();
}

void read_visits(const RunReader& reader, RunData& run) {
  for (archive::SaddleRow& s : reader.saddle_rows())
    run.saddles.push_back({std::move(s.point), std::move(s.eigenvalues), s.loss, s.gradient_norm, s.proximity,
                           s.newton_distance, s.enter_time, s.closest_time, s.leave_time, s.index_negative,
                           s.index_zero, s.index_positive,
                           by_flag<VisitDepth>(s.depth, reader.path() + ": /saddles/depth")});
}

/// The first row after the run has left the neighbourhood of each saddle.
std::vector<std::size_t> rows_of_exits(const std::vector<double>& times, const RunData& run) {
  std::vector<std::size_t> rows;
  for (const Saddle& s : run.saddles) {
    const auto leave = std::lower_bound(times.begin(), times.end(), s.leave_time) - times.begin();
    if (std::isfinite(s.leave_time) && leave < std::ssize(times))
      rows.push_back(static_cast<std::size_t>(leave));
  }
  return rows;
}

/// Rows of the snapshots to load, ascending.
std::vector<std::size_t> wanted_snapshots(const std::vector<double>& times, const RunData& run) {
  if (times.empty()) return {};
  std::vector<std::size_t> rows{0, times.size() - 1};
  for (const Event& e : run.events)
    if (e.snapshot >= 0 && e.snapshot < static_cast<std::int64_t>(times.size()))
      rows.push_back(static_cast<std::size_t>(e.snapshot));
  if (run.has_saddle_record) {
    const std::vector<std::size_t> exits = rows_of_exits(times, run);
    rows.insert(rows.end(), exits.begin(), exits.end());
  }
  const bool plane = !run.layer_sizes.empty() && run.layer_sizes.front() == 2;
  if (plane) {
    const std::vector<std::size_t> path = thin_rows(times, {}, max_path_snapshots);
    rows.insert(rows.end(), path.begin(), path.end());
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

void read_snapshots(const RunReader& reader, RunData& run) {
  const std::vector<double> times = column(reader, "snapshot_time");
  const std::vector<std::size_t> rows = wanted_snapshots(times, run);
  for (const std::size_t row : rows)
    run.snapshots.push_back({times[row], reader.row("weights", static_cast<std::int64_t>(row))});
  // Events name rows of the file; from here on they name rows of `snapshots`.
  for (Event& e : run.events) {
    const auto found = std::lower_bound(rows.begin(), rows.end(), static_cast<std::size_t>(e.snapshot));
    const bool loaded =
        e.snapshot >= 0 && found != rows.end() && *found == static_cast<std::size_t>(e.snapshot);
    e.snapshot = loaded ? found - rows.begin() : -1;
  }
}

void read_rounds(const RunReader& reader, RunData& run) {
  run.has_rounds = reader.has_rounds();
  run.rounds = reader.rounds();
  const std::vector<double> times = column(reader, "snapshot_time");
  for (const archive::RoundRow& round : run.rounds) {
    run.round_points.emplace_back();
    if (round.snapshot < 0 || round.snapshot >= std::ssize(times)) continue;
    run.round_points.back() = {times[static_cast<std::size_t>(round.snapshot)],
                               reader.row("weights", round.snapshot)};
  }
}

}  // namespace

RunData read_run(const RunReader& reader) {
  RunData run;
  read_network(reader.description(), run);
  read_stages(reader.description(), run);
  read_texts(reader, run);
  read_times(reader, run);
  read_modes(reader, run);
  read_measures(reader, run);
  read_kkt(reader, run);
  if (run.time.empty() && run.kkt.empty() && !reader.has_saddle_record() && !reader.has_rounds() &&
      !reader.has_skeleton())
    throw InputError(fmt::format("{}: no row written yet, nothing to show", reader.path()));
  read_events(reader, run);
  read_visits(reader, run);
  read_snapshots(reader, run);
  read_rounds(reader, run);
  run.has_skeleton = reader.has_skeleton();
  run.skeleton = reader.skeleton();
  check(run);
  return run;
}

RunData read_run(const std::string& path) { return read_run(RunReader::open(path)); }

std::vector<RunData> read_runs(const std::vector<std::string>& paths) {
  std::vector<RunData> runs;
  std::optional<RunReader> first;
  for (const std::string& path : paths) {
    if (archive::is_sweep_file(path))
      throw InputError(
          fmt::format("{}: a collected sweep among {} files, expected run files, or the sweep alone", path,
                      paths.size()));
    RunReader reader = RunReader::open(path);
    if (first)
      archive::check_same_problem(first->description(), first->path(), reader.description(), reader.path());
    if (!reader.has("time") || reader.rows().time == 0)
      throw InputError(fmt::format("{}: no trajectory, expected runs with at least one row", reader.path()));
    RunData& run = runs.emplace_back();
    read_network(reader.description(), run);
    read_texts(reader, run);
    run.time = column(reader, "time");
    run.step = integers(reader, "step");
    spread_steps(run.time, run.step);
    run.loss = column(reader, "loss");
    read_visits(reader, run);
    if (!first) first.emplace(std::move(reader));
  }
  return runs;
}

}  // namespace saddleflow::report

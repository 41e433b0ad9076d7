#include "example_file.hpp"

#include <algorithm>
#include <cstdlib>

#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/archive/saddle_writer.hpp"

namespace saddleflow::report {

namespace {

using namespace saddleflow::archive;

const std::vector<std::string> event_kinds{"origin_escape", "saddle_enter", "saddle_closest", "saddle_leave",
                                           "level_loss",    "steady",       "jump_1",         "jump_2"};

int kind_flag(const std::string& kind) {
  return static_cast<int>(std::find(event_kinds.begin(), event_kinds.end(), kind) - event_kinds.begin());
}

RunDescription description(const RunData& run) {
  RunDescription d;
  d.title = run.title;
  d.command = "write_example_file";
  d.network_kind = run.network_kind;
  d.network_traits = run.network_traits;
  d.activation = run.activation;
  d.layer_sizes = run.layer_sizes;
  d.slope = run.slope;
  d.power = run.power;
  d.degree = run.degree;
  for (const report::ParameterPlace& p : run.parameters) {
    d.parameter_layer.push_back(p.layer);
    d.parameter_row.push_back(p.row);
    d.parameter_column.push_back(p.column);
  }
  for (const NeuronPlace& n : run.neurons) {
    d.neuron_layer.push_back(n.layer);
    d.neuron_index.push_back(n.index);
  }
  d.layer_count = run.parameters.back().layer + 1;
  d.loss = "square";
  d.reduction = "sum";
  d.data_origin = "made up";
  d.sample_count = 8;  // as many as example_modes.cpp has
  d.input_count = run.layer_sizes.front();
  d.mode_changes = run.has_mode_changes;
  d.output_count = 1;
  d.inputs.assign(static_cast<std::size_t>(d.sample_count * d.input_count), 1.0);
  d.targets.assign(static_cast<std::size_t>(d.sample_count), 1.0);
  d.toml = run.study;
  d.toml_user = run.study_as_typed;
  d.provenance = run.provenance;
  d.eigenvalue_count = static_cast<std::int64_t>(run.parameters.size());
  d.event_kinds = event_kinds;
  d.stepper_names = run.stepper_names;
  return d;
}

void append_times(RunWriter& writer, const RunData& run) {
  for (std::size_t i = 0; i < run.time.size(); ++i) {
    TimeRow row{run.time[i],
                static_cast<std::int64_t>(run.step[i]),
                run.loss[i],
                run.gradient_norm[i],
                run.weight_norm[i],
                run.step_size[i],
                run.proximity[i],
                run.balance_drift[i],
                run.energy_drift[i],
                static_cast<int>(run.stepper[i]),
                {},
                {}};
    for (const Column& c : run.layer_norm) row.layer_norm.push_back(c[i]);
    for (const Column& c : run.neuron_norm) row.neuron_norm.push_back(c[i]);
    if (!run.sliding_count.empty()) row.sliding_count = static_cast<std::int64_t>(run.sliding_count[i]);
    if (!run.dead_neurons.empty()) row.dead_neurons = static_cast<std::int64_t>(run.dead_neurons[i]);
    writer.append(row);
  }
}

void add_points(const std::string& path, const RunData& run) {
  KktRecord record{run.kkt, {{"run_point", run.run_point}}};
  for (const auto& [name, value] : run.kkt_search)
    record.counts.emplace_back(name, std::strtoll(value.c_str(), nullptr, 10));
  std::vector<SnapshotRow> rows(run.alignment.time.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].nearest_kkt = run.run_point;
    rows[i].alignment = run.alignment.cosine[i];
    rows[i].kkt_residual = run.alignment.residual[i];
    for (const Column& neuron : run.alignment.neuron_cosine) rows[i].neuron_alignment.push_back(neuron[i]);
  }
  add_kkt(path, record, rows);
}

void add_visits(const std::string& path, const RunData& run) {
  SaddleRecord record = run.saddle_record;
  const std::vector<SaddleRow> recorded = RunReader::open(path).saddle_rows();
  for (std::size_t k = 0; k < recorded.size(); ++k) record.visits[k].recorded = recorded[k];
  add_saddles(path, record);
}

}  // namespace

void write_example_file(const std::string& path, const RunData& run) {
  RunWriter writer = RunWriter::create(path, description(run), {.overwrite = true});
  append_times(writer, run);
  writer.append(run.mode_changes);
  for (const Snapshot& s : run.snapshots) writer.append(SnapshotRow{s.time, s.weights});
  for (const Event& e : run.events)
    writer.append(EventRow{e.time, kind_flag(e.kind), e.direction, e.value, e.loss, e.gradient_norm,
                           e.proximity, e.lambda_min, e.lambda_max, e.time_error, e.snapshot});
  for (const Saddle& s : run.saddles)
    writer.append(SaddleRow{s.point, s.eigenvalues, s.loss, s.gradient_norm, s.proximity, s.newton_distance,
                            s.enter_time, s.closest_time, s.leave_time, s.index_negative, s.index_zero,
                            s.index_positive});
  RunSummary summary;
  summary.stop_reason = run.stop_reason;
  for (const auto& [name, value] : run.counters)
    summary.numbers.emplace_back(name, std::strtod(value.c_str(), nullptr));
  writer.finish(summary);
  if (!run.kkt.empty()) add_points(path, run);
  if (run.has_saddle_record) add_visits(path, run);
}

}  // namespace saddleflow::report

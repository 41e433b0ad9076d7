#include "saddleflow/report/run_data.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow::report {

namespace {

void check_column(const std::string& name, const Column& column, std::size_t expected) {
  if (column.empty() || column.size() == expected) return;
  throw InputError(
      fmt::format("report: {} has {} rows, expected {} like its time", name, column.size(), expected));
}

void check_weights(const std::string& name, const std::vector<double>& weights, std::size_t expected) {
  if (weights.empty() || weights.size() == expected) return;
  throw InputError(
      fmt::format("report: {} has {} weights, expected {} parameters", name, weights.size(), expected));
}

void check_measures(const RunData& run) {
  const WeightMeasures& measures = run.measures;
  const std::size_t rows = measures.time.size();
  if (measures.layer.size() != measures.singular_values.size())
    throw InputError(fmt::format("report: singular_values has {} columns, expected {} like its layers",
                                 measures.singular_values.size(), measures.layer.size()));
  const auto check_table = [&](const char* name, const std::vector<Column>& table) {
    for (std::size_t k = 0; k < table.size(); ++k)
      check_column(fmt::format("{}[{}]", name, k), table[k], rows);
  };
  check_table("singular_values", measures.singular_values);
  check_table("product_singular_values", measures.product);
  check_table("effective_width", measures.effective_width);
  check_table("manifold_distance", measures.distance);
  for (const std::size_t count : {measures.manifold_layer.size(), measures.manifold_width.size()})
    if (count != measures.distance.size())
      throw InputError(fmt::format("report: manifold_distance has {} columns, expected {} like its manifolds",
                                   measures.distance.size(), count));
}

void check_kkt(const RunData& run) {
  for (std::size_t k = 0; k < run.kkt.size(); ++k)
    check_weights(fmt::format("kkt[{}].direction", k), run.kkt[k].direction, run.parameters.size());
  const AlignmentTable& table = run.alignment;
  check_column("alignment", table.cosine, table.time.size());
  check_column("snapshot_kkt_residual", table.residual, table.time.size());
  if (!table.max_margin.empty()) check_column("max_margin_alignment", table.max_margin, table.time.size());
  for (std::size_t k = 0; k < table.neuron_cosine.size(); ++k)
    check_column(fmt::format("neuron_alignment[{}]", k), table.neuron_cosine[k], table.time.size());
  if (table.neuron_cosine.size() > run.neurons.size())
    throw InputError(fmt::format("report: neuron_alignment has {} columns, expected at most {} neurons",
                                 table.neuron_cosine.size(), run.neurons.size()));
}

void check_saddle_record(const RunData& run) {
  const archive::SaddleRecord& record = run.saddle_record;
  if (run.has_saddle_record && record.visits.size() != run.saddles.size())
    throw InputError(fmt::format("report: saddle_record has {} visits, expected {} like the saddles",
                                 record.visits.size(), run.saddles.size()));
  const auto names_a_point = [&](const char* name, std::int64_t row) {
    if (row >= -1 && row < static_cast<std::int64_t>(record.catalogue.size())) return;
    throw InputError(
        fmt::format("report: {} names critical point {}, of {}", name, row, record.catalogue.size()));
  };
  for (std::size_t k = 0; k < record.catalogue.size(); ++k)
    check_weights(fmt::format("catalogue[{}].point", k), record.catalogue[k].point, run.parameters.size());
  for (const archive::CriticalPointRow& point : record.catalogue)
    names_a_point("catalogue/same_function", point.same_function);
  for (const archive::VisitRow& visit : record.visits) names_a_point("saddles", visit.critical_point);
  for (const archive::EscapeRow& escape : record.escapes)
    for (const std::int64_t row : {escape.critical_point, escape.to_plus, escape.to_minus})
      names_a_point("escapes", row);
  for (const archive::TransitionRow& transition : record.transitions)
    for (const std::int64_t row : {transition.from, transition.to}) names_a_point("transitions", row);
}

void check_modes(const RunData& run) {
  check_column("sliding_count", run.sliding_count, run.time.size());
  check_column("dead_neurons", run.dead_neurons, run.time.size());
  const auto neurons = static_cast<std::int64_t>(run.neurons.size());
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k) {
    const archive::ModeChangeRow& change = run.mode_changes[k];
    if (change.neuron < 0 || change.neuron >= neurons)
      throw InputError(
          fmt::format("report: mode_changes[{}] names neuron {}, of {}", k, change.neuron, neurons));
    const double before = k > 0 ? run.mode_changes[k - 1].time : change.time;
    if (!(change.time >= before))
      throw InputError(
          fmt::format("report: mode_changes[{}].time = {}, expected at least {}", k, change.time, before));
  }
}

std::size_t layer_count(const RunData& run) {
  int count = 0;
  for (const ParameterPlace& place : run.parameters) count = std::max(count, place.layer + 1);
  return static_cast<std::size_t>(count);
}

void check_rounds(const RunData& run) {
  if (run.round_points.size() != run.rounds.size())
    throw InputError(fmt::format("report: round_points has {} rows, expected {} like rounds",
                                 run.round_points.size(), run.rounds.size()));
  const std::size_t layers = layer_count(run);
  for (std::size_t k = 0; k < run.rounds.size(); ++k) {
    const archive::RoundRow& round = run.rounds[k];
    check_weights(fmt::format("round_points[{}]", k), run.round_points[k].weights, run.parameters.size());
    for (const auto* counts : {&round.neurons, &round.active_neurons})
      if (!counts->empty() && counts->size() != layers)
        throw InputError(fmt::format("report: rounds[{}] counts the neurons of {} layers, expected {}", k,
                                     counts->size(), layers));
    if (round.first_time >= static_cast<std::int64_t>(run.time.size()))
      throw InputError(fmt::format("report: rounds[{}] begins with row {} of time, of {}", k,
                                   round.first_time, run.time.size()));
  }
}

void check_skeleton(const RunData& run) {
  const archive::SkeletonRecord& record = run.skeleton;
  const auto stops = static_cast<std::int64_t>(record.stops.size());
  for (std::size_t k = 0; k < record.matches.size(); ++k)
    if (record.matches[k].stop < -1 || record.matches[k].stop >= stops)
      throw InputError(
          fmt::format("report: matches[{}] names stop {}, of {}", k, record.matches[k].stop, stops));
  if (record.reasons.size() != record.matches.size() || record.ends.size() != record.sequences.size())
    throw InputError(fmt::format(
        "report: {} reasons and {} ends, expected {} and {} like matches and sequences",
        record.reasons.size(), record.ends.size(), record.matches.size(), record.sequences.size()));
}

}  // namespace

void check(const RunData& run) {
  const std::size_t rows = run.time.size();
  if (rows == 0 && run.kkt.empty() && !run.has_saddle_record && !run.has_rounds && !run.has_skeleton)
    throw InputError("report: time has no rows, expected at least one accepted step");
  for (std::size_t i = 1; i < rows; ++i)
    if (!(run.time[i] >= run.time[i - 1]))
      throw InputError(
          fmt::format("report: time[{}] = {}, expected at least {}", i, run.time[i], run.time[i - 1]));
  check_column("step", run.step, rows);
  check_column("loss", run.loss, rows);
  check_column("gradient_norm", run.gradient_norm, rows);
  check_column("weight_norm", run.weight_norm, rows);
  check_column("step_size", run.step_size, rows);
  check_column("proximity", run.proximity, rows);
  check_column("balance_drift", run.balance_drift, rows);
  check_column("energy_drift", run.energy_drift, rows);
  check_column("stepper", run.stepper, rows);
  check_column("kkt_residual", run.kkt_residual, rows);
  check_column("penalty", run.penalty, rows);
  check_column("normalised_margin", run.normalised_margin, rows);
  check_column("margin_kkt_residual", run.margin_kkt_residual, rows);
  check_column("test_loss", run.test_loss, rows);
  check_modes(run);
  check_measures(run);
  check_kkt(run);
  check_saddle_record(run);
  check_rounds(run);
  check_skeleton(run);
  for (std::size_t l = 0; l < run.layer_norm.size(); ++l)
    check_column(fmt::format("layer_norm[{}]", l), run.layer_norm[l], rows);
  for (std::size_t k = 0; k < run.neuron_norm.size(); ++k)
    check_column(fmt::format("neuron_norm[{}]", k), run.neuron_norm[k], rows);
  for (std::size_t s = 0; s < run.snapshots.size(); ++s)
    check_weights(fmt::format("snapshots[{}]", s), run.snapshots[s].weights, run.parameters.size());
  for (std::size_t s = 0; s < run.saddles.size(); ++s)
    check_weights(fmt::format("saddles[{}].point", s), run.saddles[s].point, run.parameters.size());
  if (run.neuron_norm.size() > run.neurons.size())
    throw InputError(fmt::format("report: neuron_norm has {} columns, expected at most {} neurons",
                                 run.neuron_norm.size(), run.neurons.size()));
}

}  // namespace saddleflow::report

// From the answers of the room correlation/ to the rows of a run file.
#include <algorithm>

#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/late_direction.hpp"

namespace saddleflow {

namespace {

/// As long as there are layers; what is missing at the end is not applicable.
std::vector<std::int64_t> verdicts(const std::vector<RankOneLayer>& layers, Verdict RankOneLayer::*member,
                                   Index count) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(count), flag_of(Verdict::not_applicable));
  for (std::size_t l = 0; l < std::min(out.size(), layers.size()); ++l) out[l] = flag_of(layers[l].*member);
  return out;
}

void describe_structure(const KktStructure& structure, Index layers, archive::KktRow& row) {
  row.layer_share = to_doubles(structure.layer_share);
  row.rank_one_residual.assign(static_cast<std::size_t>(layers), archive::not_known);
  for (std::size_t l = 0; l < std::min(row.rank_one_residual.size(), structure.layers.size()); ++l)
    row.rank_one_residual[l] = static_cast<double>(structure.layers[l].residual);
  row.active_neurons.assign(static_cast<std::size_t>(layers), -1);
  for (std::size_t l = 0; l < std::min(row.active_neurons.size(), structure.active_neurons.size()); ++l)
    row.active_neurons[l] = structure.active_neurons[l];
  row.one_sign = verdicts(structure.layers, &RankOneLayer::one_sign, layers);
  row.equal_magnitude = verdicts(structure.layers, &RankOneLayer::equal_magnitude, layers);
  row.aligned = verdicts(structure.layers, &RankOneLayer::aligned, layers);
  row.rank_one = flag_of(structure.rank_one);
  row.scalar_kkt = flag_of(structure.scalar_kkt);
}

archive::KktRow describe_entry(const KktEntry& entry, Index layers) {
  archive::KktRow row;
  row.direction = to_doubles(entry.point.direction);
  row.value = static_cast<double>(entry.point.value);
  row.residual = static_cast<double>(entry.point.residual);
  row.null = entry.point.null ? 1 : 0;
  row.second_order_status = flag_of(entry.second_order.status);
  if (entry.second_order.status != SecondOrder::Status::unknown) {
    row.second_order_gap = static_cast<double>(entry.second_order.gap);
    row.negative = entry.second_order.negative;
    row.zero_explained = entry.second_order.zero_explained;
    row.zero_unexplained = entry.second_order.zero_unexplained;
    row.positive = entry.second_order.positive;
  }
  row.basin_share = static_cast<double>(entry.basin_share);
  row.starts = entry.starts;
  describe_structure(entry.structure, layers, row);
  if (entry.clarke.stationary != Verdict::not_applicable)
    row.clarke_residual = static_cast<double>(entry.clarke.residual);
  row.passes = entry.passes ? 1 : 0;
  return row;
}

}  // namespace

archive::KktRecord describe_kkt(const KktTable& table, Index layers) {
  archive::KktRecord record;
  for (const KktEntry& entry : table.entries) record.rows.push_back(describe_entry(entry, layers));
  record.counts = {{"seed", static_cast<std::int64_t>(table.seed)},
                   {"starts", table.starts},
                   {"unresolved", table.unresolved},
                   {"values", table.work.values},
                   {"gradients", table.work.gradients},
                   {"hessian_vectors", table.work.hessian_vectors},
                   {"hessians", table.work.hessians}};
  return record;
}

void write_kkt(const std::string& file, const KktProblem& problem, const KktTable& table,
               const std::optional<RunApproach>& approach, const std::optional<LateDirection>& late,
               const std::string& command, ExistingFile existing) {
  archive::KktRecord record = describe_kkt(table, problem.description.layer_count);
  if (!approach) {
    archive::create_with_kkt(file, problem.description, {name_of(RunState::search_ended), {}, {}}, record,
                             existing);
    return;
  }
  record.counts.emplace_back("run_point", approach->point);
  std::vector<archive::SnapshotRow> rows = approach->rows;
  if (late) describe_late_direction(*late, record, rows);
  archive::copy_with_kkt(problem.run->path(), file, command, record, rows, existing);
}

}  // namespace saddleflow

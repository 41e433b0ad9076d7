// From the answers of the room saddle/ to the rows of a file.
#include <algorithm>

#include "saddleflow/archive/saddle_writer.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/job/saddle_run.hpp"

namespace saddleflow {

namespace {

double number(Real x) { return static_cast<double>(x); }

template <class Count>
std::vector<std::int64_t> per_layer(const std::vector<Count>& counts, const Network& network) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(network.layout().layer_count()), -1);
  for (std::size_t l = 0; l < std::min(out.size(), counts.size()); ++l) out[l] = counts[l];
  return out;
}

archive::CriticalPointRow describe_point(const CriticalPoint& point, const Network& network) {
  archive::CriticalPointRow row;
  row.point = to_doubles(point.point());
  row.kind = flag_of(point.kind);
  row.loss = number(point.refinement.loss);
  row.gradient_norm = number(point.refinement.gradient_norm);
  row.relative_gradient = number(point.refinement.relative_gradient);
  row.active_neurons = per_layer(point.active_neurons, network);
  row.zero_neuron.assign(network.neurons().size(), 0);
  for (const Index k : point.inactive.neurons) row.zero_neuron[static_cast<std::size_t>(k)] = 1;
  if (point.inactive.gap > 1) {
    row.inactive_threshold = number(point.inactive.threshold);
    row.inactive_gap = number(point.inactive.gap);
  }
  if (!point.is_critical()) return row;
  if (point.kinks) {
    row.kink_count = static_cast<std::int64_t>(point.kinks->kinks.size());
    row.clarke_residual = number(point.kinks->clarke_residual);
    row.directional_derivative = number(point.kinks->one_sided.least);
  }
  if (point.spectrum.counted) {  // else not known, -1
    row.index_negative = point.spectrum.negative;
    row.index_positive = point.spectrum.positive;
    row.eigenvalue_gap = number(point.spectrum.gap);
  }
  if (point.knows_zero_modes()) {
    row.index_zero_explained = point.zero_modes.explained();
    row.index_zero_unexplained = point.zero_modes.unexplained;
    row.explained_rescaling = point.zero_modes.rescaling;
    row.explained_linear_layers = point.zero_modes.linear_layers;
    row.explained_zero_neurons = point.zero_modes.zero_neurons;
    row.explained_dead_neurons = point.zero_modes.dead_neurons;
  }
  row.eigenvalues = to_doubles(point.spectrum.eigenvalues);
  row.eigenvalue_error = number(point.spectrum.residual_bound);
  return row;
}

archive::EscapeRow describe_escape(const EscapeDirection& way, Index point) {
  archive::EscapeRow row;
  row.critical_point = point;
  row.kind = flag_of(way.kind);
  row.value = number(way.value);
  row.degree = way.degree;
  row.layer = way.layer;
  row.neuron = way.neuron;
  if (way.kind == EscapeDirection::Kind::correlation) row.basin_share = number(way.basin_share);
  row.direction = to_doubles(way.direction);
  return row;
}

/// All ways down in one table: where those of each point begin.
class Escapes {
 public:
  Escapes(const SaddleSurvey& survey, archive::SaddleRecord& record) {
    for (std::size_t k = 0; k < survey.points.size(); ++k) {
      first_.push_back(static_cast<Index>(record.escapes.size()));
      for (const EscapeDirection& way : survey.points[k].escapes)
        record.escapes.push_back(describe_escape(way, static_cast<Index>(k)));
    }
  }
  Index row(Index point, Index escape) const {
    return point < 0 || escape < 0 ? -1 : first_[static_cast<std::size_t>(point)] + escape;
  }

 private:
  std::vector<Index> first_;
};

archive::VisitRow describe_visit(const SaddleVisit& visit, const SaddleSurvey& survey, const Network& network,
                                 const Escapes& escapes) {
  const VisitAnalysis& a = visit.analysis;
  archive::VisitRow row;
  row.recorded = visit.recorded;
  row.run = visit.run;
  row.closest_distance = number(a.closest_distance);
  row.active_neurons.assign(static_cast<std::size_t>(network.layout().layer_count()), -1);
  if (!visit.has_saddle) return row;
  const CriticalPoint& point = survey.points[static_cast<std::size_t>(visit.point)];
  row.critical_point = visit.point;
  if (point.is_critical() && point.spectrum.counted) row.eigenvalue_gap = number(point.spectrum.gap);
  if (point.is_critical() && point.knows_zero_modes()) {
    row.index_zero_explained = point.zero_modes.explained();
    row.index_zero_unexplained = point.zero_modes.unexplained;
  }
  row.active_neurons = per_layer(point.active_neurons, network);
  row.escape_direction = to_doubles(a.exit_direction);
  row.escape = escapes.row(visit.point, a.escape);
  row.exit_overlap = number(a.exit_overlap);
  row.predicted_layer = a.predicted_layer;
  row.predicted_neuron = a.predicted_neuron;
  row.left_layer = a.left_layer;
  row.left_neuron = a.left_neuron;
  row.predicted_leave_time = number(a.predicted_leave_time);
  row.pattern_preserved = flag_of(visit.pattern_preserved);
  row.small_norm = number(a.small_norm);
  row.small_alignment = number(a.small_alignment);
  row.kept_drift = number(a.kept_drift);
  return row;
}

}  // namespace

archive::SaddleRecord describe_saddles(const SaddleSurvey& survey, const Network& network,
                                       const std::vector<std::string>& names) {
  archive::SaddleRecord record;
  for (std::size_t k = 0; k < survey.points.size(); ++k) {
    archive::CriticalPointRow& row = record.catalogue.emplace_back(describe_point(survey.points[k], network));
    row.effective_width = per_layer(survey.widths[k], network);
    row.same_function = survey.same_function[k];
  }
  const Escapes escapes(survey, record);
  for (const SaddleVisit& visit : survey.visits) {
    record.visits.push_back(describe_visit(visit, survey, network, escapes));
    if (visit.has_saddle) ++record.catalogue[static_cast<std::size_t>(visit.point)].visits;
  }
  for (const SaddleConnection& c : survey.connections) {
    archive::EscapeRow& row = record.escapes[static_cast<std::size_t>(escapes.row(c.from, c.escape))];
    (c.sign > 0 ? row.to_plus : row.to_minus) = c.to;
  }
  for (const SaddleTransition& t : survey.transitions)
    record.transitions.push_back({t.from, t.to, t.trajectories, escapes.row(t.from, t.escape)});
  record.runs = names;
  record.counts = {{"escapes_not_followed", survey.not_followed},
                   {"gradients", survey.work.gradients},
                   {"hessian_vectors", survey.work.hessian_vectors},
                   {"hessians", survey.work.hessians}};
  return record;
}

void write_saddles(const std::string& file, const std::vector<KktProblem>& problems,
                   const SaddleSurvey& survey, const std::string& command, ExistingFile existing) {
  std::vector<std::string> names;
  for (const KktProblem& problem : problems)
    if (problem.run) names.push_back(problem.run->path());
  const KktProblem& first = problems.front();
  const archive::SaddleRecord record = describe_saddles(survey, first.objective->network(), names);
  if (names.size() == 1) {
    archive::copy_with_saddles(names.front(), file, command, record, existing);
    return;
  }
  archive::RunDescription description = first.description;
  description.command = command;
  archive::create_with_saddles(file, description, {name_of(RunState::search_ended), {}, {}}, record,
                               existing);
}

}  // namespace saddleflow

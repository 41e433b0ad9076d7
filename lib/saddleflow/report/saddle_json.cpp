// The catalogue of critical points and what belongs to it, for the page.
#include <map>

#include <fmt/format.h>

#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

using archive::CriticalPointRow;
using archive::EscapeRow;
using archive::VisitRow;

CriticalKind kind_of(const CriticalPointRow& point) {
  return find_flag<CriticalKind>(point.kind).value_or(CriticalKind::unresolved);
}

const char* letters_of(CriticalKind kind) {
  switch (kind) {
    case CriticalKind::origin:
      return "origin";
    case CriticalKind::saddle:
      return "S";
    case CriticalKind::minimum:
      return "min";
    case CriticalKind::unresolved:
      return "U";
    case CriticalKind::gradient_flat:
      return "flat";
  }
  return name_of(kind);
}

/// "origin", "S1", "S2", ..., "min": the kinds counted each for itself, without a number where there is one.
std::vector<std::string> point_names(const std::vector<CriticalPointRow>& catalogue) {
  std::map<CriticalKind, int> total, seen;
  for (const CriticalPointRow& point : catalogue) ++total[kind_of(point)];
  std::vector<std::string> names;
  for (const CriticalPointRow& point : catalogue) {
    const CriticalKind kind = kind_of(point);
    const int number = ++seen[kind];
    const bool alone = total[kind] == 1 && (kind == CriticalKind::origin || kind == CriticalKind::minimum);
    names.push_back(alone ? letters_of(kind) : fmt::format("{}{}", letters_of(kind), number));
  }
  return names;
}

/// "1.3" for a row of /neuron, null for none.
Json place_of(const RunData& run, std::int64_t neuron) {
  if (neuron < 0 || neuron >= static_cast<std::int64_t>(run.neurons.size())) return nullptr;
  const NeuronPlace& place = run.neurons[static_cast<std::size_t>(neuron)];
  return fmt::format("{}.{}", place.layer + 1, place.index + 1);
}

Json point_json(const CriticalPointRow& p, const std::string& name) {
  return {{"name", name},
          {"kind", name_of(kind_of(p))},
          {"critical", is_critical(kind_of(p))},
          {"loss", number(p.loss, value_digits)},
          {"gradient_norm", number(p.gradient_norm, value_digits)},
          {"relative_gradient", number(p.relative_gradient, value_digits)},
          {"negative", p.index_negative},
          {"zero_explained", p.index_zero_explained},
          {"zero_unexplained", p.index_zero_unexplained},
          {"positive", p.index_positive},
          {"causes",
           {p.explained_rescaling, p.explained_linear_layers, p.explained_zero_neurons,
            p.explained_dead_neurons}},
          {"gap", number(p.eigenvalue_gap, value_digits)},
          {"lowest", p.eigenvalues.empty() ? Json(nullptr) : number(p.eigenvalues.front(), value_digits)},
          {"eigenvalue_error", number(p.eigenvalue_error, value_digits)},
          {"active_neurons", p.active_neurons},
          {"effective_width", p.effective_width},
          {"same_function", p.same_function},
          {"inactive_threshold", number(p.inactive_threshold, value_digits)},
          {"inactive_gap", number(p.inactive_gap, value_digits)},
          {"visits", p.visits}};
}

Json escape_json(const RunData& run, const EscapeRow& e) {
  return {{"point", e.critical_point},
          {"kind", flag_word<EscapeKind>(e.kind)},
          {"value", number(e.value, value_digits)},
          {"degree", e.degree},
          {"neuron", place_of(run, e.neuron)},
          {"basin_share", number(e.basin_share, value_digits)},
          {"to_plus", e.to_plus},
          {"to_minus", e.to_minus}};
}

}  // namespace

Json visit_json(const RunData& run, std::size_t visit) {
  const archive::SaddleRecord& record = run.saddle_record;
  const VisitRow& v = record.visits[visit];
  const bool known_run = v.run >= 0 && v.run < static_cast<std::int64_t>(record.runs.size());
  return {{"run", known_run ? Json(record.runs[static_cast<std::size_t>(v.run)]) : Json(nullptr)},
          {"point", v.critical_point},
          {"distance", number(v.closest_distance, value_digits)},
          {"zero_explained", v.index_zero_explained},
          {"zero_unexplained", v.index_zero_unexplained},
          {"gap", number(v.eigenvalue_gap, value_digits)},
          {"active_neurons", v.active_neurons},
          {"escape", v.escape},
          {"exit_overlap", number(v.exit_overlap, value_digits)},
          {"predicted", place_of(run, v.predicted_neuron)},
          {"left", place_of(run, v.left_neuron)},
          {"predicted_leave", number(v.predicted_leave_time, time_digits)},
          {"pattern_preserved", v.pattern_preserved},
          {"small_norm", number(v.small_norm, value_digits)},
          {"small_alignment", number(v.small_alignment, value_digits)},
          {"kept_drift", number(v.kept_drift, value_digits)}};
}

Json catalogue_json(const RunData& run) {
  if (!run.has_saddle_record) return nullptr;
  const archive::SaddleRecord& record = run.saddle_record;
  const std::vector<std::string> names = point_names(record.catalogue);
  Json points = Json::array(), escapes = Json::array(), transitions = Json::array(), counts = Json::array();
  for (std::size_t k = 0; k < record.catalogue.size(); ++k)
    points.push_back(point_json(record.catalogue[k], names[k]));
  for (const EscapeRow& escape : record.escapes) escapes.push_back(escape_json(run, escape));
  for (const archive::TransitionRow& t : record.transitions)
    transitions.push_back(
        {{"from", t.from}, {"to", t.to}, {"trajectories", t.trajectories}, {"escape", t.escape}});
  for (const auto& [name, value] : record.counts) counts.push_back({name, std::to_string(value)});
  return {{"points", points},    {"escapes", escapes}, {"transitions", transitions},
          {"runs", record.runs}, {"counts", counts},   {"pictures", weight_pictures(run)}};
}

}  // namespace saddleflow::report

#include "saddleflow/report/directions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/thin.hpp"

namespace saddleflow::report {

std::vector<std::vector<double>> layer_rows(const RunData& run, const std::vector<double>& weights,
                                            int layer) {
  std::vector<std::vector<double>> rows;
  for (std::size_t p = 0; p < run.parameters.size(); ++p) {
    const ParameterPlace& place = run.parameters[p];
    if (place.layer != layer) continue;
    const auto row = static_cast<std::size_t>(place.row), column = static_cast<std::size_t>(place.column);
    if (rows.size() <= row) rows.resize(row + 1);
    if (rows[row].size() <= column) rows[row].resize(column + 1);
    rows[row][column] = std::isfinite(weights[p]) ? weights[p] : 0.0;
  }
  return rows;
}

namespace {

using Rows = std::vector<std::vector<double>>;

constexpr std::size_t max_moments = 14;  ///< pictures in two rows
constexpr std::size_t max_path = 300;    ///< points of a path: as many as its picture has pixels
constexpr std::size_t max_numbers =
    250'000;  ///< of all moments together: the page stays below a few megabytes

struct Candidate {
  std::string label;
  double time;
  const std::vector<double>* weights;
};

/// beta = u v of a diagonal linear network.
Rows coefficients(const RunData& run, const std::vector<double>& weights) {
  Rows beta = layer_rows(run, weights, 0);
  const Rows v = layer_rows(run, weights, 1);
  for (std::size_t j = 0; j < beta.front().size(); ++j) beta.front()[j] *= v.front()[j];
  return beta;
}

bool is_passage(const std::string& name) {
  const std::optional<EventKind> kind = event_kind_of(name);
  return kind == EventKind::saddle_enter || kind == EventKind::saddle_leave;
}

/// The flow stays there to its end, which the last snapshot shows.
bool is_the_end(const Saddle& visit) { return visit.index_negative == 0 && std::isnan(visit.leave_time); }

enum class Passages { shown, left_out };

/// Moments between start and end: for the plane all events with weights, else the visits and the other
/// events.
std::vector<Candidate> middle_moments(const RunData& run, Passages passages) {
  std::vector<Candidate> moments;
  for (const Event& event : run.events) {
    const bool has_weights =
        event.snapshot >= 0 && event.snapshot < static_cast<std::int64_t>(run.snapshots.size());
    if (!has_weights || (is_passage(event.kind) && passages == Passages::left_out) ||
        event_kind_of(event.kind) == EventKind::saddle_closest)
      continue;
    moments.push_back(
        {event.kind, event.time, &run.snapshots[static_cast<std::size_t>(event.snapshot)].weights});
  }
  for (std::size_t s = 0; s < run.saddles.size(); ++s)
    if (!run.saddles[s].point.empty() && !is_the_end(run.saddles[s]))
      moments.push_back({fmt::format("visit {}", s + 1), run.saddles[s].closest_time, &run.saddles[s].point});
  for (std::size_t k = 0; k < run.round_points.size(); ++k)
    if (!run.round_points[k].weights.empty())
      moments.push_back({fmt::format("round {}", k), run.round_points[k].time, &run.round_points[k].weights});
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Candidate& a, const Candidate& b) { return a.time < b.time; });
  return moments;
}

std::vector<Candidate> chosen_moments(const RunData& run, bool plane) {
  std::vector<Candidate> middle = middle_moments(run, plane ? Passages::shown : Passages::left_out);
  if (middle.size() + 2 > max_moments) middle = middle_moments(run, Passages::left_out);
  if (middle.size() + 2 > max_moments)
    std::erase_if(middle, [](const Candidate& c) {
      return !c.label.starts_with("visit ") && !c.label.starts_with("round ");
    });
  if (middle.size() + 2 > max_moments) middle.resize(max_moments - 2);
  const Snapshot& first = run.snapshots.front();
  const Snapshot& last = run.snapshots.back();
  std::vector<Candidate> all{{"start", first.time, &first.weights}};
  for (const Candidate& c : middle)
    if (c.time > first.time && c.time < last.time) all.push_back(c);
  if (run.snapshots.size() > 1) all.push_back({"end", last.time, &last.weights});
  return all;
}

/// The longest rows, at most `limit`, similar ones next to each other.
std::vector<std::int64_t> shown_neurons(const Rows& rows, std::size_t limit) {
  const auto length = [&](std::size_t k) {
    return std::inner_product(rows[k].begin(), rows[k].end(), rows[k].begin(), 0.0);
  };
  std::vector<std::size_t> longest(rows.size());
  std::iota(longest.begin(), longest.end(), std::size_t(0));
  std::stable_sort(longest.begin(), longest.end(), [&](auto a, auto b) { return length(a) > length(b); });
  longest.resize(std::min(limit, longest.size()));
  Rows kept;
  for (const std::size_t k : longest) kept.push_back(rows[k]);
  std::vector<std::int64_t> shown;
  for (const std::size_t i : cluster_order(kept)) shown.push_back(static_cast<std::int64_t>(longest[i]));
  return shown;
}

Rows pick(const Rows& rows, const std::vector<std::int64_t>& neurons) {
  Rows picked;
  for (const std::int64_t k : neurons) picked.push_back(rows[static_cast<std::size_t>(k)]);
  return picked;
}

double plane_length(const std::vector<double>& row) { return std::hypot(row[0], row[1]); }

/// The angle of a vector, without the jump at 180 degrees: the one nearest to that of before, or that itself
/// where there is no vector.
double angle_after(double before, const std::vector<double>& row) {
  if (plane_length(row) == 0) return before;
  return before + std::remainder(std::atan2(row[1], row[0]) - before, 2 * std::numbers::pi);
}

/// Snapshots along the run, thinned so that no turn of any neuron is lost, however short it is.
std::vector<DirectionMoment> plane_path(const RunData& run, const std::vector<std::int64_t>& neurons) {
  std::vector<double> time;
  Rows angle(neurons.size()), norm(neurons.size());
  for (const Snapshot& snapshot : run.snapshots) {
    time.push_back(snapshot.time);
    const Rows rows = pick(layer_rows(run, snapshot.weights, 0), neurons);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      angle[k].push_back(angle_after(angle[k].empty() ? 0 : angle[k].back(), rows[k]));
      norm[k].push_back(plane_length(rows[k]));
    }
  }
  std::vector<std::span<const double>> curves(angle.begin(), angle.end());
  curves.insert(curves.end(), norm.begin(), norm.end());
  std::vector<DirectionMoment> path;
  for (const std::size_t i : thin_rows(time, curves, max_path))
    path.push_back({"", time[i], pick(layer_rows(run, run.snapshots[i].weights, 0), neurons)});
  return path;
}

bool has_weights(const RunData& run) {
  return !run.snapshots.empty() && !run.parameters.empty() &&
         std::all_of(run.snapshots.begin(), run.snapshots.end(),
                     [](const Snapshot& s) { return !s.weights.empty(); });
}

}  // namespace

Directions neuron_directions(const RunData& run, std::size_t max_neurons) {
  Directions result;
  if (!has_weights(run)) return result;
  const bool diagonal = run.has_trait("coordinates");
  const Rows last = layer_rows(run, run.snapshots.back().weights, 0);
  result.inputs = static_cast<std::int64_t>(last.front().size());
  result.neuron_count = static_cast<std::int64_t>(last.size());
  const bool plane = !diagonal && result.inputs == 2;
  result.view = diagonal ? DirectionView::coefficients : plane ? DirectionView::plane : DirectionView::map;
  const std::vector<Candidate> moments = chosen_moments(run, plane);
  const std::size_t affordable = max_numbers / (moments.size() * last.front().size());
  if (!diagonal) result.neurons = shown_neurons(last, std::clamp<std::size_t>(affordable, 1, max_neurons));
  for (const Candidate& m : moments)
    result.moments.push_back(
        {m.label, m.time,
         diagonal ? coefficients(run, *m.weights) : pick(layer_rows(run, *m.weights, 0), result.neurons)});
  if (plane) result.path = plane_path(run, result.neurons);
  return result;
}

}  // namespace saddleflow::report

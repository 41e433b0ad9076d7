// Mode changes of a piecewise-smooth run, for the page.
#include <algorithm>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "saddleflow/base/thin.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

constexpr std::size_t max_marks = 8000;   ///< of all neurons: more would cover one another
constexpr std::size_t fewest_marks = 16;  ///< of a neuron and kind that has them

/// Marks that cover each other: one neuron, one kind.
using MarkGroups = std::map<std::pair<std::int64_t, ModeChangeKind>, std::vector<std::size_t>>;

MarkGroups mark_groups(const RunData& run) {
  MarkGroups groups;
  for (std::size_t k = 0; k < run.mode_changes.size(); ++k)
    groups[{run.mode_changes[k].neuron, run.mode_changes[k].kind}].push_back(k);
  return groups;
}

/// The largest group that fits when all larger ones are cut to its size and `max_marks` are spent.
std::size_t fair_size(const MarkGroups& groups) {
  std::vector<std::size_t> sizes;
  for (const auto& [key, rows] : groups) sizes.push_back(rows.size());
  std::sort(sizes.begin(), sizes.end());
  std::size_t left = max_marks;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const std::size_t share = left / (sizes.size() - k);
    if (sizes[k] > share) return std::max(share, fewest_marks);
    left -= sizes[k];
  }
  return max_marks;
}

/// Rows to draw: of each group those that no picture, in linear time, logarithmic time or steps, can do
/// without.
std::vector<std::size_t> shown_marks(const RunData& run) {
  const MarkGroups groups = mark_groups(run);
  const std::size_t limit = fair_size(groups);
  std::vector<std::size_t> shown;
  for (const auto& [key, rows] : groups) {
    Column time;
    for (const std::size_t k : rows) time.push_back(run.mode_changes[k].time);
    for (const std::size_t i : thin_rows(time, {}, limit)) shown.push_back(rows[i]);
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

Json kind_counts(const RunData& run) {
  Json counts = Json::array();
  for (const NamedValue<ModeChangeKind>& row : enum_table<ModeChangeKind>.rows)
    counts.push_back({row.name, std::count_if(run.mode_changes.begin(), run.mode_changes.end(),
                                              [&](const auto& change) { return change.kind == row.value; })});
  return counts;
}

}  // namespace

Json modes_json(const RunData& run) {
  if (!run.has_mode_changes) return nullptr;
  Json out{{"total", run.mode_changes.size()}, {"kinds", kind_counts(run)}, {"samples", 0}};
  for (const char* column : {"neurons", "time", "step", "neuron", "sample", "kind", "side"})
    out[column] = Json::array();
  for (const NeuronPlace& place : run.neurons)
    out["neurons"].push_back({{"layer", place.layer}, {"index", place.index}});
  std::int64_t samples = 0, patches = 0;
  for (const archive::ModeChangeRow& change : run.mode_changes) {
    samples = std::max(samples, change.sample + 1);
    patches = std::max(patches, change.patch + 1);
  }
  out["samples"] = samples;
  if (run.has_patches) {
    out["patches"] = patches;
    out["patch"] = Json::array();
  }
  for (const std::size_t k : shown_marks(run)) {
    const archive::ModeChangeRow& change = run.mode_changes[k];
    out["time"].push_back(number(change.time, time_digits));
    out["step"].push_back(number(step_at(run, change.time), time_digits));
    out["neuron"].push_back(change.neuron);
    out["sample"].push_back(change.sample);
    if (run.has_patches) out["patch"].push_back(change.patch);
    out["kind"].push_back(flag_of(change.kind));
    out["side"].push_back(change.side);
  }
  return out;
}

}  // namespace saddleflow::report

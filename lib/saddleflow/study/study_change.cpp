#include "saddleflow/study/study_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string_view>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/gauges.hpp"

namespace saddleflow {

namespace {

constexpr std::array kNoRole{"title", "output.checkpoint_seconds", "verify.bound"};
constexpr std::array kStops{"flow.t_end",     "flow.max_steps", "events.saddle.stop_after",
                            "verify.balance", "verify.energy",  "verify.loss_rise"};
constexpr std::array kRecordings{"events.", "output.weights", "data.test_"};

bool is_one_of(const auto& list, const std::string& key) {
  return std::ranges::find(list, key) != list.end();
}

bool is_terminal(const std::string& key) { return key.starts_with("events.") && key.ends_with(".terminal"); }

/// The bound of a gauge that holds: 0 stands for the default.
Real bound_of(const StudyTable& study, const std::string& key) {
  const Real given = study.real(key);
  if (given != 0) return given;
  const GaugeBounds defaults = gauge_bounds(study.real("flow.rtol"));
  if (key == "verify.balance") return defaults.balance;
  if (key == "verify.energy") return defaults.energy;
  return defaults.loss_rise;
}

bool is_looser(const std::string& key, const StudyTable& then, const StudyTable& now) {
  if (is_terminal(key)) return then.boolean(key) && !now.boolean(key);
  if (key == "flow.t_end") return now.real(key) >= then.real(key);
  if (key == "flow.max_steps") return now.integer(key) >= then.integer(key);
  if (key == "events.saddle.stop_after") {
    constexpr auto never = std::numeric_limits<std::int64_t>::max();
    const auto stop = [&](const StudyTable& study) {
      return study.integer(key) == 0 ? never : study.integer(key);
    };
    return stop(now) >= stop(then);
  }
  return bound_of(now, key) >= bound_of(then, key);
}

}  // namespace

KeyRole role_of(const std::string& key) {
  if (is_one_of(kNoRole, key)) return KeyRole::none;
  if (is_one_of(kStops, key) || is_terminal(key)) return KeyRole::stop;
  if (std::ranges::any_of(kRecordings, [&](std::string_view begin) { return key.starts_with(begin); }))
    return KeyRole::recording;
  return KeyRole::path;
}

std::vector<StudyChange> study_changes(const StudyTable& then, const StudyTable& now) {
  const std::map<std::string, std::string> old = then.values(), present = now.values();
  std::map<std::string, StudyChange> changes;
  const auto value = [](const std::map<std::string, std::string>& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string("(none)") : found->second;
  };
  for (const auto* values : {&old, &present})
    for (const auto& [key, ignored] : *values)
      changes[key] = {key, value(old, key), value(present, key), role_of(key)};
  std::vector<StudyChange> differing;
  // A level that one study lacks altogether is a matter of what is recorded, its own stop included.
  for (auto& [key, change] : changes) {
    if (change.then == change.now) continue;
    if (change.role == KeyRole::stop && (change.then == "(none)" || change.now == "(none)"))
      change.role = KeyRole::recording;
    differing.push_back(change);
  }
  return differing;
}

void require_looser(const StudyChange& change, const StudyTable& then, const StudyTable& now,
                    const std::string& run) {
  if (is_looser(change.key, then, now)) return;
  throw InputError(
      fmt::format("{}: cannot be gone on with: {}: found {}, expected no tighter stop than the run's {} "
                  "(--force begins anew)",
                  run, change.key, change.now, change.then));
}

}  // namespace saddleflow

#include "saddleflow/study/study_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/gauges.hpp"

namespace saddleflow {

namespace {

constexpr std::array kNoRole{"title", "output.checkpoint_seconds", "verify.bound"};
constexpr std::array kStops{"flow.t_end",     "flow.max_steps", "events.saddle.stop_after",
                            "verify.balance", "verify.energy",  "verify.loss_rise"};
constexpr std::array kRecordings{"events.", "output.weights", "output.singular_values",
                                 "output.manifold_distance", "data.test_"};

// Stands for the value of a key that a study lacks.
const std::string kNone = "(none)";

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

/// The words that a list of texts holds, as TOML shows it.
std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  for (const char c : list) {
    if (c == '\'' || c == '"') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = !inside;
    } else if (inside) {
      word += c;
    }
  }
  return words;
}

bool is_zero(const std::string& number) { return number == "0" || number == "0.0"; }

bool keeps_more_weights(const StudyChange& change) {
  const auto stored = [](const std::string& value) -> std::optional<StoredWeights> {
    const std::vector<std::string> words = words_of(value);
    return words.size() == 1 ? find_name<StoredWeights>(words.front()) : std::nullopt;
  };
  const std::optional<StoredWeights> then = stored(change.then), now = stored(change.now);
  if (now == StoredWeights::all) return true;
  return then == StoredWeights::events && now == StoredWeights::thinned;
}

/// Of the widths for which distances are stored: none, small ones, all.
bool keeps_more_distances(const StudyChange& change) {
  const auto share = [](const std::string& value) {
    const std::vector<std::string> words = words_of(value);
    const auto asked = words.size() == 1 ? find_name<RecordedDistances>(words.front()) : std::nullopt;
    return asked == RecordedDistances::always ? 2 : asked == RecordedDistances::small ? 1 : 0;
  };
  return share(change.now) > share(change.then);
}

bool contains_all(const std::vector<std::string>& words, const std::vector<std::string>& of) {
  return std::ranges::all_of(of, [&](const std::string& word) { return is_one_of(words, word); });
}

}  // namespace

bool records_more(const StudyChange& change) {
  if (change.key == "output.weights") return keeps_more_weights(change);
  if (change.key == "output.singular_values") return change.now == "true";
  if (change.key == "output.manifold_distance") return keeps_more_distances(change);
  if (change.then == kNone) return true;
  if (change.key == "events.escape.by") return contains_all(words_of(change.now), words_of(change.then));
  if (change.key.ends_with(".enabled")) return change.now == "true";
  // Of a number that is 0 nothing was asked for: no dips, no test set.
  return (change.key == "events.saddle.prominence" || change.key.starts_with("data.test_")) &&
         is_zero(change.then);
}

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
    return found == values.end() ? kNone : found->second;
  };
  for (const auto* values : {&old, &present})
    for (const auto& [key, ignored] : *values)
      changes[key] = {key, value(old, key), value(present, key), role_of(key)};
  std::vector<StudyChange> differing;
  // A level that one study lacks altogether is a matter of what is recorded, its own stop included.
  for (auto& [key, change] : changes) {
    if (change.then == change.now) continue;
    if (change.role == KeyRole::stop && (change.then == kNone || change.now == kNone))
      change.role = KeyRole::recording;
    differing.push_back(change);
  }
  return differing;
}

void require_looser(const StudyChange& change, const StudyTable& then, const StudyTable& now,
                    const std::string& run) {
  if (is_looser(change.key, then, now)) return;
  throw InputError(
      fmt::format("{}: cannot be continued: {}: found {}, expected no tighter stop than the run's {} "
                  "(--force begins anew)",
                  run, change.key, change.now, change.then));
}

}  // namespace saddleflow

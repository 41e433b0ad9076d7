#include "sweep/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>

#include "saddleflow/study/keys.hpp"
#include "sweep/collected_run.hpp"
#include "sweep/fingerprint.hpp"
#include "sweep/literal.hpp"
#include "sweep/runner.hpp"
#include "sweep/tool_calls.hpp"

namespace saddleflow::sweep {

namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

std::string stem_of(const std::string& folder, const Run& run) {
  return (std::filesystem::path(folder) / run.name).string();
}

std::string variable_of_key(std::string key) {
  std::ranges::replace(key, '.', '_');
  return key;
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class CollectedTable {
 public:
  CollectedTable(const SweepFile& sweep, const std::vector<CollectedRun>& runs)
      : sweep_(sweep), runs_(runs) {}

  archive::TableFile build(const std::string& command) {
    table_.title = sweep_.title;
    table_.command = command;
    table_.attributes = {{"sweep_format", kSweepFormat},
                         {"tool", sweep_.tool},
                         {"sweep", sweep_.text},
                         {"study", content(sweep_.study)}};
    std::vector<double> numbers;
    for (const CollectedRun& run : runs_) numbers.push_back(static_cast<double>(run.run.number));
    table_.axes.push_back({"run", "number of the run, from 1", std::move(numbers)});
    add_states();
    add_lists();
    add_curves();
    add_numbers();
    for (const Axis& axis : sweep_.axes)
      for (const std::string& key : axis.keys)
        add_setting(key, key.ends_with("seed") ? Role::seed : Role::axis, &Run::axes);
    for (const Computed& value : sweep_.values) add_setting(value.key, Role::value, &Run::values);
    return std::move(table_);
  }

 private:
  using Role = archive::SweepRole;

  void text(const std::string& name, const std::string& long_name,
            const std::function<std::string(const CollectedRun&)>& of) {
    archive::TableTexts texts{name, long_name, {"run"}, {}, {}};
    for (const CollectedRun& run : runs_) texts.values.push_back(of(run));
    table_.columns.push_back(std::move(texts));
  }

  void add_states() {
    text("name", "name of the run and of its files", [](const CollectedRun& run) { return run.run.name; });
    archive::TableFlags flags{"state", "what has become of the run", {"run"}, {}, names<RunState>()};
    for (const CollectedRun& run : runs_)
      flags.values.push_back(static_cast<std::int8_t>(flag_of(run.record.state)));
    table_.columns.push_back(std::move(flags));
    text("message", "why the run has failed or has no numbers",
         [](const CollectedRun& run) { return run.record.message; });
    text("stop_reason", "why the integration ended; empty without a file",
         [](const CollectedRun& run) { return run.stop_reason; });
  }

  /// Of a key or a number, whose name may be that of a column of another kind: then with _ after it.
  std::string free_name(const std::string& key) const {
    std::string name = variable_of_key(key);
    const auto taken = [&] {
      return std::ranges::find(table_.axes, name, &archive::TableAxis::name) != table_.axes.end() ||
             std::ranges::any_of(table_.columns,
                                 [&](const auto& column) { return archive::name_of(column) == name; });
    };
    while (taken()) name += '_';
    return name;
  }

  /// Numbers if all runs have one, else texts. A run without the value has NaN or an empty text.
  void add_setting(const std::string& key, Role role, std::vector<Setting> Run::*settings) {
    const auto literal = [&](const CollectedRun& run) -> std::string {
      const auto found = std::ranges::find(run.run.*settings, key, &Setting::first);
      return found == (run.run.*settings).end() ? "" : found->second;
    };
    const std::vector<std::pair<std::string, std::string>> attributes{{"key", key},
                                                                      {"role", std::string(name_of(role))}};
    const Key* known = find_key(key);
    const std::string long_name = known != nullptr ? key + " of the study" : key + " of the sweep";
    const bool numeric = std::ranges::all_of(runs_, [&](const CollectedRun& run) {
      const std::string value = literal(run);
      return value.empty() || number_of(value).has_value();
    });
    if (numeric) {
      archive::TableArray array{free_name(key), long_name, {"run"}, {}, attributes};
      for (const CollectedRun& run : runs_) array.values.push_back(number_of(literal(run)).value_or(kAbsent));
      table_.columns.push_back(std::move(array));
    } else {
      archive::TableTexts texts{free_name(key), long_name, {"run"}, {}, attributes};
      for (const CollectedRun& run : runs_) {
        const std::string value = literal(run);
        texts.values.push_back(text_of(value).value_or(value));
      }
      table_.columns.push_back(std::move(texts));
    }
  }

  void add_numbers() {
    std::map<std::string, std::string> all = kPathNumbers;
    for (const CollectedRun& run : runs_)
      for (const auto& [name, number] : run.numbers) all.emplace(name, number.long_name);
    for (const auto& [name, long_name] : all) {
      archive::TableArray array{free_name(name), long_name, {"run"}, {}, {}};
      for (const CollectedRun& run : runs_) {
        const auto found = run.numbers.find(name);
        array.values.push_back(found == run.numbers.end() ? kAbsent : found->second.value);
      }
      table_.columns.push_back(std::move(array));
    }
  }

  void add_lists() {
    std::map<std::string, std::size_t> longest;
    std::map<std::string, const CollectedList*> all;
    for (const CollectedRun& run : runs_)
      for (const auto& [name, list] : run.lists) {
        longest[list.axis] = std::max(longest[list.axis], list.values.size());
        all.emplace(name, &list);
      }
    for (const auto& [axis, size] : longest) {
      if (size == 0) continue;
      std::vector<double> numbers(size);
      std::iota(numbers.begin(), numbers.end(), 1.0);
      table_.axes.push_back({axis, axis + " of a run, from 1; runs with fewer have NaN", std::move(numbers)});
    }
    for (const auto& [name, list] : all)
      if (longest[list->axis] > 0) add_list(name, *list, longest[list->axis]);
  }

  void add_list(const std::string& name, const CollectedList& like, std::size_t size) {
    archive::TableArray array{name, like.long_name, {"run", like.axis}, {}, {}};
    for (const CollectedRun& run : runs_) {
      const auto found = run.lists.find(name);
      std::vector<double> row = found == run.lists.end() ? std::vector<double>{} : found->second.values;
      row.resize(size, kAbsent);
      array.values.insert(array.values.end(), row.begin(), row.end());
    }
    table_.columns.push_back(std::move(array));
  }

  void add_curves() {
    std::int64_t first = std::numeric_limits<std::int64_t>::max(),
                 last = std::numeric_limits<std::int64_t>::min();
    std::set<std::string> curves;
    for (const CollectedRun& run : runs_) {
      if (run.curves.empty()) continue;
      first = std::min(first, run.first_time);
      last = std::max(last, run.last_time);
      for (const auto& [name, curve] : run.curves) curves.insert(name);
    }
    if (curves.empty()) return;
    std::vector<double> times;
    for (std::int64_t k = first; k <= last; ++k) times.push_back(common_time(k));
    table_.axes.push_back({"curve_time", "flow time of the curves, the same for all runs", std::move(times)});
    const std::map<std::string, std::string> long_names{{"loss_curve", "training loss"},
                                                        {"weight_norm_curve", "norm of the weights"},
                                                        {"test_loss_curve", "mean loss on the test set"}};
    for (const std::string& name : curves) {
      archive::TableArray array{name, long_names.at(name), {"run", "curve_time"}, {}, {}};
      for (const CollectedRun& run : runs_) {
        const auto found = run.curves.find(name);
        for (std::int64_t k = first; k <= last; ++k)
          array.values.push_back(found == run.curves.end() ? kAbsent : found->second.at(k));
      }
      table_.columns.push_back(std::move(array));
    }
  }

  const SweepFile& sweep_;
  const std::vector<CollectedRun>& runs_;
  archive::TableFile table_;
};

}  // namespace

std::vector<RunStatus> survey(const SweepFile& sweep, const RunList& runs, const std::string& folder,
                              const std::vector<std::int64_t>& numbers) {
  Fingerprints fingerprints(sweep);
  std::vector<RunStatus> found;
  for (const std::int64_t number : numbers) {
    RunStatus& status = found.emplace_back();
    status.run = runs.run(number);
    const std::string stem = stem_of(folder, status.run);
    const std::string fingerprint = fingerprints.of(status.run);
    status.record = look_up(stem, output_of(sweep, stem), fingerprint);
    status.present = status.record.fingerprint == fingerprint;
  }
  return found;
}

std::optional<Collected> collect(const SweepFile& sweep, const std::vector<RunStatus>& runs,
                                 const std::string& folder, const std::string& command,
                                 const std::atomic<bool>* interrupt) {
  std::vector<CollectedRun> collected;
  std::vector<std::string> unread;
  for (const RunStatus& status : runs) {
    if (interrupt != nullptr && *interrupt) return std::nullopt;
    collected.push_back(collect_run(sweep, status, stem_of(folder, status.run)));
    if (status.record.state == RunState::finished && collected.back().record.state != RunState::finished)
      unread.push_back(fmt::format("run {} ({}) could not be read: {}", status.run.number, status.run.name,
                                   collected.back().record.message));
  }
  return Collected{CollectedTable(sweep, collected).build(command), std::move(unread)};
}

}  // namespace saddleflow::sweep

#include "sweep/sweep_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/write_study.hpp"
#include "sweep/axis_values.hpp"
#include "sweep/tool_calls.hpp"

namespace saddleflow::sweep {

namespace {

std::string read_text(const std::string& path) { return read_input(path, "the file of a sweep (TOML)"); }

/// A path that is relative to the folder of the sweep, as one that is relative to the current folder.
std::string beside(const std::string& sweep, const std::string& path) {
  return (std::filesystem::path(sweep).parent_path() / path).lexically_normal().string();
}

// The most that Slurm's MaxArraySize may allow.
constexpr std::int64_t kLongestArray = 4000000;

/// A key with the node that holds what it becomes.
struct Entry {
  std::string key;
  const toml::node* node;
};

class Reader {
 public:
  Reader(const std::string& path, const toml::table& root) : path_(path), root_(root) {}

  SweepFile read() {
    allow(root_, "",
          {"title", "study", "tool", "arguments", "set", "axes", "zip", "values", "then", "slurm"});
    file_.path = path_;
    file_.title = text(root_, "title", std::filesystem::path(path_).stem().string());
    file_.study = beside(path_, text(root_, "study", std::nullopt));
    file_.tool = text(root_, "tool", file_.tool);
    require_study_tool(file_.tool, place("tool", root_.get("tool")));
    file_.arguments = texts(root_, "arguments");
    for (const Entry& entry : entries("set")) {
      require_study_key(entry);
      claim(entry);
      file_.set.emplace_back(entry.key, toml_literal(*entry.node));
    }
    read_axes();
    for (const Entry& entry : entries("values")) read_value(entry);
    read_then();
    read_slurm();
    return std::move(file_);
  }

 private:
  std::string place(const std::string& key, const toml::node* node) const {
    const bool known = node != nullptr && node->source().begin.line > 0;
    return known ? fmt::format("{}:{}: {}", path_, node->source().begin.line, key)
                 : fmt::format("{}: {}", path_, key);
  }
  [[noreturn]] void refuse(const std::string& key, const toml::node* node, const std::string& message) const {
    throw InputError(fmt::format("{}: {}", place(key, node), message));
  }

  void allow(const toml::table& table, const std::string& prefix,
             const std::set<std::string_view>& names) const {
    for (const auto& [name, node] : table)
      if (!names.contains(name.str()))
        refuse(prefix + std::string(name.str()), &node,
               fmt::format("unknown, expected {}", fmt::join(names, ", ")));
  }

  std::string text(const toml::table& table, const std::string& name,
                   std::optional<std::string> fallback) const {
    const toml::node* node = table.get(name);
    if (node == nullptr && fallback) return *fallback;
    if (node == nullptr || !node->is_string())
      refuse(name, node,
             fmt::format("found {}, expected a text", node != nullptr ? toml_literal(*node) : "nothing"));
    return node->as_string()->get();
  }

  std::vector<std::string> texts(const toml::table& table, const std::string& name) const {
    std::vector<std::string> found;
    const toml::node* node = table.get(name);
    if (node == nullptr) return found;
    const toml::array* list = node->as_array();
    if (list == nullptr || !std::ranges::all_of(*list, [](const toml::node& n) { return n.is_string(); }))
      refuse(name, node, fmt::format("found {}, expected a list of texts", toml_literal(*node)));
    for (const toml::node& element : *list) found.push_back(element.as_string()->get());
    return found;
  }

  double number(const toml::table& table, const std::string& name, double fallback) const {
    const toml::node* node = table.get(name);
    if (node == nullptr) return fallback;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value > 0) || !std::isfinite(*value))
      refuse(name, node, fmt::format("found {}, expected a positive number", toml_literal(*node)));
    return *value;
  }

  /// The keys below a table, in the order of the file: "init.scale" = ..., or [axes.init] scale = ...
  std::vector<Entry> entries(const std::string& section) const {
    const toml::node* node = root_.get(section);
    if (node == nullptr) return {};
    if (!node->is_table())
      refuse(section, node, fmt::format("found {}, expected a table", toml_literal(*node)));
    return entries(*node->as_table());
  }
  static std::vector<Entry> entries(const toml::table& table) {
    std::vector<Entry> found;
    collect(table, "", found);
    std::ranges::stable_sort(found, std::less<>(), [](const Entry& entry) {
      const toml::source_position at = entry.node->source().begin;
      return std::pair(at.line, at.column);
    });
    return found;
  }
  static void collect(const toml::table& table, const std::string& prefix, std::vector<Entry>& found) {
    for (const auto& [name, node] : table) {
      const std::string key = prefix + std::string(name.str());
      const bool section = node.is_table() && !describes_values(*node.as_table()) && find_key(key) == nullptr;
      if (section)
        collect(*node.as_table(), key + ".", found);
      else
        found.push_back({key, &node});
    }
  }

  void require_study_key(const Entry& entry) const {
    if (find_key(entry.key) != nullptr && entry.key.find("[]") == std::string::npos) return;
    refuse(entry.key, entry.node,
           fmt::format("no key of a study, the nearest one is {}", nearest_key(entry.key)));
  }
  /// Names without a dot are not keys of the study, but "title" is one: it is no name.
  void require_name(const Entry& entry) const {
    if (entry.key.find('.') != std::string::npos || find_key(entry.key) != nullptr)
      return require_study_key(entry);
    const bool valid =
        std::ranges::all_of(entry.key, [](unsigned char c) { return std::isalnum(c) || c == '_'; }) &&
        !entry.key.empty() && std::isdigit(static_cast<unsigned char>(entry.key[0])) == 0;
    if (!valid)
      refuse(entry.key, entry.node, "expected a key of the study, or a name of letters, digits and _");
  }
  /// Each key has one source.
  void claim(const Entry& entry) {
    if (!claimed_.insert(entry.key).second)
      refuse(entry.key, entry.node,
             "found twice in the sweep, expected once in [set], [axes], [[zip]] or [values]");
  }

  void read_axes() {
    std::vector<std::pair<toml::source_position, Axis>> found;
    for (const Entry& entry : entries("axes")) {
      Axis axis{{entry.key}, {}};
      for (std::string& value : values_of(entry)) axis.choices.push_back({std::move(value)});
      found.emplace_back(entry.node->source().begin, std::move(axis));
    }
    if (const toml::node* node = root_.get("zip")) {
      if (!node->is_array_of_tables()) refuse("zip", node, "expected tables, [[zip]]");
      for (const toml::node& element : *node->as_array())
        found.emplace_back(element.source().begin, zipped(*element.as_table()));
    }
    std::ranges::stable_sort(found, std::less<>(), [](const auto& axis) { return axis.first.line; });
    for (auto& axis : found) file_.axes.push_back(std::move(axis.second));
    if (file_.axes.empty())
      refuse("axes", root_.get("axes"), "found none, expected at least one in [axes] or [[zip]]");
  }

  std::vector<std::string> values_of(const Entry& entry) {
    require_name(entry);
    claim(entry);
    return axis_values(*entry.node, entry.key, place(entry.key, entry.node));
  }

  Axis zipped(const toml::table& table) {
    Axis axis;
    std::vector<std::vector<std::string>> columns;
    for (const Entry& entry : entries(table)) {
      axis.keys.push_back(entry.key);
      columns.push_back(values_of(entry));
      if (columns.back().size() != columns.front().size())
        refuse(entry.key, entry.node,
               fmt::format("found {} values, expected {} as of {}", columns.back().size(),
                           columns.front().size(), axis.keys.front()));
    }
    if (columns.empty()) refuse("zip", &table, "found no key");
    for (std::size_t k = 0; k < columns.front().size(); ++k) {
      std::vector<std::string>& choice = axis.choices.emplace_back();
      for (const auto& column : columns) choice.push_back(column[k]);
    }
    return axis;
  }

  void read_value(const Entry& entry) {
    require_name(entry);
    claim(entry);
    Computed value{entry.key, entry.node->is_array(), {}};
    const auto add = [&](const toml::node& node) {
      if (!node.is_string() && !node.is_number())
        refuse(entry.key, entry.node,
               fmt::format("found {}, expected an expression in quotes, or a list of numbers and expressions",
                           toml_literal(*entry.node)));
      value.expressions.push_back(node.is_string() ? node.as_string()->get() : toml_literal(node));
    };
    if (const toml::array* list = entry.node->as_array())
      for (const toml::node& element : *list) add(element);
    else
      add(*entry.node);
    file_.values.push_back(std::move(value));
  }

  void read_then() {
    const toml::node* node = root_.get("then");
    if (node == nullptr) return;
    if (!node->is_array_of_tables()) refuse("then", node, "expected tables, [[then]]");
    for (const toml::node& element : *node->as_array()) {
      const toml::table& table = *element.as_table();
      allow(table, "then.", {"tool", "arguments"});
      FollowUp& next = file_.then.emplace_back();
      next.tool = text(table, "tool", std::nullopt);
      next.arguments = texts(table, "arguments");
      require_run_tool(next.tool, place("then.tool", table.get("tool")));
    }
  }

  void read_slurm() {
    const toml::node* node = root_.get("slurm");
    if (node == nullptr) return;
    if (!node->is_table())
      refuse("slurm", node, fmt::format("found {}, expected a table", toml_literal(*node)));
    const toml::table& table = *node->as_table();
    allow(table, "slurm.", {"minutes_per_job", "seconds_per_run", "memory", "most_jobs", "options"});
    SlurmSettings& slurm = file_.slurm;
    slurm.minutes_per_job = number(table, "minutes_per_job", slurm.minutes_per_job);
    if (table.contains("seconds_per_run")) slurm.seconds_per_run = number(table, "seconds_per_run", 1);
    slurm.memory = text(table, "memory", slurm.memory);
    const double most_jobs = number(table, "most_jobs", static_cast<double>(slurm.most_jobs));
    if (most_jobs > static_cast<double>(kLongestArray) || most_jobs != std::floor(most_jobs))
      refuse("most_jobs", table.get("most_jobs"),
             fmt::format("found {}, expected an integer from 1 to {}", most_jobs, kLongestArray));
    slurm.most_jobs = static_cast<std::int64_t>(most_jobs);
    slurm.options = texts(table, "options");
  }

  std::string path_;
  const toml::table& root_;
  SweepFile file_;
  std::set<std::string> claimed_;
};

}  // namespace

SweepFile read_sweep(const std::string& path) {
  const std::string text = read_text(path);
  try {
    const toml::table root = toml::parse(text, path);
    SweepFile file = Reader(path, root).read();
    file.text = text;
    return file;
  } catch (const toml::parse_error& error) {
    throw InputError(
        fmt::format("{}:{}: {}", path, error.source().begin.line, std::string(error.description())));
  }
}

}  // namespace saddleflow::sweep

#include "sweep/axis_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/write_study.hpp"

namespace saddleflow::sweep {

namespace {

// More values than anyone runs; a slip in a step would otherwise ask for all memory.
constexpr double kMostValues = 1e6;
// Above 2^53 not every integer is a double.
constexpr double kMostWhole = 9007199254740992;

const std::array<std::string_view, 4> kKinds{"range", "linspace", "logspace", "seeds"};

[[noreturn]] void refuse(const std::string& place, const std::string& message) {
  throw InputError(fmt::format("{}: {}", place, message));
}

bool takes_integers(const std::string& key) {
  const Key* known = find_key(key);
  return known != nullptr && known->type == KeyType::integer;
}

/// Reads the numbers of one table and refuses what it does not know.
class Description {
 public:
  Description(const toml::table& table, std::string place) : table_(table), place_(std::move(place)) {}

  void allow(const std::set<std::string_view>& names) const {
    for (const auto& [name, node] : table_)
      if (!names.contains(name.str()))
        refuse(place_, fmt::format("{}: unknown, expected {}", name.str(), fmt::join(names, ", ")));
  }
  std::array<double, 2> ends(std::string_view name) const {
    const toml::array* list = table_[name].as_array();
    if (list == nullptr || list->size() != 2 || !list->get(0)->is_number() || !list->get(1)->is_number())
      refuse(place_, fmt::format("{}: expected two numbers", name));
    const std::array<double, 2> found{*list->get(0)->value<double>(), *list->get(1)->value<double>()};
    if (!std::isfinite(found[0]) || !std::isfinite(found[1]))
      refuse(place_, fmt::format("{}: expected two finite numbers", name));
    return found;
  }
  /// Of a table without it, `fallback`; none: it is required.
  std::int64_t integer(std::string_view name, std::int64_t least,
                       std::optional<std::int64_t> fallback) const {
    const toml::node* node = table_.get(name);
    if (node == nullptr && fallback) return *fallback;
    const auto* value = node != nullptr ? node->as_integer() : nullptr;
    if (value == nullptr || value->get() < least || static_cast<double>(value->get()) > kMostValues)
      refuse(place_, fmt::format("{}: found {}, expected an integer from {} to {}", name,
                                 node != nullptr ? toml_literal(*node) : "nothing", least, kMostValues));
    return value->get();
  }
  double number(std::string_view name, double fallback) const {
    const toml::node* node = table_.get(name);
    if (node == nullptr) return fallback;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !std::isfinite(*value))
      refuse(place_, fmt::format("{}: found {}, expected a number", name, toml_literal(*node)));
    return *value;
  }
  /// The ends and the step are integers.
  bool whole(std::string_view ends, std::string_view step) const {
    const toml::array& list = *table_[ends].as_array();
    return list.get(0)->is_integer() && list.get(1)->is_integer() &&
           (!table_.contains(step) || table_[step].is_integer());
  }
  const std::string& place() const { return place_; }

 private:
  const toml::table& table_;
  std::string place_;
};

std::vector<double> range(const Description& of) {
  of.allow({"range", "step"});
  const auto [a, b] = of.ends("range");
  const double step = of.number("step", b >= a ? 1 : -1);
  if (step == 0 || (b - a) / step < 0)
    refuse(of.place(), fmt::format("step: found {}, which does not lead from {} to {}", step, a, b));
  // The last value counts as reached if rounding alone is in the way.
  const double count = std::floor((b - a) / step * (1 + 1e-12) + 1e-9) + 1;
  if (count > kMostValues)
    refuse(of.place(), fmt::format("found {} values, expected at most {}", count, kMostValues));
  std::vector<double> values;
  for (std::int64_t k = 0; k < static_cast<std::int64_t>(count); ++k)
    values.push_back(a + static_cast<double>(k) * step);
  return values;
}

std::vector<double> spaced(const Description& of, std::string_view kind) {
  of.allow({kind, "count"});
  const auto [a, b] = of.ends(kind);
  const std::int64_t count = of.integer("count", 1, std::nullopt);
  if (count == 1 && a != b) refuse(of.place(), "count: found 1, expected at least 2 between different ends");
  const bool log = kind == "logspace";
  if (log && !(a * b > 0)) refuse(of.place(), "logspace: expected two numbers of one sign, not zero");
  std::vector<double> values;
  for (std::int64_t k = 0; k < count; ++k) {
    const double share = count == 1 ? 0 : static_cast<double>(k) / static_cast<double>(count - 1);
    values.push_back(log ? a * std::pow(b / a, share) : a + share * (b - a));
  }
  return values;
}

std::string literal(double value, bool integer) {
  if (integer) return fmt::format("{}", static_cast<std::int64_t>(std::llround(value)));
  // 12 digits: 0.001 and not 0.0010000000000000002.
  return toml_literal(toml::value<double>(std::stod(fmt::format("{:.12g}", value))));
}

std::vector<std::string> literals(const std::vector<double>& values, bool integers,
                                  const std::string& place) {
  std::vector<std::string> found;
  for (const double value : values) {
    if (!std::isfinite(value)) refuse(place, "found ends whose difference or ratio no number holds");
    if (integers && std::abs(value) > kMostWhole)
      refuse(place, fmt::format("found {}, expected integers from -2^53 to 2^53", value));
    const std::string text = literal(value, integers);
    if (found.empty() || found.back() != text) found.push_back(text);
  }
  return found;
}

std::vector<std::string> seeds(const Description& of) {
  of.allow({"seeds", "first"});
  const std::int64_t count = of.integer("seeds", 1, std::nullopt), first = of.integer("first", 0, 1);
  std::vector<std::string> found;
  for (std::int64_t k = 0; k < count; ++k) found.push_back(fmt::format("{}", first + k));
  return found;
}

}  // namespace

bool describes_values(const toml::table& table) {
  return std::ranges::any_of(kKinds, [&](std::string_view kind) { return table.contains(kind); });
}

std::vector<std::string> axis_values(const toml::node& node, const std::string& key,
                                     const std::string& place) {
  if (const toml::array* list = node.as_array()) {
    if (list->empty()) refuse(place, "found an empty list, expected at least one value");
    std::vector<std::string> found;
    for (const toml::node& element : *list) found.push_back(toml_literal(element));
    return found;
  }
  const toml::table* table = node.as_table();
  if (table == nullptr || !describes_values(*table))
    refuse(place, fmt::format("found {}, expected a list of values, or a table with one of {}",
                              toml_literal(node), fmt::join(kKinds, ", ")));
  const Description of(*table, place);
  const bool integers = takes_integers(key);
  if (table->contains("range")) {
    const std::vector<double> values = range(of);
    return literals(values, integers || of.whole("range", "step"), place);
  }
  if (table->contains("seeds")) return seeds(of);
  return literals(spaced(of, table->contains("linspace") ? "linspace" : "logspace"), integers, place);
}

}  // namespace saddleflow::sweep

#include "sweep/run_list.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <boost/crc.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/study_table.hpp"
#include "saddleflow/study/write_study.hpp"
#include "sweep/expression.hpp"
#include "sweep/literal.hpp"

namespace saddleflow::sweep {

namespace {

// As axis_values.cpp: a slip would otherwise ask for all memory.
constexpr std::int64_t kMostRuns = 1'000'000;
// File names may have 255 bytes; endings such as ".saddles.h5.checkpoint.part" need room.
constexpr std::size_t kLongestName = 180;
// A computed value counts as an integer where rounding alone keeps it from one.
constexpr double kWhole = 1e-9;

/// A value as part of a file name: "0.001", "2-8-1", "gaussian".
std::string in_a_name(const std::string& literal) {
  std::string out;
  for (const char c : literal) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '+' || c == '-';
    if (plain)
      out += c;
    else if (c == ',')
      out += '-';
    else if (c != ' ' && c != '[' && c != ']' && c != '"')
      out += '~';
  }
  // Every float as it would be typed: 1 and not 1.0.
  return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
}

std::string checksum(const std::string& text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return fmt::format("{:08x}", crc.checksum());
}

std::string joined(const std::vector<Setting>& settings) {
  std::string out;
  for (const auto& [key, value] : settings) out += fmt::format("{}={}\n", key, value);
  return out;
}

/// What the path of a setting becomes: those in a sweep are relative to its folder.
std::string placed(const Setting& setting, const std::string& sweep) {
  const Key* key = find_key(setting.first);
  if (key == nullptr || key->type != KeyType::path) return setting.second;
  const std::optional<std::string> text = text_of(setting.second);
  if (!text) return setting.second;  // the study says what is wrong
  const auto path = std::filesystem::path(sweep).parent_path() / *text;
  return toml_literal(toml::value<std::string>(path.lexically_normal().string()));
}

bool takes_integers(const Key& key) { return key.type == KeyType::integer || key.type == KeyType::integers; }

}  // namespace

/// The numbers of the study and of [set], read when the first expression asks for one.
class RunList::Study {
 public:
  explicit Study(const SweepFile& sweep) : sweep_(sweep) {}

  std::optional<double> number(const std::string& key) const {
    std::call_once(once_, [this] { read(); });
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : number_of(found->second);
  }

 private:
  void read() const {
    std::vector<std::string> overrides;
    for (const Setting& setting : sweep_.set)
      overrides.push_back(fmt::format("{}={}", setting.first, placed(setting, sweep_.path)));
    values_ = StudyTable::read(sweep_.study, overrides).values();
  }

  const SweepFile& sweep_;
  mutable std::once_flag once_;
  mutable std::map<std::string, std::string> values_;
};

RunList::RunList(const SweepFile& sweep) : sweep_(sweep), study_(std::make_unique<Study>(sweep)) {
  for (const Axis& axis : sweep.axes) {
    size_ *= std::ssize(axis.choices);
    if (size_ > kMostRuns)
      throw InputError(fmt::format("{}: the axes make more than {} runs", sweep.path, kMostRuns));
  }
  run(1);  // an expression that is wrong is wrong in every run
}

RunList::~RunList() = default;

Run RunList::run(std::int64_t number) const {
  if (number < 1 || number > size_)
    throw InputError(fmt::format("{}: found run {}, expected 1 to {}", sweep_.path, number, size_));
  Run run;
  run.number = number;
  std::int64_t rest = number - 1, block = size_;
  for (const Axis& axis : sweep_.axes) {
    block /= std::ssize(axis.choices);
    const std::vector<std::string>& choice = axis.choices[static_cast<std::size_t>(rest / block)];
    rest %= block;
    for (std::size_t k = 0; k < axis.keys.size(); ++k) run.axes.emplace_back(axis.keys[k], choice[k]);
  }
  run.name = name_of(run.axes);
  compute(run);
  for (const auto* settings : {&sweep_.set, static_cast<const std::vector<Setting>*>(&run.axes),
                               static_cast<const std::vector<Setting>*>(&run.values)})
    for (const Setting& setting : *settings)
      if (find_key(setting.first) != nullptr)
        run.overrides.push_back(fmt::format("{}={}", setting.first, placed(setting, sweep_.path)));
  return run;
}

/// "init.scale" is "scale" unless another axis ends so, too.
std::string RunList::short_name(const std::string& key) const {
  const auto last = [](const std::string& path) { return path.substr(path.rfind('.') + 1); };
  std::int64_t alike = 0;
  for (const Axis& axis : sweep_.axes) alike += std::ranges::count(axis.keys, last(key), last);
  return alike == 1 ? last(key) : key;
}

std::string RunList::name_of(const std::vector<Setting>& axes) const {
  std::string name;
  bool faithful = true;
  for (const auto& [key, value] : axes) {
    const std::string part = in_a_name(value);
    faithful = faithful && !part.empty() && part.find('~') == std::string::npos;
    name += fmt::format("{}{}={}", name.empty() ? "" : "_", short_name(key), part);
  }
  if (faithful && name.size() <= kLongestName) return name;
  return fmt::format("{}_{}", name.substr(0, kLongestName), checksum(joined(axes)));
}

namespace {

/// Why a single run cannot begin.
struct BadValue {
  std::string message;
};

/// Computes the values of one run; each may use the others.
class Computation {
 public:
  Computation(const SweepFile& sweep, const std::vector<Setting>& axes, Lookup study)
      : sweep_(sweep), study_(std::move(study)) {
    for (const auto& [key, literal] : axes)
      if (const std::optional<double> number = number_of(literal)) known_[key] = *number;
  }

  std::string literal(const Computed& value) {
    const Key* key = find_key(value.key);
    const bool integers = key != nullptr && takes_integers(*key);
    std::string out;
    for (const std::string& expression : value.expressions)
      out +=
          fmt::format("{}{}", out.empty() ? "" : ", ", written(number(value, expression), value, integers));
    return value.list ? "[" + out + "]" : out;
  }

 private:
  std::string place(const Computed& value) const { return fmt::format("{}: {}", sweep_.path, value.key); }

  double number(const Computed& value, const std::string& expression) {
    if (!open_.insert(value.key).second)
      throw InputError(fmt::format("{}: \"{}\": needs its own value", place(value), expression));
    const double found = evaluate(
        expression, [this](const std::string& name) { return look_up(name); }, place(value));
    open_.erase(value.key);
    if (!std::isfinite(found))
      throw BadValue{
          fmt::format("{}: \"{}\": found {}, expected a finite number", place(value), expression, found)};
    return found;
  }

  std::optional<double> look_up(const std::string& name) {
    if (const auto found = known_.find(name); found != known_.end()) return found->second;
    for (const Computed& value : sweep_.values)
      if (value.key == name && !value.list) return known_[name] = number(value, value.expressions.front());
    return study_(name);
  }

  std::string written(double number, const Computed& value, bool integer) const {
    if (!integer) return toml_literal(toml::value<double>(number));
    const double whole = std::round(number);
    if (std::abs(number - whole) > kWhole * std::max(1.0, std::abs(number)) || std::abs(whole) > 1e15)
      throw BadValue{fmt::format("{}: found {}, expected an integer", place(value), number)};
    return fmt::format("{}", static_cast<std::int64_t>(whole));
  }

  const SweepFile& sweep_;
  Lookup study_;
  std::map<std::string, double> known_;
  std::set<std::string> open_;
};

}  // namespace

void RunList::compute(Run& run) const {
  Computation computation(sweep_, run.axes, [this](const std::string& key) { return study_->number(key); });
  try {
    for (const Computed& value : sweep_.values)
      run.values.emplace_back(value.key, computation.literal(value));
  } catch (const BadValue& bad) {
    run.fault = bad.message;
  }
}

std::vector<std::int64_t> chunk(std::int64_t runs, std::int64_t index, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t number = index; number <= runs; number += count) numbers.push_back(number);
  return numbers;
}

}  // namespace saddleflow::sweep

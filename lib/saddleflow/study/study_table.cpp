#include "saddleflow/study/study_table.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/replaced_start.hpp"
#include "saddleflow/study/sample_count.hpp"
#include "saddleflow/study/write_study.hpp"

namespace saddleflow {

struct StudyTable::Content {
  std::string name, typed;
  std::filesystem::path folder;  // of the file
  std::string data_in;           // a run file
  toml::table table;
};

namespace {

const std::string kOverride = "--set";  // for the file, where a value is from the command line

// More of anything (samples, widths, starts) no machine holds or does in years, and the product of two is a
// number of 64 bits.
constexpr double kMostCount = 1e9;

// Where a node stands: file and line, or the command line.
std::string place(const std::string& name, const toml::node* node) {
  if (node == nullptr || node->source().begin.line == 0) return name;
  if (node->source().path && *node->source().path == kOverride) return kOverride;
  return fmt::format("{}:{}", name, node->source().begin.line);
}

std::string shown(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& concrete) {
    if constexpr (toml::is_table<decltype(concrete)>)
      out << "a table";
    else if constexpr (toml::is_array<decltype(concrete)>)
      out << "a list";
    else
      out << concrete;
  });
  return out.str();
}

std::string unknown_word(const std::string& word, const std::vector<std::string>& known) {
  return fmt::format("found \"{}\", expected one of {}", word, fmt::join(known, ", "));
}

/// Checks a table against the keys; knows the file's name for its messages.
class Checker {
 public:
  explicit Checker(const std::string& name) : name_(name) {}

  void check(const toml::table& table, const std::string& prefix) const {
    for (const auto& [key, node] : table) check_node(prefix + std::string(key.str()), node);
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& path, const std::string& message) const {
    throw InputError(fmt::format("{}: {}: {}", place(name_, &node), path, message));
  }

  static bool begins_a_key(const std::string& beginning) {
    return std::any_of(study_keys().begin(), study_keys().end(),
                       [&](const Key& key) { return key.path.starts_with(beginning); });
  }

  void check_node(const std::string& path, const toml::node& node) const {
    if (const Key* key = find_key(path)) return check_value(*key, node);
    if (begins_a_key(path + ".")) {
      if (!node.is_table())
        fail(node, path, fmt::format("found {}, expected a table [{}]", shown(node), path));
      return check(*node.as_table(), path + ".");
    }
    if (begins_a_key(path + "[].")) {
      if (!node.is_array() || !std::all_of(node.as_array()->begin(), node.as_array()->end(),
                                           [](const toml::node& n) { return n.is_table(); }))
        fail(node, path, fmt::format("found {}, expected a list of tables [[{}]]", shown(node), path));
      for (const toml::node& element : *node.as_array()) check(*element.as_table(), path + "[].");
      return;
    }
    fail(node, path, fmt::format("unknown key, the nearest known one is {}", nearest_key(path)));
  }

  void check_value(const Key& key, const toml::node& node) const {
    if (!has_type(key.type, node))
      fail(node, key.path, fmt::format("found {}, expected {}", shown(node), describe(key.type)));
    if (node.is_array())
      for (const toml::node& element : *node.as_array()) check_scalar(key, element);
    else
      check_scalar(key, node);
  }

  void check_scalar(const Key& key, const toml::node& node) const {
    if (const auto number = node.value<double>()) {
      if (!std::isfinite(*number))
        fail(node, key.path, fmt::format("found {}, expected a finite number", *number));
      if (!in_range(*number, key.range))
        fail(node, key.path, fmt::format("found {}, expected {}", shown(node), key.range));
      if (is_count(key) && std::abs(*number) > kMostCount)
        fail(node, key.path, fmt::format("found {}, expected at most {:g}", shown(node), kMostCount));
    }
    const auto word = node.value<std::string>();
    if (!word) return;
    const std::vector<std::string> choices = choices_of(key);
    if (!choices.empty() && std::find(choices.begin(), choices.end(), *word) == choices.end())
      fail(node, key.path, unknown_word(*word, choices));
  }

  /// Integers that things are made or done by; seeds and the bound on steps may be any.
  static bool is_count(const Key& key) {
    const bool integer = key.type == KeyType::integer || key.type == KeyType::integers;
    return integer && !key.path.ends_with("seed") && !key.path.ends_with("seeds") &&
           key.path != "flow.max_steps";
  }

  static bool all_of(const toml::node& node, bool (*is)(const toml::node&)) {
    return node.is_array() && std::all_of(node.as_array()->begin(), node.as_array()->end(), is);
  }
  static bool is_number(const toml::node& n) { return n.is_number(); }
  static bool is_integer(const toml::node& n) { return n.is_integer(); }
  static bool is_text(const toml::node& n) { return n.is_string(); }
  static bool is_number_list(const toml::node& n) { return all_of(n, is_number); }

  static bool is_matrix(const toml::node& node) {
    if (!all_of(node, is_number_list) || node.as_array()->empty()) return false;
    const std::size_t width = node.as_array()->get(0)->as_array()->size();
    return width > 0 && std::all_of(node.as_array()->begin(), node.as_array()->end(),
                                    [&](const toml::node& n) { return n.as_array()->size() == width; });
  }

  static bool is_weights(const toml::node& node) {
    if (const auto word = node.value<std::string>()) return find_name<StoredWeights>(*word).has_value();
    const toml::table* table = node.as_table();
    if (table == nullptr || table->size() != 1) return false;
    if (const auto every = (*table)["every"].value<std::int64_t>()) return *every >= 1;
    return table->contains("times") && is_number_list(*table->get("times"));
  }

  static bool has_type(KeyType type, const toml::node& node) {
    switch (type) {
      case KeyType::text:
      case KeyType::path:
        return node.is_string();
      case KeyType::boolean:
        return node.is_boolean();
      case KeyType::integer:
        return node.is_integer();
      case KeyType::real:
        return node.is_number();
      case KeyType::layer_reals:
        return node.is_number() || is_number_list(node);
      case KeyType::texts:
        return all_of(node, is_text);
      case KeyType::integers:
        return all_of(node, is_integer);
      case KeyType::reals:
        return is_number_list(node);
      case KeyType::matrix:
        return is_matrix(node);
      case KeyType::weights:
        return is_weights(node);
    }
    return false;
  }

  const std::string& name_;
};

// The table that holds the last part of a dotted path, made where missing.
toml::table& parent_of(toml::table& root, const std::string& path, const std::string& name) {
  toml::table* table = &root;
  std::size_t start = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos;
       start = dot + 1, dot = path.find('.', start)) {
    const std::string part = path.substr(start, dot - start);
    if (!table->contains(part)) table->insert(part, toml::table{});
    table = table->get(part)->as_table();
    if (table == nullptr)
      throw InputError(fmt::format("{}: {}: found a value, expected a table", name, path.substr(0, dot)));
  }
  return *table;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

void insert_literal(toml::table& table, const std::string& key, const std::string& literal) {
  toml::table parsed = toml::parse("value = " + literal, kOverride);
  parsed.get("value")->visit([&](auto& concrete) { table.insert_or_assign(key, std::move(concrete)); });
}

/// A path of the command line, which is relative to the current folder, as one that is relative to `folder`.
/// Absolute ones stay.
std::string seen_from(const std::filesystem::path& folder, const std::string& path) {
  if (std::filesystem::path(path).is_absolute()) return path;
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  std::filesystem::path seen;
  if (!error) seen = std::filesystem::relative(here / path, folder.empty() ? here : folder, error);
  return error || seen.empty() ? (here / path).string() : seen.string();
}

/// So that a study means the same files wherever it is read again, as a resume does.
void place_paths(toml::table& root, const std::string& key_path, const std::filesystem::path& folder) {
  const Key* key = find_key(key_path);
  if (key == nullptr || key->type != KeyType::path) return;
  toml::value<std::string>* value = root.at_path(key_path).as_string();
  if (value != nullptr) *value = seen_from(folder, value->get());
}

void apply_override(toml::table& root, const std::string& text, const std::string& name) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError(fmt::format("--set {}: expected section.key=value", text));
  const std::string path = text.substr(0, equals), value = text.substr(equals + 1);
  toml::table& table = parent_of(root, path, name);
  try {
    insert_literal(table, last_part(path), value);
  } catch (const toml::parse_error&) {
    table.insert_or_assign(last_part(path), value);  // a bare word is a text
  }
}

void fill_defaults(toml::table& root, const std::string& name) {
  for (const Key& key : study_keys()) {
    if (key.fallback.empty()) continue;
    if (key.path == kSampleCount && lacks_sample_count(root)) continue;
    if (key.path.starts_with("claim.") && !root.contains("claim")) continue;  // most studies claim nothing
    const auto brackets = key.path.find("[].");
    if (brackets == std::string::npos) {
      toml::table& table = parent_of(root, key.path, name);
      if (!table.contains(last_part(key.path))) insert_literal(table, last_part(key.path), key.fallback);
    } else if (toml::array* list = root.at_path(key.path.substr(0, brackets)).as_array()) {
      for (toml::node& element : *list)
        if (!element.as_table()->contains(last_part(key.path)))
          insert_literal(*element.as_table(), last_part(key.path), key.fallback);
    }
  }
}

}  // namespace

StudyTable::StudyTable(std::unique_ptr<Content> content) : content_(std::move(content)) {}
StudyTable::~StudyTable() = default;
StudyTable::StudyTable(StudyTable&&) noexcept = default;
StudyTable& StudyTable::operator=(StudyTable&&) noexcept = default;

StudyTable StudyTable::read(const std::string& path, const std::vector<std::string>& overrides) {
  return parse(read_input(path, "a study file (TOML)"), path, overrides);
}

StudyTable StudyTable::parse(const std::string& toml, const std::string& name,
                             const std::vector<std::string>& overrides) {
  return parse_in(std::filesystem::path(name).parent_path().string(), toml, name, overrides);
}

StudyTable StudyTable::stored(const std::string& toml, const std::string& run_file,
                              const std::vector<std::string>& overrides) {
  StudyTable study = parse_in(std::filesystem::path(run_file).parent_path().string(), toml,
                              run_file + ": /config/toml", overrides);
  drop_stored_sample_count(study.content_->table, overrides);
  const bool other_data = std::ranges::any_of(overrides, [](const std::string& text) {
    return text.starts_with("data.") || text.starts_with("network.bias") || text.starts_with("loss.");
  });
  if (!other_data) study.content_->data_in = run_file;
  return study;
}

StudyTable StudyTable::parse_in(const std::string& folder, const std::string& toml, const std::string& name,
                                const std::vector<std::string>& overrides) {
  auto content = std::make_unique<Content>();
  content->name = name;
  content->typed = toml;
  content->folder = folder;
  try {
    content->table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    throw InputError(
        fmt::format("{}:{}: not TOML: {}", name, error.source().begin.line, error.description()));
  }
  drop_replaced_start(content->table, overrides);
  for (const std::string& text : overrides) {
    apply_override(content->table, text, name);
    place_paths(content->table, text.substr(0, text.find('=')), content->folder);
  }
  Checker(content->name).check(content->table, "");
  fill_defaults(content->table, name);
  return StudyTable(std::move(content));
}

bool StudyTable::has(const std::string& path) const {
  return static_cast<bool>(content_->table.at_path(path));
}

void StudyTable::fail_word(const std::string& key, const std::string& word,
                           const std::vector<std::string>& known) const {
  fail(key, unknown_word(word, known));
}

void StudyTable::fail(const std::string& key, const std::string& message) const {
  throw InputError(
      fmt::format("{}: {}: {}", place(content_->name, content_->table.at_path(key).node()), key, message));
}

namespace {

template <class T>
T required(const StudyTable& study, const toml::table& table, const std::string& path) {
  const auto value = table.at_path(path).value<T>();
  if (!value) study.fail(path, "missing");
  return *value;
}

template <class To, class From>
std::vector<To> list(const StudyTable& study, const toml::table& table, const std::string& path) {
  const toml::array* array = table.at_path(path).as_array();
  if (array == nullptr) study.fail(path, "missing");
  std::vector<To> out;
  for (const toml::node& node : *array) out.push_back(static_cast<To>(*node.value<From>()));
  return out;
}

}  // namespace

std::string StudyTable::text(const std::string& path) const {
  return required<std::string>(*this, content_->table, path);
}
bool StudyTable::boolean(const std::string& path) const {
  return required<bool>(*this, content_->table, path);
}
std::int64_t StudyTable::integer(const std::string& path) const {
  return required<std::int64_t>(*this, content_->table, path);
}
Real StudyTable::real(const std::string& path) const {
  return static_cast<Real>(required<double>(*this, content_->table, path));
}
std::vector<std::string> StudyTable::texts(const std::string& path) const {
  return list<std::string, std::string>(*this, content_->table, path);
}
std::vector<Index> StudyTable::integers(const std::string& path) const {
  return list<Index, std::int64_t>(*this, content_->table, path);
}
std::vector<Real> StudyTable::reals(const std::string& path) const {
  return list<Real, double>(*this, content_->table, path);
}

std::vector<Real> StudyTable::per_layer(const std::string& path) const {
  if (const auto one = content_->table.at_path(path).value<double>()) return {static_cast<Real>(*one)};
  return reals(path);
}

Matrix StudyTable::matrix(const std::string& path) const {
  const toml::array* rows = content_->table.at_path(path).as_array();
  if (rows == nullptr) fail(path, "missing");
  Matrix out(static_cast<Index>(rows->size()), static_cast<Index>(rows->get(0)->as_array()->size()));
  for (Index i = 0; i < out.rows(); ++i)
    for (Index j = 0; j < out.cols(); ++j) {
      const toml::array& row = *rows->get(static_cast<std::size_t>(i))->as_array();
      out(i, j) = static_cast<Real>(*row.get(static_cast<std::size_t>(j))->value<double>());
    }
  return out;
}

SnapshotPolicy StudyTable::snapshots(const std::string& path) const {
  SnapshotPolicy policy;
  policy.singular_values = boolean("output.singular_values");
  policy.distances = by_name<RecordedDistances>(text("output.manifold_distance"), "output.manifold_distance");
  const auto view = content_->table.at_path(path);
  if (const auto word = view.value<std::string>()) {
    const auto stored = by_name<StoredWeights>(*word, path);
    policy.all = stored == StoredWeights::all;
    policy.thinned = stored == StoredWeights::thinned;
  } else if (const auto every = view["every"].value<std::int64_t>()) {
    policy.every = *every;
  } else {
    policy.times = reals(path + ".times");
    std::sort(policy.times.begin(), policy.times.end());
  }
  return policy;
}

std::size_t StudyTable::count(const std::string& path) const {
  const toml::array* array = content_->table.at_path(path).as_array();
  return array == nullptr ? 0 : array->size();
}

std::string StudyTable::filled() const { return write_study(content_->table); }

std::map<std::string, std::string> StudyTable::values() const { return study_values(content_->table); }

const std::string& StudyTable::typed() const { return content_->typed; }
const std::string& StudyTable::name() const { return content_->name; }

const std::string& StudyTable::data_in() const { return content_->data_in; }
std::string StudyTable::resolve(const std::string& path) const {
  const std::filesystem::path given(path);
  if (given.is_absolute()) return path;
  return (content_->folder / given).string();
}

}  // namespace saddleflow

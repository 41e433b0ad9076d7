#include "saddleflow/study/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>
#include <mutex>
#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/wrapped.hpp"
#include "saddleflow/network/families.hpp"
#include "saddleflow/study/key_table.hpp"

namespace saddleflow {

namespace {

using enum KeyType;

// Plain Levenshtein distance; keys are short.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

std::string section_of(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

}  // namespace

// A table for each state of the registries: what has been handed out stays.
const std::vector<Key>& study_keys() {
  static std::mutex mutex;
  static std::list<std::pair<std::size_t, std::vector<Key>>> tables;
  const std::lock_guard lock(mutex);
  const std::size_t families = network_families().size();
  if (tables.empty() || tables.back().first != families) tables.emplace_back(families, key_table());
  return tables.back().second;
}

std::vector<std::string> choices_of(const Key& key) {
  return key.registered != nullptr ? key.registered() : key.choices;
}

const Key* find_key(const std::string& path) {
  for (const Key& key : study_keys())
    if (key.path == path) return &key;
  return nullptr;
}

std::string nearest_key(const std::string& path) {
  const auto& keys = study_keys();
  const auto nearest = std::min_element(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    return edit_distance(path, a.path) < edit_distance(path, b.path);
  });
  return nearest->path;
}

std::string describe(KeyType type) {
  switch (type) {
    case text:
      return "a text";
    case path:
      return "a path";
    case boolean:
      return "true or false";
    case integer:
      return "an integer";
    case real:
      return "a number";
    case layer_reals:
      return "a number, or a list with one number per layer of weights";
    case texts:
      return "a list of texts";
    case integers:
      return "a list of integers";
    case reals:
      return "a list of numbers";
    case matrix:
      return "a list of equally long lists of numbers";
    case weights:
      return "\"all\", \"events\", {every = k} or {times = [...]}";
  }
  return "";
}

bool in_range(double value, const std::string& range) {
  if (range.empty()) return true;
  if (range.starts_with(">= ")) return value >= std::stod(range.substr(3));
  if (range.starts_with("> ")) return value > std::stod(range.substr(2));
  const auto dots = range.find("..");
  return value >= std::stod(range.substr(0, dots)) && value <= std::stod(range.substr(dots + 2));
}

std::string describe_keys(int width) {
  constexpr std::size_t indent = 34;
  std::string out, section = "-";
  for (const Key& key : study_keys()) {
    if (section_of(key.path) != section) {
      section = section_of(key.path);
      const bool list = section.ends_with("[]");
      const std::string name =
          list ? "[[" + section.substr(0, section.size() - 2) + "]]" : "[" + section + "]";
      out += section.empty() ? "" : "\n" + name + "\n";
    }
    const std::string name = key.path.substr(section.empty() ? 0 : section.size() + 1);
    std::string doc = key.doc;
    if (const auto choices = choices_of(key); !choices.empty())
      doc += fmt::format(" ({})", fmt::join(choices, ", "));
    if (!key.range.empty()) {
      std::string range = key.range;  // without its blank, at which a line could break
      range.erase(std::remove(range.begin(), range.end(), ' '), range.end());
      doc += " (" + range + ")";
    }
    const std::string left = "  " + name + (key.fallback.empty() ? "" : " = " + key.fallback);
    out += fmt::format("{:<{}}{}\n", left.size() < indent ? left : left + "\n" + std::string(indent, ' '),
                       indent, wrapped(doc, indent, static_cast<std::size_t>(width)));
  }
  return out;
}

}  // namespace saddleflow

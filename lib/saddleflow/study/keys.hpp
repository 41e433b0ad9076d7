// The one table of study-file keys: the parser, the defaults, the error messages and `--help` all come from
// it.
#pragma once

#include <string>
#include <vector>

namespace saddleflow {

enum class KeyType {
  text,
  boolean,
  integer,
  real,
  texts,     ///< a list of texts
  integers,  ///< a list of integers
  reals,     ///< a list of numbers
  matrix,    ///< a list of equally long lists of numbers
  weights    ///< "all", "events", {every = k} or {times = [...]}
};

/// One key. A path with "[]" is a key of each table in a list of tables ("events.level[].value").
struct Key {
  std::string path;
  KeyType type = KeyType::text;
  std::string fallback;              ///< default as a TOML value; empty: none
  std::string doc;                   ///< one line; states units or shape where there are any
  std::vector<std::string> choices;  ///< of a text or of each of the texts; empty: any
  std::string range;  ///< "> 0", ">= 0", ">= 1", "0..1" or empty; of a number or of each of a list
  /// Instead of `choices`, where others may be added to the list while a program runs.
  std::vector<std::string> (*registered)() = nullptr;
};

/// Of a text or of each of the texts; empty: any.
std::vector<std::string> choices_of(const Key& key);

const std::vector<Key>& study_keys();
/// nullptr for an unknown path.
const Key* find_key(const std::string& path);
/// The known path nearest to `path` in edit distance.
std::string nearest_key(const std::string& path);
/// The table as text for `--help`, `width` columns wide.
std::string describe_keys(int width = 110);
/// "a number", "a list of integers", ...
std::string describe(KeyType type);
/// Whether `value` satisfies `range`.
bool in_range(double value, const std::string& range);

}  // namespace saddleflow

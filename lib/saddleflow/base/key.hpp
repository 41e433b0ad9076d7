// One key of a study file, as a row of the table of keys: parser, defaults, error messages and `--help` come
// from it.
#pragma once

#include <string>
#include <vector>

namespace saddleflow {

enum class KeyType {
  text,
  path,  ///< a text that names a file
  boolean,
  integer,
  real,
  layer_reals,  ///< a number for all layers of weights, or a list with one number per layer
  texts,        ///< a list of texts
  integers,     ///< a list of integers
  reals,        ///< a list of numbers
  matrix,       ///< a list of equally long lists of numbers
  weights       ///< "all", "events", {every = k} or {times = [...]}
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

}  // namespace saddleflow

// The one table of the keys of a study: the parser, the defaults, the error messages and `--help` all use it.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/key.hpp"

namespace saddleflow {

/// Of data that are samples. The only key with a default that is absent where it has no meaning.
inline constexpr const char* kSampleCount = "data.samples";

/// Of a text or of each of the texts; empty: any.
std::vector<std::string> choices_of(const Key& key);

/// With those of the families that are registered now (network/families.hpp). References stay valid.
const std::vector<Key>& study_keys();
/// nullptr for an unknown path.
const Key* find_key(const std::string& path);
/// The known path nearest to `path` in edit distance.
std::string nearest_key(const std::string& path);
/// The table as text for `--help`, `width` columns wide: as the rest of the help (tools/command_line.cpp).
std::string describe_keys(int width = 100);
/// "a number", "a list of integers", ...
std::string describe(KeyType type);
/// Whether `value` satisfies `range`.
bool in_range(double value, const std::string& range);

}  // namespace saddleflow

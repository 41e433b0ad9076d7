// The values of an axis: a list, or a table that describes one.
#pragma once

#include <toml++/toml.h>
#include <string>
#include <vector>

namespace saddleflow::sweep {

/// Whether the table describes values. Otherwise it is a section of keys, as in [axes.init].
bool describes_values(const toml::table& table);

/// The values as TOML literals, of one of
///   [v1, v2, ...]                    any values
///   {range = [a, b], step = s}       a, a + s, ... up to b; s = 1 by default
///   {linspace = [a, b], count = n}   n numbers, equally spaced
///   {logspace = [a, b], count = n}   n numbers from a to b, each the same multiple of the one before
///   {seeds = n, first = s}           s, s + 1, ...; s = 1 by default
/// Computed numbers have at most 12 significant digits. They are rounded to integers if the key takes
/// integers, and equal neighbours are then merged. `place` is the beginning of messages, "FILE:LINE: KEY".
/// InputError.
std::vector<std::string> axis_values(const toml::node& node, const std::string& key,
                                     const std::string& place);

}  // namespace saddleflow::sweep

// Arithmetic in the file of a sweep: "30 / init.scale".
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace saddleflow::sweep {

/// The value of a name, or none if the name is unknown.
using Lookup = std::function<std::optional<double>(const std::string& name)>;

/// Numbers, names (which may have dots), + - * / ^, parentheses, comparisons, c ? a : b, and functions such
/// as sqrt, exp, ln, log10, log2, abs, min, max, round, floor, ceil (muParser). Nothing can be assigned, and
/// nothing but the names is read. The value may be infinite or NaN. `place` is the beginning of messages.
/// InputError: a syntax error or an unknown name.
double evaluate(const std::string& expression, const Lookup& lookup, const std::string& place);

}  // namespace saddleflow::sweep

// Values as TOML writes them.
#pragma once

#include <optional>
#include <string>

namespace saddleflow::sweep {

/// The number that a value is; none for texts, lists and truth values.
std::optional<double> number_of(const std::string& literal);
/// The text that a value is, without its quotes; none for anything else.
std::optional<std::string> text_of(const std::string& literal);

}  // namespace saddleflow::sweep

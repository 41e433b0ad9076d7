#include "sweep/literal.hpp"

#include <toml++/toml.h>

namespace saddleflow::sweep {

namespace {

/// Of a number or a text alone: others, and what is no TOML, have none.
template <class Value>
std::optional<Value> value_of(const std::string& literal, bool (*is)(const toml::node&)) {
  try {
    const toml::table parsed = toml::parse("value = " + literal);
    const toml::node& node = *parsed.get("value");
    return is(node) ? node.value<Value>() : std::nullopt;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<double> number_of(const std::string& literal) {
  return value_of<double>(literal, [](const toml::node& node) { return node.is_number(); });
}

std::optional<std::string> text_of(const std::string& literal) {
  return value_of<std::string>(literal, [](const toml::node& node) { return node.is_string(); });
}

}  // namespace saddleflow::sweep

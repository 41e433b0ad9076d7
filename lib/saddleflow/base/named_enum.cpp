#include "saddleflow/base/named_enum.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace detail {

void throw_unnamed(const char* what, int value) {
  throw std::logic_error(fmt::format("{}: the value {} has no row in its table", what, value));
}

void throw_unknown(std::string_view where, const char* what, std::string_view found,
                   const std::vector<std::string>& known) {
  throw InputError(fmt::format("{}: found {}, expected one of {}", where.empty() ? what : where, found,
                               fmt::join(known, ", ")));
}

}  // namespace detail

std::string hyphenated(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', '-');
  return words;
}

}  // namespace saddleflow

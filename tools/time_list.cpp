#include "time_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "saddleflow/base/error.hpp"

namespace saddleflow::tools {

namespace {

// More than anyone looks at; a slip of the hand should not fill the memory.
constexpr double kMostTimes = 1e6;

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

[[noreturn]] void refuse(std::string_view item) {
  throw InputError(
      fmt::format("--times: found \"{}\", expected a number, FROM:TO:COUNT or log:FROM:TO:COUNT", item));
}

double number(std::string_view text, std::string_view item) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) refuse(item);
  return value;
}

void add_range(std::vector<std::string_view> parts, std::string_view item, std::vector<Real>& times) {
  const bool logarithmic = parts.front() == "log";
  if (logarithmic) parts.erase(parts.begin());
  if (parts.size() != 3) refuse(item);
  const double from = number(parts[0], item), to = number(parts[1], item), count = number(parts[2], item);
  const bool whole = count >= 2 && count <= kMostTimes && count == std::floor(count);
  if (!whole || !(to > from) || (logarithmic && !(from > 0))) refuse(item);
  for (double k = 0; k < count; ++k) {
    const double part = k / (count - 1);
    const double time = logarithmic ? from * std::pow(to / from, part) : from + part * (to - from);
    times.push_back(static_cast<Real>(k + 1 == count ? to : time));
  }
}

}  // namespace

std::vector<Real> parse_times(const std::string& text) {
  std::vector<Real> times;
  if (text.empty()) return times;
  for (const std::string_view item : split(text, ',')) {
    const std::vector<std::string_view> parts = split(item, ':');
    if (parts.size() == 1)
      times.push_back(static_cast<Real>(number(item, item)));
    else
      add_range(parts, item, times);
  }
  std::ranges::sort(times);
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

}  // namespace saddleflow::tools

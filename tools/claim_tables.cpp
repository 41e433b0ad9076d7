#include "claim_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace saddleflow::tools {

namespace {

constexpr std::array<std::size_t, 4> kWidths{42, 26, 42, 22};

/// At blanks; a word longer than the line stands alone.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    start = end + 1;
  }
  return lines;
}

void print_row(std::FILE* out, const std::array<std::string, 4>& cells) {
  std::array<std::vector<std::string>, 4> columns;
  std::size_t height = 0;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    columns[c] = wrapped(cells[c], kWidths[c]);
    height = std::max(height, columns[c].size());
  }
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c)
      line += fmt::format("  {:<{}}", row < columns[c].size() ? columns[c][row] : "", kWidths[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(out, "{}\n", line);
  }
}

}  // namespace

void print_table_head(std::FILE* out) { print_row(out, {"claim", "prediction", "measured", "verdict"}); }

void print_report(std::FILE* out, const claims::Report& report, bool details) {
  fmt::print(out, "\n{}\n", report.title);
  for (const std::string& line : wrapped(report.setting, 130)) fmt::print(out, "  {}\n", line);
  if (details)
    for (const std::string& line : report.details) fmt::print(out, "    {}\n", line);
  for (const claims::Finding& f : report.findings)
    print_row(out, {f.claim, f.prediction, f.measured,
                    std::string(name_of(f.verdict)) + (f.reason.empty() ? "" : ": " + f.reason)});
}

}  // namespace saddleflow::tools

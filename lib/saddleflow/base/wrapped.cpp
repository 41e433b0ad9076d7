#include "saddleflow/base/wrapped.hpp"

#include <algorithm>

namespace saddleflow {

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

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  std::string out;
  for (const std::string& line : wrapped(text, width - std::min(indent, width)))
    out += (out.empty() ? "" : "\n" + std::string(indent, ' ')) + line;
  return out;
}

}  // namespace saddleflow

// What a tool says on a terminal while it works.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

#include "messages.hpp"

namespace saddleflow::tools {

/// Writes over its own line on standard error; empty where nobody watches a terminal.
inline std::function<void(const std::string& what)> progress_line(bool quiet) {
  if (quiet || isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& what) { say(fmt::format("\r\033[K{}", what)); };
}

}  // namespace saddleflow::tools

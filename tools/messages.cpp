#include "messages.hpp"

#include <cstdio>

#include "saddleflow/base/one_line.hpp"

namespace saddleflow::tools {

void complain(std::string_view tool, std::string_view message) {
  say(std::string(tool) + ": " + one_line(message) + "\n");
}

void say(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace saddleflow::tools

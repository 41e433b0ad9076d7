// What a tool says on standard error. That nobody can read it (a terminal that is gone) ends no work.
#pragma once

#include <string>
#include <string_view>

namespace saddleflow::tools {

/// "<tool>: <message>" as one line, whatever bytes the message quotes.
void complain(std::string_view tool, std::string_view message);

/// Text as it is, at once: progress, with its control characters.
void say(std::string_view text);

}  // namespace saddleflow::tools

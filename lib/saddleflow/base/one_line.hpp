// Messages quote what an input holds: file names, cells, keys. Whatever bytes these are, a message is one
// line and does nothing to the terminal that shows it.
#pragma once

#include <string>
#include <string_view>

namespace saddleflow {

/// The text with line breaks, tabs and all other control characters as escapes: \n, \r, \t, else \xHH for a
/// byte and \u{...} for a character that is several bytes of UTF-8 (C1 controls, line and paragraph
/// separators, marks that turn the direction of writing). Bytes that are no UTF-8 become \xHH. All other text
/// stays as it is.
std::string one_line(std::string_view text);

}  // namespace saddleflow

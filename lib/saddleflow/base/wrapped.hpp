// Lines of limited length, for help texts and tables.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace saddleflow {

/// The words of `text` in lines of at most `width` characters. Lines break at blanks; a word that is longer
/// than `width` has a line of its own. At least one line, which is empty if the text is.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

/// The same as one string. Every line but the first begins with `indent` blanks, which count towards `width`;
/// the first line is assumed to start at that column.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width);

}  // namespace saddleflow

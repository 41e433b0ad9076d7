// Lists of times on the command line.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow::tools {

/// "0,10,100", "0:50:11" (so many equally spaced times), "log:1e-2:1e4:25" (equally spaced logarithms), or
/// several of these set apart by commas; sorted, each once. Empty for an empty text. InputError "--times:
/// ..." for anything else.
std::vector<Real> parse_times(const std::string& text);

}  // namespace saddleflow::tools

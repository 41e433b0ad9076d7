// Study files: any text through the parser, small studies through a whole run.
#pragma once

#include <string>

#include "target.hpp"

namespace saddleflow::fuzz {

/// Beyond the documented refusals: the study with its defaults is a study that says the same; no number of a
/// run file that is always known is NaN; a run that has not failed has its gauges within their bounds.
void run_study(const std::string& input);
/// Sets, changes or drops a key, a line each. Keys and choices are those of the library's table.
std::string alter_study(const std::string& input, std::size_t most, Dice& dice);

}  // namespace saddleflow::fuzz

// The tables that sf-saddles prints.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "saddleflow/study/saddle_run.hpp"

namespace saddleflow::tools {

/// Catalogue, visits and transitions; `names` of the runs.
void print_survey(std::FILE* out, const SaddleSurvey& survey, const Network& network,
                  const std::vector<std::string>& names);

}  // namespace saddleflow::tools

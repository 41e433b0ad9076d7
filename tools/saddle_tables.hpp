// The tables that sf-saddles prints.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "saddleflow/job/saddle_run.hpp"

namespace saddleflow::tools {

/// Negative, zero (explained), zero (unexplained) and positive eigenvalues.
std::string index_of(const CriticalPoint& p);
/// What explains the zero ones.
std::string zero_modes_of(const ZeroModes& z);

/// Catalogue, visits and transitions; `names` of the runs.
void print_survey(std::FILE* out, const SaddleSurvey& survey, const Network& network,
                  const std::vector<std::string>& names);

}  // namespace saddleflow::tools

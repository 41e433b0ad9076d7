// The rounds of a pursuit as text.
#pragma once

#include <cstdio>

#include "saddleflow/job/pursuit_run.hpp"

namespace saddleflow::tools {

/// Head of the table, and a line a round.
void print_rounds_head(std::FILE* out, bool test_set);
void print_round(std::FILE* out, const archive::RoundRow& round, Index number, bool test_set);
/// How it ended, and at which point.
void print_pursuit_end(std::FILE* out, const PursuitOutcome& outcome);

}  // namespace saddleflow::tools

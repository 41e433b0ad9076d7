// A claim's report as text.
#pragma once

#include <cstdio>

#include "validation/claim.hpp"

namespace saddleflow::tools {

void print_table_head(std::FILE* out);
/// Title, setting, the findings in columns; with `details` every seed and delta.
void print_report(std::FILE* out, const claims::Report& report, bool details);

}  // namespace saddleflow::tools

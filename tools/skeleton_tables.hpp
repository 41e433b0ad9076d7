// The tables that sf-skeleton prints.
#pragma once

#include <cstdio>

#include "saddleflow/job/skeleton_run.hpp"

namespace saddleflow::tools {

/// Heading, jumps, and every other sequence beside them.
void print_skeleton(std::FILE* out, const SkeletonRun& run);

}  // namespace saddleflow::tools

// The sections of a study that single tools read: pursuits, experiments, claims.
#pragma once

#include <vector>

#include "saddleflow/study/key_table.hpp"

namespace saddleflow {

/// [pursuit], [experiment] and [claim].
std::vector<Key> tool_keys();

}  // namespace saddleflow

// The table itself, section after section.
#pragma once

#include <vector>

#include "saddleflow/study/keys.hpp"

namespace saddleflow {

std::vector<Key> key_table();

}  // namespace saddleflow

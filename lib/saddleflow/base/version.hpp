// What this build is: for --version and the provenance of a run file.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace saddleflow {

/// "0.1.0".
const char* version();
/// Version, commit, compiler, flags, scalar type and library versions as (name, value).
std::vector<std::pair<std::string, std::string>> provenance();

}  // namespace saddleflow

// The start of a study that an override replaces.
#pragma once

#include <toml++/toml.h>
#include <string>
#include <vector>

namespace saddleflow {

/// Where an override gives another init.kind, the keys in `study` (as typed) that only other kinds read go
/// with the start that they described: they would be refused beside the new one.
void drop_replaced_start(toml::table& study, const std::vector<std::string>& overrides);

}  // namespace saddleflow

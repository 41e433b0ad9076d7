// A study back to TOML text: in the order of the table of keys, numbers as short as they can be written
// exactly.
#pragma once

#include <toml++/toml.h>
#include <string>

namespace saddleflow {

/// Every key of study_keys() that the checked table holds.
std::string write_study(const toml::table& study);

}  // namespace saddleflow

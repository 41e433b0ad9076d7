// The number of samples of a study, where its data have one.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <vector>

namespace saddleflow {

/// Data that are no number of samples: a default would say what is not so, and a number that is given could
/// not be told from it.
bool lacks_sample_count(const toml::table& study);

/// Of a study that a file holds: those of older versions have the default. An override stays.
void drop_stored_sample_count(toml::table& study, const std::vector<std::string>& overrides);

}  // namespace saddleflow

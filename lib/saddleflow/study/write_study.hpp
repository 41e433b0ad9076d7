// A study back to TOML text: in the order of the table of keys, numbers as short as they can be written
// exactly.
#pragma once

#include <toml++/toml.h>
#include <map>
#include <string>

namespace saddleflow {

/// A value as a study file has it: numbers as short as possible, floats recognisable as such, texts in quotes.
std::string toml_literal(const toml::node& node);

/// Every key of study_keys() that the checked table holds.
std::string write_study(const toml::table& study);

/// The same key by key: "events.level[0].value" and its value.
std::map<std::string, std::string> study_values(const toml::table& study);

}  // namespace saddleflow

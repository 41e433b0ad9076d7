// The shipped claim studies, with keys changed for a test.
#pragma once

#include <string>
#include <vector>

#include "validation/claim.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

inline StudyTable shipped(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return StudyTable::read(std::string(CLAIMS) + "/" + name + ".toml", overrides);
}

inline Report measure(const std::string& name, const std::vector<std::string>& overrides = {}) {
  return measure_claim(shipped(name, overrides));
}

}  // namespace saddleflow::claims

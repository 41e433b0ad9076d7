// What the starts of a study did, by kind.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace saddleflow::claims {

/// The kinds of ends with their seeds, in order of appearance.
class Census {
 public:
  void add(const std::string& kind, std::uint64_t seed);
  /// "7 starts (seeds 1 4 9 ...): kind", one a line.
  std::vector<std::string> lines() const;
  /// The lines in one.
  std::string line() const;

 private:
  std::vector<std::pair<std::string, std::vector<std::uint64_t>>> kinds_;
};

}  // namespace saddleflow::claims

// What is fuzzed: for each target a function that takes any bytes to the library's own readers, and one that
// alters an input. A fuzzer (fuzzer_main.cpp) and the replay of old findings (fuzz_regressions_test.cpp) call
// the same functions.
#pragma once

#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace saddleflow::fuzz {

/// The library has broken one of its promises: a number that is not finite, a gauge beyond its bound, a
/// message of two lines. Every exception that leaves a target is a finding; this one has words of its own.
class Finding : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

using Dice = std::mt19937;

struct Target {
  std::string name;
  /// Returns where the input is taken or refused as documented. Throws, or does not return, where it is a
  /// finding.
  void (*run)(const std::string& input);
  /// Another input made of this one, at most `most` bytes.
  std::string (*alter)(const std::string& input, std::size_t most, Dice& dice);
};

const std::vector<Target>& targets();
/// std::out_of_range for an unknown name.
const Target& find_target(const std::string& name);

}  // namespace saddleflow::fuzz

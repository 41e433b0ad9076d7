// libFuzzer's side of the targets. The variable SADDLEFLOW_FUZZ_TARGET of the environment says which one: a
// program of this size takes its time to link.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <typeinfo>

#include "target.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed);

namespace {

using namespace saddleflow::fuzz;

const Target& chosen_target() {
  const char* name = std::getenv("SADDLEFLOW_FUZZ_TARGET");
  try {
    return find_target(name == nullptr ? "" : name);
  } catch (const std::out_of_range& error) {
    std::cerr << "fuzzers: SADDLEFLOW_FUZZ_TARGET: " << error.what() << std::endl;
    std::exit(2);
  }
}

const Target& target() {
  static const Target& only = chosen_target();
  return only;
}

std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Of every so many inputs one is altered by libFuzzer, which knows nothing of their form.
constexpr unsigned kBlind = 4;

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    target().run(text_of(data, size));
  } catch (const std::exception& error) {
    std::cerr << "FINDING: " << typeid(error).name() << ": " << error.what() << std::endl;
    std::abort();
  }
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  Dice dice(seed);
  if (dice() % kBlind == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string altered = target().alter(text_of(data, size), most, dice);
  const std::size_t length = std::min(altered.size(), most);
  std::copy_n(altered.begin(), length, data);
  return length;
}

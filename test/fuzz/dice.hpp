// Draws that the alterations of all targets share.
#pragma once

#include <string>
#include <vector>

#include "target.hpp"

namespace saddleflow::fuzz {

/// 0 ... count - 1.
inline std::size_t below(std::size_t count, Dice& dice) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(dice);
}

template <class Choices>
const auto& one_of(const Choices& choices, Dice& dice) {
  return choices[below(choices.size(), dice)];
}

/// Numbers at the edges of their types, and usual ones, as TOML, CSV and recipes write them.
std::string odd_integer(Dice& dice);
std::string odd_number(Dice& dice);

std::vector<std::string> lines_of(const std::string& text);
std::string joined(const std::vector<std::string>& lines);

}  // namespace saddleflow::fuzz

// Random networks with kinks on data of many kinds, most of which make kinks coincide.
#pragma once

#include <cstdint>
#include <string>

#include "arbiter/gradient_descent.hpp"

namespace saddleflow::test {

enum class DataKind {
  generic,    ///< standard normal
  repeated,   ///< the same input two or three times, with different labels
  opposite,   ///< x and -x
  parallel,   ///< x and a multiple of x
  mirrored,   ///< x and its image in a line or plane: equal kinks up to rounding
  circle,     ///< equispaced points of the unit circle
  integers,   ///< from -2 to 2
  one_hot,    ///< unit vectors, some of them repeated, negative or doubled
  hypercube,  ///< corners of a cube
  rounded     ///< every sample twice, equal up to rounding
};
constexpr int kDataKinds = 10;

std::string name(DataKind kind);

struct RandomKinks {
  std::uint64_t seed = 0;
  int number = 0;
  DataKind kind = DataKind::generic;
  int hidden_layers = 1;
  PlainProblem plain;

  /// One line.
  std::string description() const;
};

/// A function of (seed, number). The kind of data is number mod 10, the number of hidden layers 1 + (number /
/// 10) mod 3.
RandomKinks random_kinks(std::uint64_t seed, int number);

}  // namespace saddleflow::test

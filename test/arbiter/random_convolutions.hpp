// Random convolutions with kinks, on sequences most of which make kinks coincide.
#pragma once

#include <cstdint>
#include <string>

#include "arbiter/gradient_descent.hpp"

namespace saddleflow::test {

enum class SequenceKind {
  generic,   ///< standard normal
  constant,  ///< one number: all patches of a sample are parallel to one vector
  periodic,  ///< with the period of the stride: all patches of a sample are equal
  flipped,   ///< x_{j + stride} = -x_j: patches are opposite to their neighbours
  shifted,   ///< windows of one long sequence: samples share patches
  opposite,  ///< x and -x
  padded,    ///< zeros but for a few positions: zero and parallel patches
  integers   ///< from -2 to 2
};
constexpr int kSequenceKinds = 8;

std::string name(SequenceKind kind);

struct RandomConvolution {
  std::uint64_t seed = 0;
  int number = 0;
  SequenceKind kind = SequenceKind::generic;
  PlainProblem plain;

  /// One line.
  std::string description() const;
};

/// A function of (seed, number). The kind of data is number mod 8; the outer weights are dense or averaged in
/// turn, (number / 8) mod 2. Kernels of two to four positions with strides from 1, most of them less than the
/// kernel; one or two channels and outputs; slopes from -1 to 0.6, 0 in every fourth.
RandomConvolution random_convolution(std::uint64_t seed, int number);

}  // namespace saddleflow::test

// What brute force says about a critical point on kinks.
#pragma once

#include <cstdint>
#include <string>

#include "saddle/kinked_analysis.hpp"

namespace saddleflow::test {

/// How many of each verdict, and the worst figures.
struct Tally {
  int points = 0, on_kinks = 0, minima = 0, first_order = 0, eigenvalue = 0, degenerate = 0, unresolved = 0;
  Index most = 0;
  Real clarke = 0, derivative = 0, eigenvalue_error = 0, lowest = 0;

  void print(const std::string& what) const;
};

/// Requires what random points around it, one-sided differences and second differences along the surface say
/// of an analysed point.
void check_point(Objective& objective, const KinkedPoint& found, std::uint64_t seed, Tally& tally);

}  // namespace saddleflow::test

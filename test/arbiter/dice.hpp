// Random numbers of a problem that is a function of its seed and number.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "saddleflow/base/random.hpp"

namespace saddleflow::test {

class Dice {
 public:
  Dice(std::uint64_t seed, int number) : random_(1000003 * seed + static_cast<std::uint64_t>(number)) {}

  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(random_.uniform());
  }
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform(0, 1)); }
  int between(int low, int high) {
    return low + static_cast<int>(static_cast<double>(random_.uniform()) * (high - low + 1));
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  double sign() { return static_cast<double>(random_.sign()); }
  double normal() { return static_cast<double>(random_.normal()); }
  std::vector<double> normals(int n) {
    std::vector<double> x(static_cast<std::size_t>(n));
    for (double& v : x) v = normal();
    return x;
  }

 private:
  Random random_;
};

}  // namespace saddleflow::test

// A random network that lies exactly on chosen kinks, with loops of its own for everything about slopes
// there: what SlidingManifold is checked against.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

struct KinkedSetting {
  std::vector<Index> sizes;
  Index samples = 8;
  Real slope = Real(0.1);
  std::vector<Kink> kinks;  ///< in the order of their layers
  bool opposite = false;    ///< samples 2i and 2i + 1 are x and -x
};

/// Half-squared loss, summed. Targets are such that slopes `inside` [slope, 1] make the gradient tangent to
/// all kinks: the flow slides on them.
class KinkedNetwork {
 public:
  KinkedNetwork(std::uint64_t seed, const KinkedSetting& setting);

  Objective& objective() { return *objective_; }
  const Vector& weights() const { return w_; }
  const std::vector<Kink>& kinks() const { return setting_.kinks; }
  const Vector& inside() const { return inside_; }

  /// The gradient at w with these slopes at the kinks; residuals are those at w.
  Vector gradient(const Vector& w, const Vector& slopes) const;
  /// grad z of all kinks with slope 0 there, a column a kink.
  Matrix normals(const Vector& w) const;
  /// The weights near w at which all z vanish, by Gauss-Newton steps.
  Vector on_manifold(Vector w) const;
  /// Smallest |gradient| for slopes in [slope, 1], by bounded least squares in one layer's slopes after the
  /// other's from random starts: global for kinks in one layer.
  Real least_norm(Random& random, int starts) const;

 private:
  struct Pass {
    std::vector<Matrix> z, a, factors;  // per hidden layer
    Matrix outputs;
  };
  Pass forward(const Vector& w, const Vector& slopes) const;
  Vector backward(const Vector& w, const Pass& pass, const Matrix& residual) const;
  Vector gradient_of(const Vector& w, const Vector& slopes, const Matrix& residual) const;
  const Matrix& layer_input(const Pass& pass, int l) const;
  void plant(Random& random);
  void fix_targets(Random& random);
  Vector best_slopes_of(int layer, Vector slopes) const;

  KinkedSetting setting_;
  std::shared_ptr<const Network> network_;
  Matrix inputs_, targets_;
  Vector w_, inside_;
  std::vector<Matrix> branches_;  // factors off the kinks, as planted
  std::unique_ptr<Objective> objective_;
};

}  // namespace saddleflow::test

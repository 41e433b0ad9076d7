// A small random problem for tests of the flow.
#pragma once

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/gradient_flow.hpp"

namespace saddleflow::test {

struct RandomProblem {
  RandomProblem(std::uint64_t seed, const std::vector<Index>& layers, Activation activation, Loss loss)
      : objective(feed_forward(layers, activation), data(seed, layers, loss), loss), flow(objective) {
    Random random(seed);
    x = GradientFlow::initial_state(Vector(random.normal_matrix(objective.size(), 1)));
  }

  static Dataset data(std::uint64_t seed, const std::vector<Index>& layers, Loss loss) {
    Random random(seed, RandomStream::inputs);
    Dataset set;
    set.inputs = random.normal_matrix(layers.front(), 7);
    set.targets = random.normal_matrix(layers.back(), 7);
    if (!loss.traits().classification) return set;
    if (loss.traits().separable) {
      set.targets = set.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
      return set;
    }
    const Matrix scores = set.targets;
    set.targets.setZero();
    for (Index i = 0; i < scores.cols(); ++i) {
      Index c = 0;
      scores.col(i).maxCoeff(&c);
      set.targets(c, i) = 1;
    }
    return set;
  }

  Objective objective;
  GradientFlow flow;
  Vector x;
};

}  // namespace saddleflow::test

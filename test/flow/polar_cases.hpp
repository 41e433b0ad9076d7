// Networks and starts that the tests of the polar chart share.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/polar_flow.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow::test {

struct PolarCase {
  std::string name;
  std::vector<Index> sizes;  ///< two: a power sum (inputs, width); one: diagonal linear
  Activation activation;
  LossPointer loss = square_loss();
  bool dead = false;    ///< some neurons exactly zero
  bool smooth = false;  ///< the gradient is a polynomial of the weights

  std::shared_ptr<const Network> network() const {
    if (sizes.size() == 1) return diagonal_linear(sizes[0]);
    if (sizes.size() == 2) return power_sum(sizes[0], sizes[1], activation);
    return feed_forward(sizes, activation);
  }
};
inline std::ostream& operator<<(std::ostream& out, const PolarCase& c) { return out << c.name; }

inline std::vector<PolarCase> polar_cases() {
  const Activation linear(1, 1), squared_relu(0, 2), square(-1, 2), cube(1, 3);
  return {
      {"squared ReLU", {4, 6, 1}, squared_relu},
      {.name = "squared ReLU, zero neurons", .sizes = {4, 6, 1}, .activation = squared_relu, .dead = true},
      {.name = "squared ReLU, three layers", .sizes = {3, 5, 4, 2}, .activation = squared_relu, .dead = true},
      {.name = "squares, two outputs", .sizes = {3, 4, 2}, .activation = square, .smooth = true},
      {.name = "cube, logistic",
       .sizes = {3, 4, 1},
       .activation = cube,
       .loss = logistic_loss(),
       .smooth = true},
      {.name = "cube, logistic, zero neurons",
       .sizes = {3, 4, 1},
       .activation = cube,
       .loss = logistic_loss(),
       .dead = true,
       .smooth = true},
      {.name = "linear", .sizes = {3, 4, 1}, .activation = linear, .smooth = true},
      {.name = "linear, three layers, dead",
       .sizes = {3, 4, 3, 2},
       .activation = linear,
       .dead = true,
       .smooth = true},
      {.name = "linear, four factors", .sizes = {1, 1, 1, 1, 1}, .activation = linear, .smooth = true},
      {.name = "power sum of squares", .sizes = {3, 4}, .activation = square, .dead = true, .smooth = true},
      {"power sum, squared ReLU", {3, 4}, squared_relu},
      {.name = "power sum of cubes, logistic",
       .sizes = {3, 2},
       .activation = cube,
       .loss = logistic_loss(),
       .smooth = true},
      {.name = "diagonal linear", .sizes = {4}, .activation = linear, .dead = true, .smooth = true}};
}

/// A case on seven random samples, at random weights of a given norm.
struct PolarProblem {
  PolarProblem(const PolarCase& c, std::uint64_t seed, Real norm)
      : objective(c.network(), data(c, seed), Loss(c.loss)),
        flow(objective),
        correlation(objective),
        unit(correlation.loss_at_origin()),
        polar(correlation, unit) {
    Random random(seed);
    Vector w = random.normal_matrix(objective.size(), 1);
    if (c.dead) kill(w);
    w *= norm / w.norm();
    x = GradientFlow::initial_state(w);
  }

  static Dataset data(const PolarCase& c, std::uint64_t seed) {
    Random random(seed, RandomStream::inputs);
    Dataset set;
    set.inputs = random.normal_matrix(c.sizes.front(), 7);
    set.targets = random.normal_matrix(c.sizes.size() <= 2 ? 1 : c.sizes.back(), 7);
    if (c.loss->traits().classification)
      set.targets = set.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
    return set;
  }

  /// The first neuron of every hidden layer, or the first group where there are none.
  void kill(Vector& w) const {
    const Network& network = objective.network();
    for (const Neuron& neuron : network.neurons()) {
      if (neuron.index != 0) continue;
      for (Index i : neuron.incoming) w[i] = 0;
      for (Index i : neuron.outgoing) w[i] = 0;
    }
    if (!network.neurons().empty()) return;
    for (Index i = 0; i < w.size(); ++i)
      if (network.groups().first[static_cast<std::size_t>(i)] == 0) w[i] = 0;
  }

  Objective objective;
  GradientFlow flow;
  Correlation correlation;
  Real unit;
  PolarFlow polar;
  Vector x;
};

}  // namespace saddleflow::test

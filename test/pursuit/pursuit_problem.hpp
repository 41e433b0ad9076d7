// Problems that pursuits are tested on.
#pragma once

#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/pursuit/neuron_pursuit.hpp"

namespace saddleflow::test {

/// A teacher of k neurons on the unit sphere of R^d, one hidden layer.
inline GeneratorOptions teacher_data(Index d, Index samples, Index k, const Activation& activation,
                                     std::uint64_t seed) {
  GeneratorOptions g;
  g.inputs = InputKind::sphere;
  g.targets = TargetKind::teacher;
  g.samples = samples;
  g.dimension = d;
  g.seed = seed;
  g.teacher.layers = {d, k, 1};
  g.teacher.activation = activation;
  return g;
}

inline NeuronPursuit teacher_pursuit(Index d, Index samples, Index k, const Activation& activation,
                                     std::uint64_t seed, PursuitOptions options = {}) {
  return NeuronPursuit(feed_forward({d, k + 2, 1}, activation),
                       generate_dataset(teacher_data(d, samples, k, activation, seed)), Loss(),
                       std::move(options));
}

}  // namespace saddleflow::test

// Random problems of the tests of the population loss.
#pragma once

#include <memory>
#include <utility>

#include "saddleflow/base/random.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/problem/population.hpp"

namespace saddleflow {

/// Neurons that learn a teacher from infinitely many Gaussian inputs.
struct PopulationProblem {
  PopulationTeacher teacher;
  std::unique_ptr<Objective> objective;
  Activation own;
  Vector w;

  Objective& operator*() const { return *objective; }
};

inline PopulationProblem population_problem(const Activation& own, PopulationTeacher teacher, Index width,
                                            const Matrix& basis = {}) {
  PopulationProblem p;
  p.own = own;
  const Dataset data = population_data(teacher, basis);
  const auto network = population_network({{teacher.vectors.cols(), width, teacher.outer.rows()},
                                           own,
                                           teacher.activation,
                                           teacher.vectors.rows(),
                                           basis.cols()});
  p.objective = std::make_unique<Objective>(network, data, population_loss(data.targets, network->degree()));
  p.teacher = std::move(teacher);
  return p;
}

inline PopulationProblem random_population_problem(Index d, Index width, Index terms, Index outputs,
                                                   const Activation& own, const Activation& of_teacher,
                                                   std::uint64_t seed) {
  Random random(seed);
  PopulationProblem p = population_problem(
      own, {random.normal_matrix(terms, d), random.normal_matrix(outputs, terms), of_teacher}, width);
  p.w = random.normal_matrix(p.objective->size(), 1);
  return p;
}

}  // namespace saddleflow

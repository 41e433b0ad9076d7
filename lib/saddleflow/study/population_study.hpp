// [data] of a study with infinitely many Gaussian inputs: data.inputs = "population".
#pragma once

#include <memory>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Its name for data.inputs.
inline constexpr const char* kPopulationInputs = "population";
bool is_population(const StudyTable& study);
/// data.population.coordinates = "span": weights are coordinates in a basis of the span of teacher and start.
bool is_in_span(const StudyTable& study);

/// population_network() of the study. InputError that names the key for what a population does not have.
std::shared_ptr<const Network> build_population_network(const StudyTable& study);
/// population_data() of its teacher.
Dataset build_population_data(const StudyTable& study);
/// w(0) of a population in a span, from all d coordinates of the study's start.
Vector initial_weights_in_span(const StudyTable& study, const Network& network);

/// The keys of the teacher, for a network with these inputs, outputs and activation (build_dataset.cpp).
GeneratorOptions teacher_options(const StudyTable& study, Index inputs, Index outputs, const Activation& own);

}  // namespace saddleflow

// [data] of problems whose samples are matrices: sensing, completion, regression in context.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "saddleflow/network/network.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Their names for data.inputs.
std::vector<std::string> matrix_problem_names();
/// Whether data.inputs names such a problem, which has targets of its own.
bool is_matrix_problem(const StudyTable& study);

/// Its data for a network with rows times columns inputs and one output. InputError that names the key.
ProblemData build_matrix_data(const StudyTable& study, const Network& network);

}  // namespace saddleflow

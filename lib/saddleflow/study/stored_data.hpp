// What a run file holds of its problem.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/study/build.hpp"

namespace saddleflow {

/// Whether the file starts as HDF5 files do; false where it cannot be read.
bool is_run_file(const std::string& path);

/// The training set.
Dataset stored_data(const archive::RunDescription& description);
/// With the test set, where there is one.
ProblemData stored_problem_data(const archive::RunDescription& description);

}  // namespace saddleflow

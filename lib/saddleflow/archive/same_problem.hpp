// Whether runs are of one problem: one network, the same data, one loss.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"

namespace saddleflow::archive {

/// What of the problem differs between two runs: "the network", "the data" or "the loss"; empty where nothing
/// does. Initial weights and tolerances may.
std::string problem_difference(const RunDescription& a, const RunDescription& b);

/// InputError that names what differs and both files, where the problems do.
void check_same_problem(const RunDescription& first, const std::string& first_path,
                        const RunDescription& other, const std::string& path);

}  // namespace saddleflow::archive

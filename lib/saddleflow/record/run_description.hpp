// From a set-up run to the plain structs of its file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow {

/// What a file without a trajectory says. `network`: of the weights, where the objective has coordinates of
/// its own.
archive::RunDescription describe_problem(const Network& network, const Objective& objective,
                                         const StudyTable& study, const std::string& command);
archive::RunDescription describe_problem(const Objective& objective, const StudyTable& study,
                                         const std::string& command);
/// Adds the test set; nothing without one.
void describe_test_set(const std::optional<Dataset>& test, archive::RunDescription& description);
/// What the file says before the first row. `command`: the command line, for `history`.
archive::RunDescription describe_run(const FlowSetup& setup, const StudyTable& study,
                                     const std::string& command);
/// The flag of a stepper's method in a file with this list of names (RunDescription::stepper_names).
/// InputError for a method that the list does not have.
int method_flag(const std::vector<std::string>& names, std::string_view method);

/// The number in the summary of a run, in /run, that says how often kinks met with too many sides to look at.
inline constexpr const char* kSampledDecisions = "sampled_decisions";

}  // namespace saddleflow

// [data] of a study whose samples are pairs of elements of a group: data.inputs = "group".
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/key.hpp"
#include "saddleflow/problem/group_table.hpp"
#include "saddleflow/study/build.hpp"

namespace saddleflow {

/// The word for data.inputs.
inline constexpr const char* kGroupInputs = "group";

bool is_group_problem(const StudyTable& study);

/// Rows of the table of keys.
std::vector<Key> group_keys();

/// All pairs, or data.group.train_fraction of them drawn with data.seed as the training set, and the rest as
/// the test set. Throws InputError.
ProblemData build_group_data(const StudyTable& study);

/// The plateaus that the theory predicts, highest first, in the reduction of the study's loss. None for other
/// data, and where the theory does not apply: it is for networks with one hidden layer, one output for each
/// element and sigma(s) = s^2, the square loss, all pairs, concatenated, and centred encodings.
std::vector<LearningStage> predicted_stages(const StudyTable& study, const Network& network);

}  // namespace saddleflow

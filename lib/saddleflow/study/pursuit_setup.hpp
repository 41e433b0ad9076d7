// [pursuit] of a study, with the problem that it is about.
#pragma once

#include <memory>

#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/study/build.hpp"

namespace saddleflow {

struct PursuitSetup {
  std::shared_ptr<const Network> family;  ///< its widths are the budget, see PursuitOptions
  ProblemData data;
  Loss loss;
  PursuitOptions options;
};

/// Throws InputError naming file and key, IoError for data files.
PursuitSetup build_pursuit(const StudyTable& study);
/// The same with data that are known already.
PursuitSetup build_pursuit(const StudyTable& study, ProblemData data);

}  // namespace saddleflow

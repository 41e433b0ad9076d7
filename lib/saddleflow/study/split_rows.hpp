// Training and test set from one set of samples.
#pragma once

#include <string>

#include "saddleflow/study/build.hpp"

namespace saddleflow {

/// A fraction of the samples, drawn with data.seed, is the test set; both sets keep the order of the samples.
/// InputError naming `key` where that leaves no sample for one of the two.
ProblemData split_rows(const StudyTable& study, const Dataset& all, Real test_fraction,
                       const std::string& key);

}  // namespace saddleflow

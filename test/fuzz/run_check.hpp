// What every run file must be, whatever the study: the same as test/random/ asks of it.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow::fuzz {

/// Throws Finding for a number that is not known though it always should be, a time that falls, a stop reason
/// without a name, or a run that has ended well with a gauge beyond its bound.
void require_sound_run(const StudyTable& study, const std::string& file, const archive::RunSummary& summary);

}  // namespace saddleflow::fuzz

// What --resume makes of a file that is there: show it, go on with it, or integrate once more.
#pragma once

#include <string>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Name in a checkpoint: 1 where the sizes of steps have begun to depend on t_end.
inline constexpr const char* kAimsAtEnd = "aims_at_end";

struct Continuation {
  enum class How {
    show,    ///< the run has ended as asked for
    go_on,   ///< from its last checkpoint
    afresh,  ///< from the start: its checkpoint is gone, or more is to be recorded than a checkpoint knows
  };
  How how = How::show;
  std::string reason;  ///< of `afresh`, in words
};

/// A finished run goes on where the study asks for a looser stop; where it asks for more recordings (events,
/// weights, a test set) the same trajectory is integrated once more. InputError for a study that differs in
/// anything else, whose stop is tighter or that would record less, naming file and key; IoError for a file
/// that another process writes.
Continuation plan_continuation(const StudyTable& study, const archive::RunReader& run);

}  // namespace saddleflow

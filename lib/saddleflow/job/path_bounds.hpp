// How far the gauges of a run may go before it stops, and what is said of its path at the end.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/gauges.hpp"
#include "saddleflow/job/verification.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Keys verify.balance, verify.energy, verify.loss_rise and verify.bound; a key that is 0 stands for its
/// default, for the gauges that of gauge_bounds().
struct PathBounds : GaugeBounds {
  Real path = 0;  ///< Verification::path_error; the larger of 1e-3 and 1e4 flow.rtol
};
PathBounds path_bounds(const StudyTable& study);

/// Why --verify does not confirm the path: its error, its sequence of kinks, a second run that failed. Empty
/// where it does.
std::string not_confirmed(const Verification& verification, const PathBounds& bounds);

/// Where kinks met that have too many sides to look at all of them, in words: the path is not known to be
/// that of the flow. Empty where there was no such place.
std::string not_certain(const archive::RunSummary& summary);

/// How far the path of a run can be trusted and why, in words, for a person. `verification`: null where there
/// was none.
std::string trust_in_words(const archive::RunSummary& summary, const PathBounds& bounds,
                           const Verification* verification);

}  // namespace saddleflow

// How far the gauges of a run may go before it stops, and what is said of its path at the end.
#pragma once

#include <string>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/study/recorder.hpp"
#include "saddleflow/study/study_table.hpp"
#include "saddleflow/study/verification.hpp"

namespace saddleflow {

/// Keys verify.balance, verify.energy, verify.loss_rise and verify.bound; a key that is 0 stands for its
/// default.
struct PathBounds {
  Real balance = 0;    ///< Gauges::balance_drift; the larger of 1e-6 and 1e4 flow.rtol
  Real energy = 0;     ///< Gauges::energy_drift; the same
  Real loss_rise = 0;  ///< Gauges::loss_rise; the larger of 1e-10 and flow.rtol
  Real path = 0;       ///< Verification::path_error; the larger of 1e-3 and 1e4 flow.rtol
};
PathBounds path_bounds(const StudyTable& study);

/// Throws StepFailure with Stop::balance_drift, energy_drift or loss_rise where a gauge is beyond its bound:
/// the path is not that of the flow.
void require_within(const Gauges& gauges, const PathBounds& bounds, Real time);

/// Why --verify does not confirm the path: its error, its sequence of kinks, a second run that failed. Empty
/// where it does.
std::string not_confirmed(const Verification& verification, const PathBounds& bounds);

/// The number in the summary of a run, in /run, that not_certain() reads.
inline constexpr const char* kSampledDecisions = "sampled_decisions";

/// Where kinks met that have too many sides to look at all of them, in words: the path is not known to be
/// that of the flow. Empty where there was no such place.
std::string not_certain(const archive::RunSummary& summary);

/// How far the path of a run can be trusted and why, in words, for a person. `verification`: null where there
/// was none.
std::string trust_in_words(const archive::RunSummary& summary, const PathBounds& bounds,
                           const Verification* verification);

}  // namespace saddleflow

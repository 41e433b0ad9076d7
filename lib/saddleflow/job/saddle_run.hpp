// The saddles of runs: every visit refined, classified, judged and catalogued, and what connects them; the
// job of sf-saddles.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/job/stored_visits.hpp"
#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/saddle/connection.hpp"
#include "saddleflow/saddle/visit.hpp"

namespace saddleflow {

struct SaddleSurveyOptions {
  Index starts = kStartsOfMany;    ///< of each search for KKT points
  std::uint64_t seed = 1;          ///< of these
  std::optional<Real> prominence;  ///< of the visits, see stored_visits()
  bool connect = false;            ///< follow the unstable manifolds
  Index most_escapes = 12;  ///< followed from one point, each kind steepest first: by judgement, as the next
  Index most_points = 64;   ///< from which they are followed
  Real rtol = kUsualTolerance;  ///< of following them
  const std::atomic<bool>* interrupt = nullptr;
  /// Called by one thread at a time, not always the caller's.
  std::function<void(const std::string& what)> progress = {};
  /// The threads that search and follow; null: the caller's alone. The result does not depend on their
  /// number.
  Workers* workers = nullptr;
};

/// One visit of one run.
struct SaddleVisit {
  Index run = 0;
  archive::SaddleRow recorded;
  double snapshot_time = 0;  ///< of the weights from which the point was sought
  Index point = -1;          ///< into SaddleSurvey::points; -1: no weights of the visit are stored
  /// The point is critical, not farther away than half of its size, and its loss is one of those of the
  /// visit. Else the refinement has ended somewhere else: the visit is not one of that point, and of
  /// `analysis` only the distance is known.
  bool has_saddle = false;
  VisitAnalysis analysis;
  std::vector<Index> inactive_before;                   ///< neurons small where the last point was left
  Verdict pattern_preserved = Verdict::not_applicable;  ///< these are zero at this point
};

/// An unstable manifold that has been followed.
struct SaddleConnection {
  Index from = -1, escape = -1;  ///< point, and its way down
  int sign = 1;
  Index to = -1;  ///< point; -1: it came to none
  Real time = 0, closest = 0;
  Real loss = 0;  ///< where it came to rest or turned away; NaN: it did neither
  StopReason stop_reason;
};

struct SaddleTransition {
  Index from = -1, to = -1;
  Index trajectories = 0;
  Index escape = -1;  ///< of `from`, whose unstable manifold goes there; -1: none known
};

struct SaddleSurvey {
  std::vector<CriticalPoint> points;              ///< the origin first, where runs have visits
  std::vector<std::vector<std::int64_t>> widths;  ///< of each point: effective_widths()
  std::vector<Index> same_function;               ///< of each point: Catalogue::same_functions()
  std::vector<SaddleVisit> visits;                ///< run after run, in the order of time
  std::vector<SaddleConnection> connections;
  std::vector<SaddleTransition> transitions;
  Index not_followed = 0;  ///< ways down beyond the limits
  bool interrupted = false;
  WorkCounters work;  ///< of everything: refinement, searches, predictions, manifolds
};

/// All runs must be of one problem (network, data and loss): InputError that names the first that is not.
SaddleSurvey survey_saddles(std::vector<KktProblem>& runs, const SaddleSurveyOptions& options);
/// Of a single point of a problem.
SaddleSurvey survey_point(KktProblem& problem, const Vector& point, const SaddleSurveyOptions& options);

/// As /catalogue, /escapes, /saddles and /transitions hold it. `names` of the runs; `layers` of the network.
archive::SaddleRecord describe_saddles(const SaddleSurvey& survey, const Network& network,
                                       const std::vector<std::string>& names);

/// The file of a survey of these problems: of one run a copy of its file, else one of their common problem
/// without a trajectory. `command`: for its history. Errors as archive::copy_with_saddles() and
/// archive::create_with_saddles().
void write_saddles(const std::string& file, const std::vector<KktProblem>& problems,
                   const SaddleSurvey& survey, const std::string& command, ExistingFile existing);

}  // namespace saddleflow

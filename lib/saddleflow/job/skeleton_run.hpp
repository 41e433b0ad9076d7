// The skeleton of a study beside its flows and Neuron Pursuit: the job of sf-skeleton.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/skeleton_record.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/skeleton/absence.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

struct SkeletonRunOptions {
  SkeletonOptions skeleton;
  std::vector<Real> deltas;  ///< of the flows, each in (0, 1)
  bool pursuit = false;
  Index starts = kStartsOfMany;  ///< of the pursuit's searches
  std::uint64_t seed = 1;        ///< of these
  Real horizon = 2;              ///< flows go on until this times the slow time of the last jump
  Real tolerance = kSameStop;    ///< of the outputs of two points that are one
  std::string command;           ///< for the history of a file
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(const std::string& what)> progress = {};
};

/// A sequence beside that of the skeleton.
struct ComparedSequence {
  SaddleSequence sequence;
  std::vector<StopMatch> matches;  ///< first: the skeleton's; without one those of the first sequence
  std::vector<Absence> absences;   ///< of each match
  std::string end;
  Real delta = 0;       ///< of a flow; 0: the pursuit
  bool failed = false;  ///< a numerical failure or a path that is not certain, of which `end` tells
  SequenceCourse course;
  Index unresolved = 0;    ///< visits of a flow that led to no critical point
  std::int64_t steps = 0;  ///< of a flow
};

struct SkeletonRun {
  archive::RunDescription description;  ///< of the problem
  std::string network;                  ///< in words
  Real delta = 0;                       ///< the study's: norm of w(0)
  Index samples = 0;
  Skeleton skeleton;
  std::vector<ComparedSequence> others;  ///< flows in the order of their deltas, then the pursuit
  bool interrupted = false;

  /// A sequence or the skeleton could not be computed, or is not certain; the others are there.
  bool failed() const;
};

/// [network], [data], [loss] and [init] of the study; flows take rtol, stepper, chart and max_steps of
/// [flow]. Where the skeleton of the network is not known, flows and pursuit stand beside one another: the
/// skeleton ends as `not_known`, and the first of them takes its place in the matches. InputError where a
/// start beside the origin is asked for (init.kind = "saddle"), a delta is out of range, the pursuit does not
/// grow this network, or as compute_skeleton() where nothing else is asked for.
SkeletonRun run_skeleton(const StudyTable& study, const SkeletonRunOptions& options);

/// As the file has it; losses of flows thinned to what a picture needs.
archive::SkeletonRecord describe_skeleton(const SkeletonRun& run, Real tolerance);

/// The file of what was found. Its stop_reason says whether that is all: search_ended, interrupted or
/// numerical_error. Errors as archive::create_with_skeleton().
void write_skeleton(const std::string& file, const SkeletonRun& run, const SkeletonRunOptions& options,
                    ExistingFile existing);

}  // namespace saddleflow

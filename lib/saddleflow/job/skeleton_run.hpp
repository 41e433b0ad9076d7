// The skeleton of a study beside its flows and Neuron Pursuit: the job of sf-skeleton.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/skeleton/comparison.hpp"
#include "saddleflow/skeleton/flow_visits.hpp"
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
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(const std::string& what)> progress = {};
};

/// A sequence beside that of the skeleton.
struct ComparedSequence {
  SaddleSequence sequence;
  std::vector<StopMatch> matches;  ///< first: the skeleton's; without one those of the first sequence
  std::string end;
  Real delta = 0;       ///< of a flow; 0: the pursuit
  bool failed = false;  ///< a numerical failure or a path that is not certain, of which `end` tells
};

struct SkeletonRun {
  std::string title;
  std::string network;  ///< in words
  Real delta = 0;       ///< the study's: norm of w(0)
  Index samples = 0;
  Skeleton skeleton;
  std::vector<ComparedSequence> others;  ///< flows in the order of their deltas, then the pursuit
  bool interrupted = false;

  bool failed() const;
};

/// [network], [data], [loss] and [init] of the study; flows take rtol, stepper, chart and max_steps of
/// [flow]. Where the skeleton of the network is not known, flows and pursuit stand beside one another: the
/// skeleton ends as `not_known`, and the first of them takes its place in the matches. InputError where a
/// start beside the origin is asked for (init.kind = "saddle"), a delta is out of range, the pursuit does not
/// grow this network, or as compute_skeleton() where nothing else is asked for.
SkeletonRun run_skeleton(const StudyTable& study, const SkeletonRunOptions& options);

}  // namespace saddleflow

// Why a stop of one sequence of critical points has no partner in another.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "saddleflow/base/absence_kind.hpp"
#include "saddleflow/skeleton/flow_visits.hpp"

namespace saddleflow {

/// What is known of a sequence beside its stops.
struct SequenceCourse {
  enum class Kind { skeleton, flow, pursuit };
  Kind kind = Kind::skeleton;
  std::string end;  ///< why it ended, in words
  Real end_loss = std::numeric_limits<Real>::quiet_NaN();
  bool failed = false;  ///< it was not computed to its end
  bool interrupted = false;
  std::vector<Index> activated = {};  ///< of a skeleton: neurons that activate, a number a stop

  // Of a flow.
  std::vector<NearestApproach> nearest = {};  ///< to each stop of the first sequence
  std::vector<FlowDip> dips = {};
  LossCurve losses = {};
  /// Flow time at this flow's delta from each stop of the first sequence to the next; NaN: not known.
  std::vector<Real> stays = {};
};

struct Absence {
  AbsenceKind kind = AbsenceKind::none;
  std::string words;        ///< a short phrase; empty where there is a partner
  NearestApproach nearest;  ///< of a flow to a stop of the first sequence that it lacks
};

/// What two sequences are to be compared by.
struct AbsenceContext {
  const SaddleSequence& first;
  const SequenceCourse& first_course;
  const SaddleSequence& second;
  const SequenceCourse& second_course;
  Real loss_at_origin = 0;
  Real tolerance = kSameStop;  ///< of match_sequences()
};

/// One for each match. Of a stop of the first sequence that the second lacks, in this order: the second could
/// not be computed or was interrupted; it has the point at another place; it went to another point instead
/// (between the neighbours that both have); it ended above the loss of the stop; a flow came near, but the
/// refinement led nowhere; it passed by: because its delta is too large, where the first sequence stays there
/// for less than twice the flow time that the jumps to it and from it last, from 10 to 90 % of the fall of
/// this flow's loss. Of a stop that the first lacks: the first ended before; has the point elsewhere; goes
/// past it in a jump of several neurons; or takes another way.
std::vector<Absence> explain_absences(const AbsenceContext& context, const std::vector<StopMatch>& matches);

}  // namespace saddleflow

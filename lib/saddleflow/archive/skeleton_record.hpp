// The skeleton of a problem, and the sequences compared with it, as they are stored: plain rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/absence_kind.hpp"
#include "saddleflow/base/sequence_kind.hpp"

namespace saddleflow::archive {

/// A jump of the skeleton: a row of /skeleton. Vectors along the neurons: 0 or 1.
struct JumpRow {
  double time = not_known, after = not_known;  ///< slow; after the first jump, in later slow time
  double flow_time = not_known;                ///< at the study's delta
  double loss_before = not_known, loss = not_known;
  std::vector<std::int64_t> activated = {}, deactivated = {}, active = {};  ///< one each per neuron
  std::vector<std::int64_t> active_neurons = {};                            ///< one each per layer of weights
  std::vector<double> clocks = {};
  std::vector<double> point = {};  ///< weights of the critical point reached
  // Where the point was analysed, else -1 and NaN.
  int kind = -1;
  double gradient_norm = not_known, relative_gradient = not_known;
  std::int64_t index_negative = -1, index_zero_explained = -1, index_zero_unexplained = -1,
               index_positive = -1;
  double eigenvalue_gap = not_known, lambda_min = not_known;
  std::int64_t ways_down = -1;
};

/// A flow or the pursuit: a row of /sequences.
struct SequenceRow {
  int kind = flag_of(SequenceKind::flow);
  double delta = not_known;
  double end_time = not_known, end_flow_time = not_known, end_loss = not_known;
  std::int64_t steps = -1, unresolved = -1;
  int failed = 0;
};

/// A critical point that one of them came to: a row of /stops.
struct StopRow {
  std::int64_t sequence = -1;  ///< row of /sequences
  double time = not_known, after = not_known, flow_time = not_known;
  double loss = not_known;
  std::vector<std::int64_t> active_neurons = {};
  std::vector<double> outputs = {};  ///< sample x output
};

/// Two stops that are one point, or one alone: a row of /matches.
struct MatchRow {
  std::int64_t sequence = -1;
  std::int64_t jump = -1;        ///< row of /skeleton
  std::int64_t first_stop = -1;  ///< row of /stops that stands in its place where there is no skeleton
  std::int64_t stop = -1;        ///< row of /stops
  double time_difference = not_known, loss_difference = not_known, output_distance = not_known;
  int same_active_neurons = flag_of(Verdict::not_applicable);
  int absence = flag_of(AbsenceKind::none);
  double nearest_flow_time = not_known, nearest_loss = not_known, nearest_proximity = not_known,
         nearest_outputs = not_known;
};

/// The loss along a flow, thinned: a row of /flow_loss.
struct FlowLossRow {
  std::int64_t sequence = -1;
  double time = not_known, flow_time = not_known;
  double after = not_known;  ///< later slow time since the first stop; NaN where there is none
  double loss = not_known;
};

struct SkeletonRecord {
  std::vector<JumpRow> jumps;
  std::vector<SequenceRow> sequences;
  std::vector<StopRow> stops;
  std::vector<MatchRow> matches;
  std::vector<FlowLossRow> losses;
  // Attributes of /skeleton.
  std::string end, detail;
  bool known = true;  ///< a skeleton of the network is known at all
  double delta = 0, loss_at_origin = 0, tolerance = 0;
  std::int64_t degree = 2, later_degree = 2;
  std::vector<std::string> ends;     ///< of the sequences, in words
  std::vector<std::string> reasons;  ///< of the matches: why a stop is alone; empty for pairs
};

}  // namespace saddleflow::archive

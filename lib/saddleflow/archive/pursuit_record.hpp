// A network that grows neuron by neuron as it is stored: plain rows, filled by whoever makes it grow.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/base/round_stop.hpp"

namespace saddleflow::archive {

/// Neurons are added and the flow carries the grown network to its next critical point: a row of /rounds.
/// Round 0 starts from nothing: it adds one neuron to every hidden layer.
struct RoundRow {
  double loss_before = not_known;   ///< at the point before; in round 0 that of the zero network
  double loss_start = not_known;    ///< just after the new neuron was appended
  double loss_after = not_known;    ///< at the point reached
  std::int64_t added_layer = -1;    ///< hidden layer (from 0) that has grown, -1 for all of them
  std::int64_t added_neurons = -1;  ///< how many were added in all
  // The maximum of the correlation function whose direction the new neurons got: of a neuron's own, in round
  // 0 of the whole narrow network's.
  double value = not_known;         ///< N on the unit sphere
  double kkt_residual = not_known;  ///< |grad N - D N u| / |grad N|
  double basin_share = not_known;   ///< of the random starts that end there
  // The point reached; -1 and NaN where that was not found out.
  int kind = flag_of(CriticalKind::unresolved);
  double gradient_norm = not_known, relative_gradient = not_known;
  std::int64_t index_negative = -1, index_zero_explained = -1, index_zero_unexplained = -1,
               index_positive = -1;
  double eigenvalue_gap = not_known;  ///< as CriticalPointRow::eigenvalue_gap
  double lambda_min = not_known;      ///< least eigenvalue of the Hessian
  // One each per layer of weights: the hidden neurons that it feeds, -1 for the output layer.
  std::vector<std::int64_t> neurons = {};         ///< all of them
  std::vector<std::int64_t> active_neurons = {};  ///< those that are not zero
  double next_value = not_known;  ///< greatest N of a further neuron on the unit sphere: 0 where none helps
  double test_loss = not_known, test_error = not_known;  ///< NaN without a test set
  double flow_time = not_known;                          ///< spent in this round
  int stop = flag_of(RoundStop::not_critical);
  std::int64_t first_time = -1;      ///< row of /time with which the round begins, -1 for none
  std::int64_t snapshot_start = -1;  ///< row of /weights just after the neurons were appended
  std::int64_t snapshot = -1;        ///< row of /weights with the point reached
  std::int64_t gradients = 0, hessian_vectors = 0, hessians = 0;  ///< work of the round
};

/// A whole file of a growing network. Parameters and neurons are in the order of their birth (see
/// network/birth_order.hpp): a row from before the birth of the last ones is shorter than its axis.
/// Flow time goes on from round to round: that of `times` and `snapshots` is counted from round 0.
struct PursuitRecord {
  RunDescription description;  ///< of the final network; `growing` is taken for granted
  std::vector<TimeRow> times;
  std::vector<SnapshotRow> snapshots;
  std::vector<RoundRow> rounds;
  RunSummary summary;  ///< stop_reason "running" as long as rounds are to come
};

}  // namespace saddleflow::archive

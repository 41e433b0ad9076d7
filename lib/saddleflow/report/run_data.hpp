// Everything the report page shows of one run, as plain columns: the page knows nothing of HDF5.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "saddleflow/archive/pursuit_record.hpp"
#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/archive/skeleton_record.hpp"

namespace saddleflow::report {

/// One value per row of the time table: an accepted step, or a snapshot within one.
using Column = std::vector<double>;

/// A hidden neuron: its layer and its index in that layer, both counted from 0.
struct NeuronPlace {
  int layer = 0;
  std::int64_t index = 0;
};

/// Layer, row (target) and column (source) of one parameter, counted from 0.
struct ParameterPlace {
  int layer = 0;
  std::int64_t row = 0;
  std::int64_t column = 0;
};

/// NaN in any number means: not known.
struct Event {
  std::string kind;  ///< "origin_escape", "saddle_enter", ...
  int direction = 0;
  double time = 0, value = 0, loss = 0, gradient_norm = 0, proximity = 0;
  double lambda_min = 0, lambda_max = 0, time_error = 0;
  std::int64_t snapshot = -1;  ///< row of `snapshots`, or -1
};

/// One visit to the neighbourhood of a critical point.
struct Saddle {
  std::vector<double> point;        ///< weights at the closest approach, parameter-long or empty
  std::vector<double> eigenvalues;  ///< ascending; may be only a part of the spectrum
  double loss = 0, gradient_norm = 0, proximity = 0, newton_distance = 0;
  double enter_time = 0, closest_time = 0, leave_time = 0;
  std::int64_t index_negative = -1, index_zero = -1, index_positive = -1;
  VisitDepth depth = VisitDepth::close;
};

/// Full weights at one time.
struct Snapshot {
  double time = 0;
  std::vector<double> weights;
};

/// What the stop reason, the counters and the attributes of /run say.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// How the snapshots lie to the KKT points; every column as long as `time`, or empty.
struct AlignmentTable {
  Column time, cosine, residual;
  Column max_margin;                  ///< cosine with the KKT point of the max-margin problem; may be empty
  std::vector<Column> neuron_cosine;  ///< one column per neuron
};

/// What the snapshots say of the weights as matrices; every column as long as `time`.
struct WeightMeasures {
  Column time;
  std::vector<Column> singular_values;              ///< layer after layer, descending in each
  std::vector<int> layer;                           ///< one each per column of singular_values
  std::vector<Column> product;                      ///< singular values of the end-to-end map
  std::vector<Column> effective_width;              ///< one column per hidden layer
  std::string width_kind;                           ///< what that counts, as in archive::RunDescription
  std::vector<Column> distance;                     ///< to each invariant manifold
  std::vector<int> manifold_layer, manifold_width;  ///< one each per column of distance
  std::string manifold_kind;                        ///< as in archive::RunDescription
};

/// A plateau that a theory predicts for the data of the run.
struct PredictedStage {
  double loss = 0;
  std::string frequency;   ///< "2", "1,3": what is learnt from there
  double correlation = 0;  ///< the greatest one of a neuron of that frequency
};

struct RunData {
  /// Whether its network is said to be so, see trait_names().
  bool has_trait(std::string_view name) const {
    return std::find(network_traits.begin(), network_traits.end(), name) != network_traits.end();
  }

  std::string title;
  std::string file;  ///< name shown in the header
  std::string stop_reason;

  // network
  std::string network_kind;
  std::vector<std::string> network_traits;  ///< as in archive::RunDescription
  std::string activation;                   ///< in words; empty where its neurons have none
  std::vector<std::int64_t> layer_sizes;
  double slope = 1;
  int power = 1;
  int degree = 2;
  bool bias = false;  ///< the last input is 1 for every sample
  // What else the file has, below
  bool has_mode_changes = false, has_saddle_record = false, has_rounds = false, has_skeleton = false;
  bool has_patches = false;  ///< mode changes say at which patch of the sample
  std::vector<ParameterPlace> parameters;
  std::vector<NeuronPlace> neurons;

  // time table; `time` increases, every column is as long as `time` or empty (not recorded); `step` of a row
  // within a step lies between those of its ends
  Column time, step, loss, gradient_norm, weight_norm, step_size, proximity, balance_drift, energy_drift,
      stepper, kkt_residual, penalty, normalised_margin, margin_kkt_residual, test_loss;
  std::vector<Column> layer_norm;          ///< one column per layer
  std::vector<Column> neuron_norm;         ///< one column per neuron
  std::vector<std::string> stepper_names;  ///< name of stepper flag 0, 1, ...

  // Piecewise-smooth runs
  std::vector<archive::ModeChangeRow> mode_changes;  ///< `time` increases
  Column sliding_count, dead_neurons;                ///< as the columns above

  std::vector<Snapshot> snapshots;
  WeightMeasures measures;
  std::vector<Event> events;
  std::vector<Saddle> saddles;
  std::vector<PredictedStage> stages;  ///< highest first; empty where no theory applies

  // KKT points: without them, all of this is empty; with them, there may be no trajectory
  std::vector<archive::KktRow> kkt;
  std::vector<archive::MaxMarginRow> max_margin;  ///< at most one
  std::int64_t margin_count = 0;                  ///< of that point
  std::int64_t run_point = -1;                    ///< the one that the run's direction went to
  Pairs kkt_search;                               ///< seed, starts, unresolved, ...
  AlignmentTable alignment;

  // Critical points: `saddles` are then the visits, of several runs where there is no trajectory
  archive::SaddleRecord saddle_record;

  // Networks that grow: parameters and neurons are in the order of birth
  std::vector<archive::RoundRow> rounds;
  std::vector<Snapshot> round_points;  ///< the point that each round has reached; no weights where not stored

  // A skeleton, without a trajectory
  archive::SkeletonRecord skeleton;

  Pairs problem;      ///< loss, reduction, sizes, origin of the data
  Pairs counters;     ///< gradients, hessians, wall_seconds, ...
  Pairs provenance;   ///< version, commit, compiler, ...
  std::string study;  ///< TOML with every default filled in
  std::string study_as_typed;
};

/// Throws InputError, naming the column, when lengths disagree, time decreases, or there is nothing to show.
void check(const RunData& run);

}  // namespace saddleflow::report

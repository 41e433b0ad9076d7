// Critical points and the visits to them as they are stored: plain rows, filled by job/saddle_run.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/base/kkt_status.hpp"

namespace saddleflow::archive {

/// A critical point modulo the symmetries of the network: a row of /catalogue. The origin is one of them.
struct CriticalPointRow {
  std::vector<double> point = {};  ///< weights
  int kind = flag_of(CriticalKind::unresolved);
  double loss = 0, gradient_norm = 0;
  double relative_gradient = not_known;  ///< ||grad L|| / (||Hess L|| ||w||)
  std::int64_t index_negative = -1, index_zero_explained = -1, index_zero_unexplained = -1,
               index_positive = -1;
  // The explained zero modes by their cause.
  std::int64_t explained_rescaling = -1, explained_linear_layers = -1, explained_zero_neurons = -1,
               explained_dead_neurons = -1;
  /// Smallest |lambda| that counts as not zero over the largest that counts as zero.
  double eigenvalue_gap = not_known;
  std::vector<double> eigenvalues = {};            ///< ascending, all or both ends
  double eigenvalue_error = 0;                     ///< largest residual bound of them, 0 for all
  std::vector<std::int64_t> active_neurons = {};   ///< per layer, -1 for the output layer
  std::vector<std::int64_t> zero_neuron = {};      ///< per neuron of /neuron: 1 exactly zero, 0 active
  double inactive_threshold = not_known;           ///< neurons below this norm were taken as zero ...
  double inactive_gap = not_known;                 ///< ... the ratio of norms that justifies it
  std::int64_t visits = 0;                         ///< by trajectories
  std::vector<std::int64_t> effective_width = {};  ///< per hidden layer, -1 for the output layer
  std::int64_t same_function =
      -1;  ///< row of the narrowest point with the same outputs; -1: no other has them
  // Of networks with kinks in their gradient (p = 1, alpha != 1).
  std::int64_t kink_count = -1;               ///< pre-activations that are held at zero
  double clarke_residual = not_known;         ///< least gradient with slopes in [alpha, 1] there, relative
  double directional_derivative = not_known;  ///< least one-sided one found off the kinks; 0 without kinks
};

/// A direction in which a critical point is left: a row of /escapes.
struct EscapeRow {
  std::int64_t critical_point = -1;  ///< row of /catalogue
  int kind = flag_of(EscapeKind::eigenvector);
  double value = 0;                      ///< -lambda > 0 for an eigenvector, N > 0, -L' > 0 for a descent
  int degree = 2;                        ///< of the growth: 2 exponential, above it blow-up, 1 finite speed
  std::int64_t layer = -1, neuron = -1;  ///< hidden layer (from 0) and row of /neuron; -1 for an eigenvector
  double basin_share = not_known;        ///< of random directions of such a neuron
  std::vector<double> direction = {};    ///< unit vector
  // Where the unstable manifold leads along +direction and -direction, rows of /catalogue; -1 not followed,
  // or nowhere.
  std::int64_t to_plus = -1, to_minus = -1;
};

/// A visit of a trajectory: a row of /saddles, beside what the run itself has recorded there.
struct VisitRow {
  SaddleRow recorded;  ///< point, eigenvalues, loss ... at the closest approach
  std::int64_t run = 0;
  std::int64_t critical_point = -1;
  double closest_distance =
      not_known;  ///< ||w - p|| / ||p|| at the closest approach, kept weights and zero ones
  std::int64_t index_zero_explained = -1, index_zero_unexplained = -1;
  double eigenvalue_gap = not_known;
  std::vector<std::int64_t> active_neurons = {};  ///< per layer, -1 for the output layer
  std::vector<double> escape_direction = {};      ///< unit vector from the point to the weights at the exit
  std::int64_t escape = -1;                       ///< row of /escapes that it follows most closely
  double exit_overlap = not_known;                ///< its cosine with that
  std::int64_t predicted_layer = -1, predicted_neuron = -1;  ///< that should leave first
  std::int64_t left_layer = -1, left_neuron = -1;            ///< that did
  double predicted_leave_time = not_known;
  int pattern_preserved = flag_of(Verdict::not_applicable);  ///< neurons small at the last exit are zero here
  double small_norm = not_known;  ///< norm of the zero neurons' weights at the closest approach
  double small_alignment =
      not_known;                  ///< cosine of their direction at the exit with the KKT points nearest to it
  double kept_drift = not_known;  ///< ||w_kept - p_kept|| there
};

/// From one critical point to the next: a row of /transitions.
struct TransitionRow {
  std::int64_t from = -1, to = -1;  ///< rows of /catalogue
  std::int64_t trajectories = 0;    ///< that went this way
  std::int64_t escape = -1;         ///< row of /escapes whose unstable manifold goes there, or -1
};

/// /catalogue, /escapes, /saddles and /transitions of one file.
struct SaddleRecord {
  std::vector<CriticalPointRow> catalogue;
  std::vector<EscapeRow> escapes;
  std::vector<VisitRow> visits;
  std::vector<TransitionRow> transitions;
  std::vector<std::string> runs;  ///< names of the run files, in the order of VisitRow::run
  std::vector<std::pair<std::string, std::int64_t>> counts;  ///< attributes of /catalogue: gradients ...
};

}  // namespace saddleflow::archive

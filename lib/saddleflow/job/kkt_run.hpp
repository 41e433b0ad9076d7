// The KKT points of a study's correlation function, and how a run's direction went to one of them: the job of
// sf-kkt.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// Network, data and loss with what a file says of them; `run` where they come from the file of a run.
struct KktProblem {
  archive::RunDescription description;
  std::unique_ptr<Objective> objective;
  std::unique_ptr<Correlation> correlation;
  std::optional<archive::RunReader> run;
};

/// From a study (TOML), with overrides "section.key=value", or from the file of a run: that needs no other
/// file, its data are those that it holds. `command`: for the history of a file that is made of it. Throws
/// InputError, IoError.
KktProblem open_problem(const std::string& path, const std::vector<std::string>& overrides,
                        const std::string& command);
/// The same for what depends on the directions of the flow: InputError for layers with rates of their own
/// (flow.rate).
KktProblem open_kkt_problem(const std::string& path, const std::vector<std::string>& overrides,
                            const std::string& command);

/// When the cosine to the KKT point first exceeded a level.
struct AlignmentCrossing {
  Real level = 0;
  Real time = 0;
};

/// The levels 0.9, 0.99, ... as a cosine exceeds them, as long as a number holds the next.
class LevelsOfCosine {
 public:
  void see(Real cosine, Real time, std::vector<AlignmentCrossing>& crossings);

 private:
  Real distance_ = Real(0.1);  // of the level to be exceeded next from 1
};

/// The weights that a snapshot holds.
Vector weights_of(const archive::SnapshotRow& row);

/// The phase near the origin of a run, seen from the KKT points.
struct RunApproach {
  std::vector<archive::SnapshotRow> rows;                     ///< one each per snapshot: what add_kkt() takes
  Real escape_time = std::numeric_limits<Real>::quiet_NaN();  ///< NaN: the run has not left the origin
  Index snapshot = -1;    ///< before the escape, with the direction nearest to a KKT point; -1: no direction
  Real time = 0;          ///< of that snapshot
  Real residual = 0;      ///< ||grad N - D N u|| / ||grad N|| there
  Index point = -1;       ///< row of the table that the direction went to
  bool appended = false;  ///< the search had not found it
  Real point_residual = 0;                   ///< of the polished direction
  Real cosine = 0;                           ///< at that snapshot, with that point
  std::vector<AlignmentCrossing> crossings;  ///< 0.9, 0.99, ... as far as the cosine came
  Vector neuron_cosine, neuron_share;  ///< there, per hidden neuron; share: norm over that of all weights
};

/// Polishes the direction of the snapshot that is nearest to a KKT point before the loss has left L(0), and
/// finds it in the table or appends it. The row's direction becomes the run's own: of a family of KKT points
/// the run knows one member. Requires problem.run.
RunApproach follow_run(KktProblem& problem, KktTable& table);

/// Networks with one hidden layer: N is a sum over the neurons, and each goes its own way.
struct NeuronLimit {
  bool dies = false;  ///< it does not grow; else:
  Real value =
      std::numeric_limits<Real>::quiet_NaN();  ///< of the neuron's own N at its limit; NaN: unresolved
  /// Between the neuron and that limit, at the snapshot of the approach.
  Real cosine = std::numeric_limits<Real>::quiet_NaN();
};

/// Where the flow of each neuron's own N leads from the run's first snapshot. Empty where the network is not
/// separable or the approach has no snapshot.
std::vector<NeuronLimit> follow_neurons(KktProblem& problem, const RunApproach& approach,
                                        const KktSearchOptions& options);

struct LateDirection;  // late_direction.hpp

/// The table as the group /kkt holds it.
archive::KktRecord describe_kkt(const KktTable& table, Index layers);

/// The file of a search: a copy of the run's with the table in it, where the problem is that of a run
/// (`approach` is then what follow_run() returned, `late` what follow_late_direction() did), else one of the
/// problem without a trajectory. `command`: for its history. Errors as archive::copy_with_kkt() and
/// archive::create_with_kkt().
void write_kkt(const std::string& file, const KktProblem& problem, const KktTable& table,
               const std::optional<RunApproach>& approach, const std::optional<LateDirection>& late,
               const std::string& command, ExistingFile existing);

}  // namespace saddleflow

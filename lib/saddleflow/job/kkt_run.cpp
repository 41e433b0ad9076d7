#include "saddleflow/job/kkt_run.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/correlation/alignment.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/record/run_description.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/stored_data.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

namespace {

constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();

/// Throws for a study that does not suit.
using StudyCheck = std::function<void(const StudyTable& study)>;

std::unique_ptr<Objective> problem_of(const StudyTable& study, const std::shared_ptr<const Network>& network,
                                      Dataset data) {
  return std::make_unique<Objective>(network, std::move(data), build_loss(study),
                                     build_decay(study, *network));
}

KktProblem from_run(const std::string& path, const StudyCheck& check) {
  KktProblem problem;
  problem.run = archive::RunReader::open(path);
  require_fixed_network(*problem.run, "KKT and critical points");
  problem.description = problem.run->description();
  const StudyTable study = StudyTable::stored(problem.description.toml, path);
  check(study);
  problem.objective = problem_of(study, build_network(study), stored_data(problem.description));
  const auto weights = static_cast<Index>(problem.description.parameter_layer.size());
  if (problem.objective->size() != weights)
    throw InputError(path + ": /config/toml describes a network of " +
                     std::to_string(problem.objective->size()) + " weights, expected " +
                     std::to_string(weights) + " like /parameter");
  return problem;
}

KktProblem from_study(const StudyTable& study, const std::string& command, const StudyCheck& check) {
  check(study);
  KktProblem problem;
  const auto network = build_network(study);
  ProblemData data = build_data(study, *network);
  problem.objective = problem_of(study, network, std::move(data.training));
  problem.description = describe_problem(*problem.objective, study, command);
  describe_test_set(data.test, problem.description);
  return problem;
}

KktProblem opened(const std::string& path, const std::vector<std::string>& overrides,
                  const std::string& command, const StudyCheck& check) {
  const bool is_run = is_run_file(path);
  if (is_run && !overrides.empty())
    throw InputError("--set goes with a study; " + path + " is a run, whose problem is given");
  KktProblem problem =
      is_run ? from_run(path, check) : from_study(StudyTable::read(path, overrides), command, check);
  problem.correlation = std::make_unique<Correlation>(*problem.objective);
  return problem;
}

/// A weight vector that has a direction.
bool has_direction(const Vector& w) {
  const Real norm = w.norm();
  return norm > 0 && std::isfinite(norm);
}

// The loss has fallen by this part of that of the origin: the least that is surely seen, as times before it
// count.
constexpr Real kFallOfLoss = Real(1e-3);

/// The event, or where the study has none of them the first snapshot whose loss has fallen by a thousandth.
Real escape_time(const KktProblem& problem, const std::vector<archive::SnapshotRow>& snapshots) {
  for (const archive::EventRow& event : problem.run->event_rows())
    if (is_escape(archive::kind_of(problem.description, event))) return static_cast<Real>(event.time);
  const Real least = (1 - kFallOfLoss) * problem.correlation->loss_at_origin();
  for (const archive::SnapshotRow& row : snapshots)
    if (problem.objective->value(weights_of(row)) < least) return static_cast<Real>(row.time);
  return kNaN;
}

/// Walks over the snapshots of one run.
class Follower {
 public:
  Follower(KktProblem& problem, KktTable& table)
      : correlation_(*problem.correlation), table_(table), snapshots_(problem.run->snapshot_rows()) {
    approach_.escape_time = escape_time(problem, snapshots_);
  }

  RunApproach follow() {
    find_snapshot();
    if (approach_.snapshot >= 0) identify();
    align_all();
    if (approach_.point >= 0) follow_point();
    return std::move(approach_);
  }

 private:
  bool before_escape(const archive::SnapshotRow& row) const {
    return !(static_cast<Real>(row.time) >= approach_.escape_time);
  }

  void find_snapshot() {
    approach_.residual = std::numeric_limits<Real>::infinity();
    for (std::size_t k = 0; k < snapshots_.size() && before_escape(snapshots_[k]); ++k) {
      const Vector w = weights_of(snapshots_[k]);
      if (!has_direction(w)) continue;
      const Real residual = align(correlation_, {}, w).kkt_residual;
      if (!(residual < approach_.residual)) continue;
      approach_.residual = residual;
      approach_.snapshot = static_cast<Index>(k);
      approach_.time = static_cast<Real>(snapshots_[k].time);
    }
  }

  void identify() {
    const Vector w = weights_of(snapshots_[static_cast<std::size_t>(approach_.snapshot)]);
    const KktPoint own = polish_kkt_point(correlation_, w);
    approach_.point_residual = own.residual;
    const auto known = std::find_if(table_.entries.begin(), table_.entries.end(), [&](const KktEntry& entry) {
      return equivalent(correlation_, entry.point.direction, own.direction);
    });
    approach_.appended = known == table_.entries.end();
    KktEntry entry = certify(correlation_, own);
    if (approach_.appended) {
      entry.basin_share = kNaN;
      table_.entries.push_back(entry);
      approach_.point = static_cast<Index>(table_.entries.size()) - 1;
      return;
    }
    entry.basin_share = known->basin_share;
    entry.starts = known->starts;
    *known = entry;
    approach_.point = known - table_.entries.begin();
  }

  void align_all() {
    std::vector<Vector> points;
    for (const KktEntry& entry : table_.entries) points.push_back(entry.point.direction);
    for (const archive::SnapshotRow& snapshot : snapshots_) {
      archive::SnapshotRow row;
      row.neuron_alignment.assign(correlation_.network().neurons().size(), archive::not_known);
      const Vector w = weights_of(snapshot);
      if (has_direction(w)) {
        const Alignment a = align(correlation_, points, w);
        row.nearest_kkt = a.nearest;
        row.alignment = static_cast<double>(a.cosine);
        row.kkt_residual = static_cast<double>(a.kkt_residual);
        if (a.neuron_cosine.size() > 0) row.neuron_alignment = to_doubles(a.neuron_cosine);
      }
      approach_.rows.push_back(std::move(row));
    }
  }

  void follow_point() {
    const std::vector<Vector> point{
        table_.entries[static_cast<std::size_t>(approach_.point)].point.direction};
    const Vector w = weights_of(snapshots_[static_cast<std::size_t>(approach_.snapshot)]);
    const Alignment here = align(correlation_, point, w);
    approach_.cosine = here.cosine;
    approach_.neuron_cosine = here.neuron_cosine;
    approach_.neuron_share = neuron_shares(w);
    LevelsOfCosine levels;
    for (std::size_t k = 0; k < snapshots_.size() && before_escape(snapshots_[k]); ++k) {
      const Vector v = weights_of(snapshots_[k]);
      if (!has_direction(v)) continue;
      const Real cosine = align(correlation_, point, v).cosine;
      levels.see(cosine, static_cast<Real>(snapshots_[k].time), approach_.crossings);
    }
  }

  Vector neuron_shares(const Vector& w) const {
    const auto& neurons = correlation_.network().neurons();
    Vector shares(static_cast<Index>(neurons.size()));
    for (std::size_t k = 0; k < neurons.size(); ++k) {
      Real square = 0;
      for (const Index i : neurons[k].incoming) square += w[i] * w[i];
      for (const Index i : neurons[k].outgoing) square += w[i] * w[i];
      shares[static_cast<Index>(k)] = std::sqrt(square) / w.norm();
    }
    return shares;
  }

  Correlation& correlation_;
  KktTable& table_;
  std::vector<archive::SnapshotRow> snapshots_;
  RunApproach approach_;
};

}  // namespace

Vector weights_of(const archive::SnapshotRow& row) {
  return Eigen::Map<const Eigen::VectorXd>(row.weights.data(), static_cast<Index>(row.weights.size()))
      .cast<Real>();
}

void LevelsOfCosine::see(Real cosine, Real time, std::vector<AlignmentCrossing>& crossings) {
  constexpr Real next = 10, last = Real(1e-13);
  for (; distance_ > last && cosine > 1 - distance_; distance_ /= next)
    crossings.push_back({1 - distance_, time});
}

KktProblem open_problem(const std::string& path, const std::vector<std::string>& overrides,
                        const std::string& command) {
  return opened(path, overrides, command, [](const StudyTable& /*study*/) {});
}

KktProblem open_kkt_problem(const std::string& path, const std::vector<std::string>& overrides,
                            const std::string& command) {
  return opened(path, overrides, command, [](const StudyTable& study) {
    require_one_rate(study, "the search for KKT points, limit paths and saddles");
  });
}

RunApproach follow_run(KktProblem& problem, KktTable& table) { return Follower(problem, table).follow(); }

std::vector<NeuronLimit> follow_neurons(KktProblem& problem, const RunApproach& approach,
                                        const KktSearchOptions& options) {
  std::vector<NeuronLimit> limits;
  const Network& network = problem.objective->network();
  if (!is_separable(network) || approach.snapshot < 0) return limits;
  const auto weights = [&](Index snapshot) { return weights_of({0, problem.run->row("weights", snapshot)}); };
  const Vector w = weights(approach.snapshot);
  const SeparableAnalysis analysis = analyse_neurons(*problem.objective, weights(0), options);
  for (std::size_t k = 0; k < analysis.fates.size(); ++k) {
    const NeuronFate& fate = analysis.fates[k];
    NeuronLimit limit;
    limit.dies = fate.dies;
    if (fate.limit >= 0) {
      const Vector neuron = neuron_weights(network, w, static_cast<Index>(k));
      limit.value = fate.flow.value;
      limit.cosine = neuron.dot(fate.flow.direction) / (neuron.norm() * fate.flow.direction.norm());
    }
    limits.push_back(limit);
  }
  return limits;
}

}  // namespace saddleflow

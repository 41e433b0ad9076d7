#include "saddleflow/pursuit/neuron_search.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/trust_region.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/pursuit/eliminated_ncf.hpp"

namespace saddleflow {

namespace {

// A neuron (a, b) is stationary to ten times the tolerance: the elimination of b squares the function, and
// (a, b) adds its own rounding, whatever the tolerance.
constexpr Real kAllowedResidual = 10, kLeastResidual = Real(1e-11);

// Starts whose climbs are made before their ends are sorted in, in the order of the starts: enough for any
// number of threads, and few enough to hold.
constexpr Index kClimbsAtATime = 256;

std::shared_ptr<const Network> one_neuron(const LayerSignals& signals, const Activation& activation) {
  return feed_forward({signals.below.rows(), 1, signals.residual.rows()}, activation);
}

/// One hidden layer with a single neuron whose NCF at the origin is N(a, b): -l'(0, y) = y for square loss.
std::unique_ptr<Correlation> neuron_correlation(const LayerSignals& signals, const Activation& activation) {
  Dataset data;
  data.inputs = signals.below;
  data.targets = signals.residual;
  data.origin = "pursuit";
  return std::make_unique<Correlation>(Objective(one_neuron(signals, activation), std::move(data), Loss()));
}

class MaximumSearch {
 public:
  MaximumSearch(const LayerSignals& signals, int layer, const Activation& activation,
                const NeuronSearchOptions& options)
      : MaximumSearch(signals, layer, activation, options, neuron_correlation(signals, activation)) {
    by_kkt_points_ = !activation.is_smooth();
    const Vector sizes = signals.residual.colwise().norm();
    for (Index i = 0; i < sizes.size(); ++i)
      result_.unit += sizes[i] * std::pow(signals.below.col(i).norm(), activation.power());
  }

  /// Of a network whose outputs are means: by the KKT points of the one-neuron problem `neuron`, whose NCF
  /// knows no pre-activations. `nothing`: no signals.
  MaximumSearch(const LayerSignals& nothing, const Objective& neuron, const NeuronSearchOptions& options)
      : MaximumSearch(nothing, 0, neuron.network().activation(), options,
                      std::make_unique<Correlation>(neuron)) {
    by_kkt_points_ = true;
    result_.unit = correlation_unit(neuron);
  }

  NeuronSearch run() {
    if (result_.unit > 0) by_kkt_points_ ? find_by_kkt_points() : climb_all();
    std::stable_sort(result_.maxima.begin(), result_.maxima.end(),
                     [](const NeuronCandidate& x, const NeuronCandidate& y) { return x.value > y.value; });
    result_.work = result_.work + correlation_->counters();
    return std::move(result_);
  }

 private:
  MaximumSearch(const LayerSignals& signals, int layer, const Activation& activation,
                const NeuronSearchOptions& options, std::unique_ptr<Correlation> correlation)
      : signals_(signals), activation_(activation), options_(options), correlation_(std::move(correlation)) {
    result_.layer = layer;
  }

  bool interrupted() const { return options_.interrupt && options_.interrupt->load(); }

  void climb_all() {
    Random random(options_.seed);
    for (Index first = 0; first < options_.starts && !interrupted(); first += kClimbsAtATime) {
      std::vector<Vector> starts;
      for (Index k = first; k < std::min(options_.starts, first + kClimbsAtATime); ++k)
        starts.push_back(random.unit_vector(signals_.below.rows()));
      for (Climb& climb : climbs_from(starts)) take(std::move(climb));
    }
  }

  /// Where a start leads to. Neither null nor a neuron: an interruption came first.
  struct Climb {
    bool null = false;
    std::optional<NeuronCandidate> found;
    WorkCounters work;
  };

  std::vector<Climb> climbs_from(const std::vector<Vector>& starts) const {
    std::vector<Climb> climbs(starts.size());
    run_jobs(options_.workers, static_cast<Index>(starts.size()), [&](Index k) {
      if (interrupted()) return;
      const auto number = static_cast<std::size_t>(k);
      const EliminatedNcf f(signals_.below, signals_.residual, activation_);
      climbs[number] = climb_from(f, f.at(starts[number]));
    });
    return climbs;
  }

  Climb climb_from(const EliminatedNcf& f, const SpherePoint& start) const {
    const Real null_gradient = kNullGradient * start.gradient_norm;
    SpherePoint top = start;
    if (start.gradient_norm > 0) top = climb_to_the_top(f, start, options_.tolerance, null_gradient);
    Climb climb;
    climb.work.gradients = f.gradients();
    climb.work.hessians = f.hessians();
    climb.null = top.gradient_norm <= null_gradient;
    if (climb.null) return climb;
    const auto p = static_cast<Real>(activation_.power());
    climb.found.emplace();
    climb.found->neuron.incoming = std::sqrt(p / (p + 1)) * top.u;
    climb.found->neuron.outgoing = f.response(top.u).normalized() / std::sqrt(p + 1);
    return climb;
  }

  void take(Climb climb) {
    result_.work = result_.work + climb.work;
    if (climb.null) ++result_.null_starts;
    if (climb.found) add(certified(std::move(*climb.found)), 1);
  }

  void find_by_kkt_points() {
    KktSearchOptions search;
    search.starts = options_.starts;
    search.seed = options_.seed;
    search.descend = false;
    search.interrupt = options_.interrupt;
    search.workers = options_.workers;
    const KktTable table = find_kkt_points(*correlation_, search);
    result_.unresolved = table.unresolved;
    const Index inputs = correlation_->network().layout().layer(0).cols;
    for (const KktEntry& entry : table.entries) {
      if (entry.point.null || !(entry.point.value > 0)) {
        result_.null_starts += entry.starts;
        continue;
      }
      NeuronCandidate found;
      found.neuron.incoming = entry.point.direction.head(inputs);
      found.neuron.outgoing = entry.point.direction.tail(entry.point.direction.size() - inputs);
      found.value = entry.point.value;
      found.residual = entry.point.residual;
      add(std::move(found), entry.starts);
    }
  }

  /// Value and residual of (a, b) in the one-neuron network, which knows nothing of the elimination.
  NeuronCandidate certified(NeuronCandidate found) {
    const CorrelationOnSphere n(*correlation_, 1);
    const SpherePoint point =
        n.at((Vector(n.size()) << found.neuron.incoming, found.neuron.outgoing).finished());
    found.value = point.value;
    found.residual = point.residual;
    return found;
  }

  void add(NeuronCandidate found, Index starts) {
    if (!(found.residual <= std::max(kAllowedResidual * options_.tolerance, kLeastResidual))) {
      result_.unresolved += starts;
      return;
    }
    found.neuron.layer = result_.layer;
    const Real share = static_cast<Real>(starts) / static_cast<Real>(options_.starts);
    const Matrix pattern = effect(found);  // two neurons are one where it is the same on the data
    for (std::size_t k = 0; k < effects_.size(); ++k) {
      if ((effects_[k] - pattern).norm() > kSameOutputs * pattern.norm()) continue;
      result_.maxima[k].basin_share += share;
      return;
    }
    found.basin_share = share;
    effects_.push_back(pattern);
    result_.maxima.push_back(std::move(found));
  }

  /// b sigma(a . phi): what the neuron adds to the pre-activations above; of means, to the outputs.
  Matrix effect(const NeuronCandidate& found) const {
    Matrix value;
    if (signals_.below.size() == 0)
      return correlation_->outputs(
          (Vector(correlation_->size()) << found.neuron.incoming, found.neuron.outgoing).finished());
    activation_.value(Matrix(found.neuron.incoming.transpose() * signals_.below), value);
    return found.neuron.outgoing * value;
  }

  const LayerSignals& signals_;
  Activation activation_;
  const NeuronSearchOptions& options_;
  std::unique_ptr<Correlation> correlation_;
  std::vector<Matrix> effects_;
  NeuronSearch result_;
  bool by_kkt_points_ = false;
};

/// The one-neuron problem of a network whose outputs are means, with the residual that w leaves.
Objective mean_neuron(Objective& objective, const Vector& w) {
  Matrix residual;
  objective.loss().derivative(objective.outputs(w), objective.data().targets, residual);
  NeuronProblem problem = *neuron_problem(objective.network(), 0, w, objective.data().inputs, -residual);
  Dataset data;
  data.inputs = std::move(problem.inputs);
  data.targets = std::move(problem.residual);
  data.origin = "pursuit";
  return Objective(std::move(problem.network), std::move(data), Loss());
}

}  // namespace

Real NeuronSearch::relative_value() const { return maxima.empty() ? Real(0) : maxima.front().value / unit; }

NeuronSearch search_neuron(const LayerSignals& signals, int layer, const Activation& activation,
                           const NeuronSearchOptions& options) {
  return MaximumSearch(signals, layer, activation, options).run();
}

std::vector<NeuronSearch> search_neurons(Objective& objective, const Vector& w,
                                         const NeuronSearchOptions& options,
                                         const ActivationPattern* pattern) {
  if (as_means(objective.network()) != nullptr) {
    const LayerSignals nothing;
    const Objective neuron = mean_neuron(objective, w);
    return {MaximumSearch(nothing, neuron, options).run()};
  }
  const std::vector<LayerSignals> signals = layer_signals(objective, w, pattern);
  std::vector<NeuronSearch> searches;
  for (std::size_t l = 0; l < signals.size(); ++l) {
    NeuronSearchOptions own = options;
    own.seed = options.seed + l;
    searches.push_back(search_neuron(signals[l], static_cast<int>(l), objective.network().activation(), own));
  }
  return searches;
}

}  // namespace saddleflow

#include "saddleflow/skeleton/active_set.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/parallel_groups.hpp"

namespace saddleflow {

namespace {

// A neuron of this size, beside the largest, has vanished: as small as what activates is put in (seed_scale),
// it is on its way to zero.
constexpr Real kVanishedNeuron = Real(1e-4);

/// The size at which these outputs, of weights of length 1, would be like the targets.
Real fitting_size(const Objective& whole, const Matrix& outputs) {
  const Real ratio = whole.data().targets.norm() / outputs.norm();
  const Real size = std::pow(ratio, 1 / static_cast<Real>(whole.network().degree()));
  return std::isfinite(size) ? size : Real(1);
}

/// One hidden layer: each neuron on its own.
void join_one_by_one(const Objective& whole, const std::vector<NeuronDirection>& joining, Real seed_scale,
                     Vector& start) {
  const auto neuron = one_neuron_problem(whole, whole.data().targets);
  for (const auto& [k, direction] : joining)
    start(neuron_parameters(whole.network(), k)) =
        seed_scale * fitting_size(whole, neuron->outputs(direction)) * direction;
}

/// Several hidden layers: the neurons that leave the origin together share their weights, later ones are as
/// large as the smallest neuron that is there. Their outputs are to be the part seed_scale^2 of what they
/// grow to, whatever the degree: the flow from a seed of another size would take for ever, or begin off its
/// way.
void join_together(const Objective& whole, const std::vector<NeuronDirection>& joining, Real seed_scale,
                   Vector& start) {
  const Network& network = whole.network();
  const Vector norms = neuron_norms(network, start);
  Real size = 0;
  int degree = later_degree_of(network);
  for (const Real norm : norms)
    if (norm > 0 && (size == 0 || norm < size)) size = norm;
  for (const auto& [k, direction] : joining) start(neuron_parameters(network, k)) = direction;
  if (size == 0) {
    size = fitting_size(whole, Objective(whole.shared_network(), whole.data(), whole.loss()).outputs(start));
    degree = network.degree();
  }
  size *= std::pow(seed_scale, 2 / static_cast<Real>(degree));
  for (const auto& [k, direction] : joining) start(neuron_parameters(network, k)) = size * direction;
}

class JoinedNeurons {
 public:
  /// `start`: whole weights, those of `neurons` not zero.
  JoinedNeurons(const Objective& whole, const Vector& start, const std::vector<Index>& neurons,
                const SkeletonOptions& options)
      : whole_(whole), options_(options), groups_(parallel_groups(whole.network(), start, neurons)) {
    std::vector<Index> first;
    for (const ParallelGroup& group : groups_) first.push_back(group.neurons[0]);
    subset_ = hidden_subset(whole.network(), first);
    start_ = subset_.take(gathered(whole.network(), start, groups_));
  }

  ActiveFlow flow() {
    Objective problem(subset_.network, whole_.data(), whole_.loss());
    ActiveFlow result;
    result.start = subset_.embed(start_, whole_.size());
    MinimiseOptions minimising = options_.minimise;
    minimising.destination = Destination::minimum;
    minimising.interrupt = options_.interrupt;
    result.descent = minimise(problem, start_, minimising);
    result.point = analyse_critical_point(problem, result.descent.weights, options_.analysis);
    result.work = result.descent.work + result.point.work;
    if (result.point.is_critical())
      settle(result);
    else
      result.separated = is_separated(problem.outputs(result.descent.weights));
    return result;
  }

 private:
  void settle(ActiveFlow& result) const {
    const Network& part = *subset_.network;
    Vector w = result.point.basis.leave(part, result.point.point());
    const Vector norms = neuron_norms(part, w);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const auto k = static_cast<Index>(i);
      const std::vector<Index>& neurons = groups_[i].neurons;
      if (norms[k] > kVanishedNeuron * norms.maxCoeff()) {
        result.active.insert(result.active.end(), neurons.begin(), neurons.end());
        continue;
      }
      // In which direction is what the flow says, before the refinement has put it to zero.
      const Vector last = neuron_weights(part, result.descent.weights, k).stableNormalized();
      for (const Index neuron : neurons) result.vanished.emplace_back(neuron, last);
      w = put_to_zero(part, w, {k});
    }
    std::sort(result.active.begin(), result.active.end());
    result.weights = distributed(whole_.network(), subset_.embed(w, whole_.size()), groups_);
    result.unstable = is_unstable(result);
  }

  bool is_separated(const Matrix& outputs) const {
    const LossTraits traits = whole_.loss().traits();
    if (!traits.classification || traits.attained) return false;
    const Matrix margins = whole_.loss().function().margins(outputs, whole_.data().targets);
    return margins.minCoeff() >= 0 && margins.maxCoeff() > 0;
  }

  /// A neuron in every hidden layer.
  bool reaches_the_outputs(const std::vector<Index>& active) const {
    const std::vector<Neuron>& neurons = whole_.network().neurons();
    std::set<int> layers;
    for (const Index k : active) layers.insert(neurons[static_cast<std::size_t>(k)].layer);
    return static_cast<int>(layers.size()) == neurons.back().layer + 1;
  }

  static bool has_way_down(const CriticalPoint& point) {
    return point.spectrum.negative > 0 || (point.kinks && point.kinks->falls());
  }

  /// Of the active neurons one by one; those that have vanished have clocks for what they may do.
  bool is_unstable(const ActiveFlow& result) const {
    if (!reaches_the_outputs(result.active)) return false;
    if (result.active.size() == groups_.size()) return has_way_down(result.point);
    const HiddenSubset kept = hidden_subset(whole_.network(), result.active);
    Objective problem(kept.network, whole_.data(), whole_.loss());
    return has_way_down(analyse_critical_point(problem, kept.take(result.weights), options_.analysis));
  }

  const Objective& whole_;
  const SkeletonOptions& options_;
  std::vector<ParallelGroup> groups_;
  HiddenSubset subset_;
  Vector start_;
};

}  // namespace

ActiveFlow flow_of_active(const Objective& whole, const Vector& w, const std::vector<Index>& active,
                          const std::vector<NeuronDirection>& joining, const SkeletonOptions& options) {
  std::vector<Index> neurons = active;
  for (const auto& [k, direction] : joining) neurons.push_back(k);
  Vector start = w;
  if (is_separable(whole.network()))
    join_one_by_one(whole, joining, options.seed_scale, start);
  else
    join_together(whole, joining, options.seed_scale, start);
  std::sort(neurons.begin(), neurons.end());
  return JoinedNeurons(whole, start, neurons, options).flow();
}

}  // namespace saddleflow

#include "saddleflow/pursuit/active_set.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/pursuit/hidden_subset.hpp"
#include "saddleflow/pursuit/parallel_groups.hpp"

namespace saddleflow {

namespace {

// A neuron of this size, beside the largest, has vanished.
constexpr Real kVanishedNeuron = Real(1e-4);

/// The size at which a neuron in this direction would have outputs like the targets.
Real fitting_size(const Objective& whole, const Vector& direction) {
  const auto neuron = one_neuron_problem(whole, whole.data().targets);
  const Real ratio = whole.data().targets.norm() / neuron->outputs(direction).norm();
  const Real size = std::pow(ratio, 1 / static_cast<Real>(whole.network().degree()));
  return std::isfinite(size) ? size : Real(1);
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
    return whole_.loss().kind() == LossKind::logistic &&
           outputs.cwiseProduct(whole_.data().targets).minCoeff() > 0;
  }

  static bool has_way_down(const CriticalPoint& point) {
    return point.spectrum.negative > 0 || (point.kinks && point.kinks->falls());
  }

  /// Of the active neurons one by one; those that have vanished have clocks for what they may do.
  bool is_unstable(const ActiveFlow& result) const {
    if (result.active.empty()) return false;
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
  Vector start = w;
  for (const auto& [k, direction] : joining) {
    neurons.push_back(k);
    start(hidden_subset(whole.network(), {k}).parameters) =
        options.seed_scale * fitting_size(whole, direction) * direction;
  }
  std::sort(neurons.begin(), neurons.end());
  return JoinedNeurons(whole, start, neurons, options).flow();
}

}  // namespace saddleflow

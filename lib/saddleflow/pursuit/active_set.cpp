#include "saddleflow/pursuit/active_set.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/pursuit/hidden_subset.hpp"

namespace saddleflow {

namespace {

// A neuron of this size, beside the largest, has vanished.
constexpr Real kVanished = Real(1e-4);

/// The size at which a neuron in this direction would have outputs like the targets.
Real fitting_size(const Objective& whole, const Vector& direction) {
  const auto neuron = one_neuron_problem(whole, whole.data().targets);
  const Real ratio = whole.data().targets.norm() / neuron->outputs(direction).norm();
  const Real size = std::pow(ratio, 1 / static_cast<Real>(whole.network().degree()));
  return std::isfinite(size) ? size : Real(1);
}

class ActiveSet {
 public:
  ActiveSet(const Objective& whole, std::vector<Index> neurons, const SkeletonOptions& options)
      : whole_(whole),
        options_(options),
        neurons_(std::move(neurons)),
        subset_(hidden_subset(whole.network(), neurons_)),
        problem_(subset_.network, whole.data(), whole.loss()) {}

  ActiveFlow flow(const Vector& start) {
    ActiveFlow result;
    MinimiseOptions minimising = options_.minimise;
    minimising.destination = Destination::minimum;
    minimising.interrupt = options_.interrupt;
    result.descent = minimise(problem_, subset_.take(start), minimising);
    result.point = analyse(result.descent.weights);
    result.work = result.descent.work + result.point.work;
    settle(result);
    return result;
  }

 private:
  CriticalPoint analyse(const Vector& w) { return analyse_critical_point(problem_, w, options_.analysis); }

  static bool has_way_down(const CriticalPoint& point) {
    return point.spectrum.negative > 0 || (point.kinks && point.kinks->falls());
  }

  void settle(ActiveFlow& result) {
    const Vector w = result.point.is_critical()
                         ? result.point.basis.leave(*subset_.network, result.point.point())
                         : result.descent.weights;
    const Vector norms = neuron_norms(*subset_.network, w);
    Vector kept = w;
    for (std::size_t i = 0; i < neurons_.size(); ++i) {
      const auto k = static_cast<Index>(i);
      if (result.point.is_critical() && norms[k] <= kVanished * norms.maxCoeff())
        vanish(k, kept, result);
      else
        result.active.push_back(neurons_[i]);
    }
    std::sort(result.active.begin(), result.active.end());
    result.weights = subset_.embed(kept, whole_.size());
    result.unstable = result.point.is_critical() && is_unstable(result);
  }

  /// In which direction it did is what the flow says, before the refinement has put it to zero.
  void vanish(Index k, Vector& kept, ActiveFlow& result) {
    const Vector last = neuron_weights(*subset_.network, result.descent.weights, k);
    result.vanished.emplace_back(neurons_[static_cast<std::size_t>(k)], last.stableNormalized());
    kept = put_to_zero(*subset_.network, kept, {k});
  }

  /// Vanished neurons have clocks for what they may do.
  bool is_unstable(const ActiveFlow& result) {
    if (result.vanished.empty()) return has_way_down(result.point);
    if (result.active.empty()) return false;
    const HiddenSubset kept = hidden_subset(whole_.network(), result.active);
    Objective problem(kept.network, whole_.data(), whole_.loss());
    return has_way_down(analyse_critical_point(problem, kept.take(result.weights), options_.analysis));
  }

  const Objective& whole_;
  const SkeletonOptions& options_;
  std::vector<Index> neurons_;
  HiddenSubset subset_;
  Objective problem_;
};

}  // namespace

ActiveFlow flow_of_active(const Objective& whole, const Vector& w, const std::vector<Index>& active,
                          const std::vector<NeuronDirection>& joining, const SkeletonOptions& options) {
  std::vector<Index> neurons = active;
  Vector start = w;
  for (const auto& [k, direction] : joining) {
    neurons.push_back(k);
    const HiddenSubset one = hidden_subset(whole.network(), {k});
    start(one.parameters) = options.seed_scale * fitting_size(whole, direction) * direction;
  }
  std::sort(neurons.begin(), neurons.end());
  return ActiveSet(whole, neurons, options).flow(start);
}

}  // namespace saddleflow

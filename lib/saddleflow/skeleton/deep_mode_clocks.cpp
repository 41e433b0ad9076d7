// Several hidden layers of linear neurons. What is inactive follows the NCF flow, of degree D, of the network
// that the inactive neurons form, until one mode of it stands out; turned into that mode and the others,
// these go on in the same slow time delta^{D-2} t. While a mode grows and jumps, its input and output
// directions turn and take the weights of the others along: these stay orthogonal to them (parallel
// transport). At the point reached the residual has no correlation with what is active there [derived].
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/skeleton/hidden_modes.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

// Where the mode that blows up is told apart from the others, in units of where it began: what couples them
// is the inverse of this, and the rounding of the one is seen in the others.
constexpr Real kApart = Real(1e7);
// Singular values beside the largest that belong to the same jump: equal ones.
constexpr Real kAlike = Real(0.5);
// The mode then grows in stretches by this factor until its direction has settled, or so many times: singular
// values that hardly differ take for ever, and the others become as small beside it as the control of errors
// sees.
constexpr Real kStretch = 30;
constexpr int kStretches = 16;
// What is this small beside the mode was zero in the start.
constexpr Real kModeRounding = 100 * std::numeric_limits<Real>::epsilon();

// Where they are told apart the other modes are 1 / kApart of the one: known to this of it, they have five
// digits.
constexpr Real kTogetherTolerance = Real(1e-12);

NcfFlowOptions flow_options() {
  NcfFlowOptions options;
  options.rtol = kTogetherTolerance;
  options.collapse = kCollapse;
  return options;
}

/// Time from the last step of such a flow to its blow-up.
Real remaining_time(int degree, const NcfFlowResult& flow) {
  const auto d = static_cast<Real>(degree);
  return std::exp((2 - d) * flow.log_norm) / (d * (d - 2) * flow.value);
}

class DeepModes final : public InactiveClocks {
 public:
  DeepModes(const Objective& objective, const Vector& direction)
      : whole_(objective), network_(objective.network()), weights_(direction.stableNormalized()) {
    for (Index k = 0; k < static_cast<Index>(network_.neurons().size()); ++k) inactive_.push_back(k);
  }

  void look(const Vector& /*point*/, const Matrix& residual) override {
    residual_ = residual;
    wait_ = kNever;
    joining_.clear();
    if (!reach_the_outputs(inactive_) || weights_.isZero(0)) return;
    NcfFlowOptions options = flow_options();
    options.largest = kApart;
    const NcfFlowResult together = follow(inactive_, weights_, options);
    if (together.end == NcfEnd::blow_up)
      apart_ = together.time - remaining_time(network_.degree(), together);
    else if (together.end == NcfEnd::grown)
      apart_ = together.time;
    else
      return;
    tell_apart(together);
    turn();
  }

  Real wait() const override { return wait_; }

  std::vector<NeuronDirection> advance(Real /*wait*/, Real /*tie*/) override {
    const Vector way = mode_.stableNormalized();
    std::vector<NeuronDirection> due;
    due.reserve(joining_.size());
    for (const Index k : joining_) due.emplace_back(k, neuron_weights(network_, way, k));
    weights_ = std::move(others_);
    inactive_ = std::move(left_);
    return due;
  }

  void add(const NeuronDirection& neuron) override {
    weights_(neuron_parameters(network_, neuron.first)) = std::exp(kReturnLogNorm) * neuron.second;
    inactive_.insert(std::lower_bound(inactive_.begin(), inactive_.end(), neuron.first), neuron.first);
  }

  Vector riders() const override { return reach_the_outputs(inactive_) ? weights_ : Vector(); }
  void set_riders(const Vector& riders, const Vector& active) override {
    weights_ = disconnected(network_, active, riders, inactive_);
  }

  void write_clocks(Vector& clocks) const override {
    const Vector norms = neuron_norms(network_, weights_);
    for (const Index k : inactive_) clocks[k] = std::log(norms[k]);
  }

  WorkCounters work() const override { return work_; }

 private:
  /// Is there one in every hidden layer?
  bool reach_the_outputs(const std::vector<Index>& neurons) const {
    std::set<int> layers;
    for (const Index k : neurons) layers.insert(network_.neurons()[static_cast<std::size_t>(k)].layer);
    return static_cast<int>(layers.size()) == network_.neurons().back().layer + 1;
  }

  /// The NCF flow of these neurons by themselves.
  NcfFlowResult follow(const std::vector<Index>& neurons, const Vector& weights,
                       const NcfFlowOptions& options) {
    const HiddenSubset subset = hidden_subset(network_, neurons);
    Correlation correlation(Objective(subset.network, {whole_.data().inputs, residual_, "residual"}, Loss()));
    NcfFlowResult result = follow_ncf_flow(correlation, subset.take(weights), options);
    work_ = work_ + correlation.counters();
    return result;
  }

  /// Until the mode's direction has settled, the others along with it: in the new bases they are no rounding
  /// of the mode, however small beside it. What comes to connect them with it grows as the mode does, and is
  /// turned away from time to time.
  void turn() {
    NcfFlowOptions options = flow_options();
    options.small_neurons = true;
    options.largest = kStretch;
    const std::vector<Index>& all = left_.empty() ? joining_ : inactive_;
    wait_ = apart_;
    for (int k = 0; k < kStretches; ++k) {
      const NcfFlowResult flow = follow(all, mode_ + others_, options);
      const Vector end =
          std::exp(flow.log_norm) * hidden_subset(network_, all).embed(flow.direction, whole_.size());
      mode_ = put_to_zero(network_, end, left_);
      if (!left_.empty()) others_ = disconnected(network_, mode_, end - mode_, left_);
      wait_ += flow.time;
      if (flow.end == NcfEnd::blow_up) return;
      if (k + 1 == kStretches || flow.end != NcfEnd::grown) wait_ += remaining_time(network_.degree(), flow);
      if (flow.end != NcfEnd::grown) return;
    }
  }

  void tell_apart(const NcfFlowResult& together) {
    const HiddenSubset subset = hidden_subset(network_, inactive_);
    const Network& part = *subset.network;
    const TurnedToModes turned =
        turned_to_modes(part, std::exp(together.log_norm) * together.direction, kAlike);
    std::vector<Index> modes, others;
    left_.clear();
    for (std::size_t k = 0; k < part.neurons().size(); ++k) {
      const bool stands_out = part.neurons()[k].index < turned.rank;
      (stands_out ? modes : others).push_back(static_cast<Index>(k));
      (stands_out ? joining_ : left_).push_back(inactive_[k]);
    }
    mode_ = subset.embed(put_to_zero(part, turned.weights, others), whole_.size());
    others_ = subset.embed(put_to_zero(part, turned.weights, modes), whole_.size());
    if (others_.norm() > kModeRounding * mode_.norm()) return;
    others_.setZero();
    left_.clear();
  }

  const Objective& whole_;
  const Network& network_;
  Vector weights_;               ///< of what is inactive, in units of delta
  std::vector<Index> inactive_;  ///< ascending
  Matrix residual_;
  Real wait_ = kNever;
  // The next jump: when its mode is told apart, where that ends, and the others when it is told apart.
  Real apart_ = 0;
  std::vector<Index> joining_, left_;
  Vector mode_, others_;
  WorkCounters work_;
};

}  // namespace

std::unique_ptr<InactiveClocks> deep_mode_clocks(const Objective& objective, const Vector& direction) {
  return std::make_unique<DeepModes>(objective, direction);
}

}  // namespace saddleflow

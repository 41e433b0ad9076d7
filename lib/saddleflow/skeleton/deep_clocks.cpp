// Several hidden layers, power 2 and above. From the origin the whole network follows its NCF flow, in slow
// time delta^{D-2} t; beside a critical point every inactive neuron follows its own NCF flow, of degree p +
// 1, in slow time delta^{p-1} t. Weights between inactive neurons stand still: what moves them is of higher
// order in delta [derived].
#include <cmath>
#include <optional>

#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/saddle/layer_signals.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

// Beside the largest one; what has not escaped is the inverse of what has, which is 1e8 at least.
constexpr Real kEscaped = Real(1e-4);

NcfFlowOptions flow_options(Real t_end) {
  NcfFlowOptions options;
  options.t_end = t_end;
  options.rtol = kClockTolerance;
  options.collapse = kCollapse;
  options.small_neurons = true;
  return options;
}

/// An inactive neuron beside a critical point.
struct DeepClock {
  Index neuron = 0;
  /// Those that connect it to active neurons, inputs and outputs: incoming, then outgoing.
  std::vector<Index> parameters;
  /// Of the network with this neuron alone, on what its layer sees.
  std::unique_ptr<Correlation> correlation;
  NcfFlowResult future;

  Real time() const {
    if (future.end == NcfEnd::blow_up) return future.time;
    return InactiveClocks::kNever;
  }
};

class DeepClocks final : public InactiveClocks {
 public:
  DeepClocks(const Objective& objective, const Vector& direction)
      : whole_(objective), network_(objective.network()), weights_(direction.stableNormalized()) {}

  void look(const Vector& point, const Matrix& /*residual*/) override {
    bank_work();
    clocks_.clear();
    escape_.reset();
    if (point.isZero(0)) {
      origin_ = std::make_unique<Correlation>(whole_);
      escape_ = follow_ncf_flow(*origin_, weights_, flow_options(kNever));
      return;
    }
    const Vector active = neuron_norms(network_, point);
    const std::vector<LayerSignals> signals = layer_signals(whole_, point);
    for (Index k = 0; k < active.size(); ++k)
      if (active[k] == 0) add_clock(k, signals, active);
  }

  Real wait() const override {
    Real least = kNever;
    if (escape_ && escape_->end == NcfEnd::blow_up) least = escape_->time;
    for (const DeepClock& clock : clocks_) least = std::min(least, clock.time());
    return least;
  }

  std::vector<NeuronDirection> advance(Real wait, Real tie) override {
    if (escape_) return escape();
    std::vector<NeuronDirection> due;
    for (DeepClock& clock : clocks_) {
      if (clock.time() <= wait + tie) {
        due.emplace_back(clock.neuron, whole_neuron(clock, clock.future.direction));
        continue;
      }
      const NcfFlowResult later =
          follow_ncf_flow(*clock.correlation, weights_(clock.parameters), flow_options(wait));
      weights_(clock.parameters) = std::exp(later.log_norm) * later.direction;
    }
    return due;
  }

  void add(const NeuronDirection& neuron) override {
    weights_(neuron_parameters(network_, neuron.first)) = std::exp(kReturnLogNorm) * neuron.second;
  }

  void write_clocks(Vector& clocks) const override {
    for (const DeepClock& clock : clocks_)
      clocks[clock.neuron] = std::log(weights_(clock.parameters).stableNorm());
  }

  WorkCounters work() const override {
    WorkCounters sum = banked_;
    if (origin_) sum = sum + origin_->counters();
    for (const DeepClock& clock : clocks_) sum = sum + clock.correlation->counters();
    return sum;
  }

 private:
  void bank_work() {
    banked_ = work();
    origin_.reset();
  }

  /// The neurons that escape together; what is left of the others is finite, in units of delta.
  std::vector<NeuronDirection> escape() {
    const Vector norms = neuron_norms(network_, escape_->direction);
    std::vector<Index> escaped, left;
    for (Index k = 0; k < norms.size(); ++k)
      (norms[k] > kEscaped * norms.maxCoeff() ? escaped : left).push_back(k);
    const Vector way = put_to_zero(network_, escape_->direction, left).normalized();
    std::vector<NeuronDirection> due;
    due.reserve(escaped.size());
    for (const Index k : escaped) due.emplace_back(k, neuron_weights(network_, way, k));
    weights_ = std::exp(escape_->log_norm) * escape_->direction;
    return due;
  }

  void add_clock(Index k, const std::vector<LayerSignals>& signals, const Vector& active) {
    const Neuron& neuron = network_.neurons()[static_cast<std::size_t>(k)];
    const LayerSignals& layer = signals[static_cast<std::size_t>(neuron.layer)];
    const std::vector<Index> below = seen(neuron.layer - 1, layer.below.rows(), active),
                             above = seen(neuron.layer + 1, layer.residual.rows(), active);
    DeepClock clock;
    clock.neuron = k;
    for (const Index i : below) clock.parameters.push_back(neuron.incoming[static_cast<std::size_t>(i)]);
    for (const Index i : above) clock.parameters.push_back(neuron.outgoing[static_cast<std::size_t>(i)]);
    const Vector own = weights_(clock.parameters);
    if (own.isZero(0)) return;
    const auto alone = feed_forward({static_cast<Index>(below.size()), 1, static_cast<Index>(above.size())},
                                    network_.activation());
    Dataset data{layer.below(below, Eigen::all), layer.residual(above, Eigen::all), "residual"};
    clock.correlation = std::make_unique<Correlation>(Objective(alone, std::move(data), Loss()));
    clock.future = follow_ncf_flow(*clock.correlation, own, flow_options(kNever));
    clocks_.push_back(std::move(clock));
  }

  /// Of the neurons of a hidden layer the active ones, numbers within it; of inputs and outputs all.
  std::vector<Index> seen(int layer, Index count, const Vector& active) const {
    std::vector<Index> numbers;
    const bool hidden = layer >= 0 && layer <= network_.neurons().back().layer;
    if (!hidden)
      for (Index i = 0; i < count; ++i) numbers.push_back(i);
    for (std::size_t k = 0; hidden && k < network_.neurons().size(); ++k)
      if (network_.neurons()[k].layer == layer && active[static_cast<Index>(k)] > 0)
        numbers.push_back(network_.neurons()[k].index);
    return numbers;
  }

  /// All weights of the neuron, those to inactive ones zero.
  Vector whole_neuron(const DeepClock& clock, const Vector& direction) const {
    Vector w = Vector::Zero(network_.parameter_count());
    w(clock.parameters) = direction;
    return neuron_weights(network_, w, clock.neuron);
  }

  const Objective& whole_;
  const Network& network_;
  Vector weights_;  ///< of what is inactive, in units of delta; those between active neurons mean nothing
  std::unique_ptr<Correlation> origin_;
  std::optional<NcfFlowResult> escape_;  ///< from the origin
  std::vector<DeepClock> clocks_;
  WorkCounters banked_;
};

}  // namespace

std::unique_ptr<InactiveClocks> deep_clocks(const Objective& objective, const Vector& direction) {
  return std::make_unique<DeepClocks>(objective, direction);
}

}  // namespace saddleflow

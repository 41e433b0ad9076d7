// Degree 2: an inactive neuron has norm delta^{1-S} and the direction that its NCF flow settles in.
#include <cmath>

#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

// ||a||^2 - ||b||^2 beside their sum that is rounding.
constexpr Real kBalanced = Real(1e-12);
// How far past zero the smaller one of a and b is put where a neuron turns: as nothing beside the other, and
// far above rounding.
constexpr Real kPastZero = Real(1e-6);
// A neuron that shrinks is followed down to this part of its norm. Later the rounding of the balance would
// turn it: 1e-16 of a difference of squares is then a part of 1e-6 of them.
constexpr Real kShrunkNeuron = Real(1e-5);

struct LogClock {
  Index neuron = 0;
  Vector direction;
  Real s = 0;     ///< norm delta^{1-s}
  Real rate = 0;  ///< ds/dtau
};

class LogClocks final : public InactiveClocks {
 public:
  LogClocks(const Objective& objective, const Vector& direction)
      : whole_(objective), incoming_(objective.network().input_count()) {
    const Network& network = objective.network();
    excess_.assign(network.neurons().size(), 0);
    for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k) {
      const Vector w = neuron_weights(network, direction, k).stableNormalized();
      if (w.isZero(0)) continue;
      const Real excess = w.head(incoming_).squaredNorm() - w.tail(w.size() - incoming_).squaredNorm();
      if (has_balance(w) && std::abs(excess) > kBalanced) excess_of(k) = excess > 0 ? 1 : -1;
      clocks_.push_back({k, w});
    }
  }

  void look(const Vector& /*point*/, const Matrix& residual) override {
    if (correlation_) banked_ = work();
    problem_ = one_neuron_problem(whole_, residual);
    correlation_ = std::make_unique<Correlation>(*problem_);
    value_unit_ = residual.norm() * problem_->data().inputs.norm();
    for (LogClock& clock : clocks_) settle(clock);
  }

  Real wait() const override {
    Real least = kNever;
    for (const LogClock& clock : clocks_)
      least = std::min({least, time_to_bound(clock), time_to_turn(clock)});
    return least;
  }

  std::vector<NeuronDirection> advance(Real wait, Real tie) override {
    std::vector<NeuronDirection> due;
    std::vector<LogClock> left;
    const Real until = wait + tie;
    for (LogClock& clock : clocks_) {
      if (time_to_bound(clock) <= until) {
        due.emplace_back(clock.neuron, clock.direction);
        continue;
      }
      const bool turns = time_to_turn(clock) <= until;
      clock.s = turns ? 0 : clock.s + wait * clock.rate;
      if (turns) turn(clock);
      left.push_back(std::move(clock));
    }
    clocks_ = std::move(left);
    return due;
  }

  void add(const NeuronDirection& neuron) override { clocks_.push_back({neuron.first, neuron.second, 1}); }

  Vector riders() const override {
    Vector result = Vector::Zero(clocks_.empty() ? 0 : whole_.size());
    for (const LogClock& clock : clocks_)
      result(neuron_parameters(whole_.network(), clock.neuron)) = clock.direction;
    return result;
  }
  void set_riders(const Vector& riders, const Vector& /*active*/) override {
    for (LogClock& clock : clocks_) {
      const Vector w = neuron_weights(whole_.network(), riders, clock.neuron);
      if (!w.isZero(0)) clock.direction = w.stableNormalized();
    }
  }

  void write_clocks(Vector& clocks) const override {
    for (const LogClock& clock : clocks_) clocks[clock.neuron] = clock.s;
  }

  WorkCounters work() const override { return correlation_ ? banked_ + correlation_->counters() : banked_; }

 private:
  /// Sign of ||a||^2 - ||b||^2, which the flow keeps.
  int& excess_of(Index k) { return excess_[static_cast<std::size_t>(k)]; }
  int excess_of(Index k) const { return excess_[static_cast<std::size_t>(k)]; }
  bool has_balance(const Vector& w) const { return w.size() > incoming_; }

  Real time_to_bound(const LogClock& clock) const {
    if (clock.rate > 0) return std::max((1 - clock.s) / clock.rate, Real(0));
    return kNever;
  }
  Real time_to_turn(const LogClock& clock) const {
    const bool turns = clock.rate < 0 && clock.s > 0 && excess_of(clock.neuron) != 0;
    return turns ? clock.s / -clock.rate : kNever;
  }

  /// ||a|| = ||b|| up to delta^{2s}: in the limit exactly.
  void balance(LogClock& clock) const {
    Vector& w = clock.direction;
    if (!has_balance(w) || clock.s <= 0) return;
    w.head(incoming_).normalize();
    w.tail(w.size() - incoming_).normalize();
    w.normalize();
  }

  void settle(LogClock& clock) {
    balance(clock);
    NcfFlowOptions options;
    options.collapse = kShrunkNeuron;
    clock.direction = follow_ncf_flow(*correlation_, clock.direction, options).direction;
    balance(clock);
    const Real value = correlation_->value(clock.direction);
    clock.rate = std::abs(value) <= kLeastValue * value_unit_ ? Real(0) : 2 * value;
  }

  /// A neuron that has shrunk to s = 0: the smaller one of a and b is zero there, and goes on.
  void turn(LogClock& clock) {
    Vector& w = clock.direction;
    if (excess_of(clock.neuron) > 0)
      w.tail(w.size() - incoming_) *= -kPastZero;
    else
      w.head(incoming_) *= -kPastZero;
    w.normalize();
    settle(clock);
  }

  const Objective& whole_;
  Index incoming_;
  std::vector<int> excess_;
  std::unique_ptr<Objective> problem_;
  std::unique_ptr<Correlation> correlation_;
  Real value_unit_ = 0;
  std::vector<LogClock> clocks_;
  WorkCounters banked_;
};

}  // namespace

std::unique_ptr<InactiveClocks> log_clocks(const Objective& objective, const Vector& direction) {
  return std::make_unique<LogClocks>(objective, direction);
}

}  // namespace saddleflow

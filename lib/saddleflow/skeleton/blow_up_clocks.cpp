// Degree 3 and above: every inactive neuron follows its own NCF flow, in units of delta and of slow time.
#include <cmath>

#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

struct BlowUpClock {
  Index neuron = 0;
  Vector direction;
  Real log_norm = 0;
  NcfFlowResult future;  ///< for the present residual

  Real time() const {
    if (future.end == NcfEnd::blow_up) return future.time;
    return InactiveClocks::kNever;
  }
};

class BlowUpClocks final : public InactiveClocks {
 public:
  BlowUpClocks(const Objective& objective, const Vector& direction) : whole_(objective) {
    const Network& network = objective.network();
    const Real norm = direction.stableNorm();
    for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k) {
      const Vector w = neuron_weights(network, direction, k) / norm;
      if (!w.isZero(0)) clocks_.push_back({k, w.stableNormalized(), std::log(w.stableNorm()), {}});
    }
  }

  void look(const Vector& /*point*/, const Matrix& residual) override {
    if (correlation_) banked_ = work();
    problem_ = one_neuron_problem(whole_, residual);
    correlation_ = std::make_unique<Correlation>(*problem_);
    for (BlowUpClock& clock : clocks_) clock.future = follow(clock, kNever);
  }

  Real wait() const override {
    Real least = kNever;
    for (const BlowUpClock& clock : clocks_) least = std::min(least, clock.time());
    return least;
  }

  std::vector<NeuronDirection> advance(Real wait, Real tie) override {
    std::vector<NeuronDirection> due;
    std::vector<BlowUpClock> left;
    for (BlowUpClock& clock : clocks_) {
      if (clock.time() <= wait + tie) {
        due.emplace_back(clock.neuron, clock.future.direction);
        continue;
      }
      const NcfFlowResult later = follow(clock, wait);
      clock.direction = later.direction;
      clock.log_norm = later.log_norm;
      left.push_back(std::move(clock));
    }
    clocks_ = std::move(left);
    return due;
  }

  void add(const NeuronDirection& neuron) override {
    clocks_.push_back({neuron.first, neuron.second, kReturnLogNorm, {}});
  }

  void write_clocks(Vector& clocks) const override {
    for (const BlowUpClock& clock : clocks_) clocks[clock.neuron] = clock.log_norm;
  }

  WorkCounters work() const override { return correlation_ ? banked_ + correlation_->counters() : banked_; }

 private:
  NcfFlowResult follow(const BlowUpClock& clock, Real t_end) {
    NcfFlowOptions options;
    options.t_end = t_end;
    options.rtol = kClockTolerance;
    options.collapse = kCollapse;
    return follow_ncf_flow(*correlation_, std::exp(clock.log_norm) * clock.direction, options);
  }

  const Objective& whole_;
  std::unique_ptr<Objective> problem_;
  std::unique_ptr<Correlation> correlation_;
  std::vector<BlowUpClock> clocks_;
  WorkCounters banked_;
};

}  // namespace

std::unique_ptr<InactiveClocks> blow_up_clocks(const Objective& objective, const Vector& direction) {
  return std::make_unique<BlowUpClocks>(objective, direction);
}

}  // namespace saddleflow

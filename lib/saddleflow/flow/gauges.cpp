#include "saddleflow/flow/gauges.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {
namespace {

// Gauges know of the flow's own invariants, and rounding leaves them far below this.
constexpr Real kLeastGauge = Real(1e-6);
// Rounding of the loss, a sum over the samples, in units of the loss, with room for long sums.
constexpr Real kLossRounding = Real(1e-10);

}  // namespace

LossUnit loss_unit(const LossTraits& traits) {
  return traits.attained ? LossUnit::at_start : LossUnit::before_step;
}

void Gauges::add(const Observables& now, Real last, Real first, LossUnit in) {
  const Real unit = in == LossUnit::at_start ? first : std::max(last, now.gradient_norm * now.weight_norm);
  balance_drift = std::max(balance_drift, now.balance_drift);
  energy_drift = std::max(energy_drift, now.energy_drift);
  loss_rise = std::max(loss_rise, (now.loss - last) / (unit > 0 ? unit : Real(1)));
}

GaugeBounds gauge_bounds(Real rtol) {
  const Real drift = std::max(kLeastGauge, kStepsToPath * rtol);
  return {drift, drift, std::max(kLossRounding, rtol)};
}

void require_within(const Gauges& gauges, const GaugeBounds& bounds, Real time, LossUnit unit) {
  const auto check = [time](Stop reason, const char* what, const char* key, Real found, Real bound) {
    if (found <= bound) return;
    throw StepFailure(reason,
                      fmt::format("at t = {} {} {:.1e}, expected at most {:.1e} ({}): the path is not "
                                  "that of the flow",
                                  time, what, found, bound, key));
  };
  check(Stop::balance_drift, "the balance of a neuron has drifted by", "verify.balance", gauges.balance_drift,
        bounds.balance);
  check(Stop::energy_drift, "the energy identity is off by", "verify.energy", gauges.energy_drift,
        bounds.energy);
  check(Stop::loss_rise,
        unit == LossUnit::at_start
            ? "the loss has risen in a step, in units of the loss at the start, by"
            : "the loss has risen in a step, in units of the larger of the loss before it and "
              "|grad L| |w|, by",
        "verify.loss_rise", gauges.loss_rise, bounds.loss_rise);
}

}  // namespace saddleflow

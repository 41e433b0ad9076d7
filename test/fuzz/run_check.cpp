#include "run_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "target.hpp"

namespace saddleflow::fuzz {
namespace {

// By output/README.md always known; margins are not while a sample is misclassified.
constexpr std::array kKnown{"time",          "loss",         "gradient_norm",   "weight_norm",
                            "balance_drift", "energy_drift", "proximity",       "layer_norm",
                            "neuron_norm",   "log_time",     "log_weight_norm", "phase_time",
                            "snapshot_time", "weights",      "kkt_residual"};

/// Whether a number that is not finite is right there: the logarithm of zero, r where all outputs are zero,
/// the angle of weights that are zero.
bool may_be(const std::string& name, double value, double time, double norm) {
  if (name == "log_time") return time == 0 && value < 0 && std::isinf(value);
  if (name == "log_weight_norm") return norm == 0 && value < 0 && std::isinf(value);
  if (name == "proximity") return value > 0 && std::isinf(value);
  return name == "kkt_residual" && norm == 0;
}

void require_finite(const archive::RunReader& run) {
  const std::vector<double> time = run.column("time"), norm = run.column("weight_norm");
  for (const std::string name : kKnown) {
    const std::vector<double> values = run.column(name);
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (std::isfinite(values[k])) continue;
      const bool scalar = values.size() == time.size() && name != "snapshot_time";
      if (scalar && may_be(name, values[k], time[k], norm[k])) continue;
      throw Finding(fmt::format("{} holds {} in place {} of {}", name, values[k], k, values.size()));
    }
  }
}

void require_ascending(const archive::RunReader& run) {
  for (const std::string name : {"time", "snapshot_time"}) {
    const std::vector<double> times = run.column(name);
    if (!std::ranges::is_sorted(times)) throw Finding(name + " falls");
  }
  for (const double size : run.column("step_size"))
    if (size < 0) throw Finding(fmt::format("step_size {}", size));
}

double number(const archive::RunSummary& summary, const std::string& name) {
  for (const auto& [key, value] : summary.numbers)
    if (key == name) return value;
  throw Finding("the summary of the run has no " + name);
}

void require_within(const archive::RunSummary& summary, const std::string& name, double bound) {
  const double value = number(summary, name);
  if (!(value <= bound))
    throw Finding(fmt::format("{} is {:.3e} in a run that ended with {}, expected at most {:.3e}", name,
                              value, summary.stop_reason, bound));
}

/// The bounds of the user's guide, or those that the study names.
void require_gauges(const StudyTable& study, const archive::RunSummary& summary) {
  const auto rtol = static_cast<double>(study.real("flow.rtol"));
  const auto bound = [&](const char* key, double otherwise) {
    const auto own = static_cast<double>(study.real(key));
    return own > 0 ? own : otherwise;
  };
  const double path = std::max(1e-6, 1e4 * rtol), rise = std::max(1e-10, rtol);
  require_within(summary, "balance_drift", bound("verify.balance", path));
  require_within(summary, "loss_rise", bound("verify.loss_rise", rise));
  // The energy is known to a part of the larger of the losses at the start and at the origin.
  FlowSetup setup(study);
  const auto first = static_cast<double>(setup.parts.initial.loss),
             origin = static_cast<double>(setup.objective.value(Vector::Zero(setup.objective.size())));
  const double unit = first > 0 ? std::max(1.0, origin / first) : 1;
  require_within(summary, "energy_drift", bound("verify.energy", path * unit));
}

}  // namespace

void require_sound_run(const StudyTable& study, const std::string& file, const archive::RunSummary& summary) {
  const archive::RunReader run = archive::RunReader::open(file);
  require_finite(run);
  require_ascending(run);
  const StopReason reason = StopReason::parse(summary.stop_reason);
  if (reason == Stop::interrupted || reason.is_failure()) return;
  require_gauges(study, summary);
}

}  // namespace saddleflow::fuzz

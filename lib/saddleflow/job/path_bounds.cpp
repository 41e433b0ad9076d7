#include "saddleflow/job/path_bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/flow/integration.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/record/run_description.hpp"

namespace saddleflow {
namespace {

// However tight the tolerance, a path is wrong only beyond this: wrong ones of version 0.1 were off by 2e-3
// to 2e-1.
constexpr Real kLeastPath = Real(1e-3);

Real or_default(Real key, Real otherwise) { return key > 0 ? key : otherwise; }

double number(const archive::RunSummary& summary, const char* name) {
  for (const auto& [key, value] : summary.numbers)
    if (key == name) return value;
  return std::nan("");
}

std::string branchings_in_words(const archive::RunSummary& summary) {
  const double count = number(summary, "branchings");
  if (!(count > 0)) return "";
  return fmt::format("; the flow is not unique: it branches at {:.0f} {} (kind branch in /mode_changes)",
                     count, count == 1 ? "time" : "times");
}

}  // namespace

std::string not_certain(const archive::RunSummary& summary) {
  const double count = number(summary, kSampledDecisions);
  if (!(count > 0)) return "";
  return fmt::format(
      "at {:.0f} {} so many kinks met that only a random sample of the ways to go on was looked at "
      "(sampled_decisions in /run)",
      count, count == 1 ? "time" : "times");
}

PathBounds path_bounds(const StudyTable& study) {
  const Real rtol = study.real("flow.rtol");
  const GaugeBounds otherwise = gauge_bounds(rtol);
  return {{or_default(study.real("verify.balance"), otherwise.balance),
           or_default(study.real("verify.energy"), otherwise.energy),
           or_default(study.real("verify.loss_rise"), otherwise.loss_rise)},
          or_default(study.real("verify.bound"), std::max(kLeastPath, kStepsToPath * rtol))};
}

std::string not_confirmed(const Verification& v, const PathBounds& bounds) {
  if (v.stop_reason.is_failure()) return fmt::format("the second run stopped with {}", v.stop_reason.text());
  if (!v.same_modes) return "the kinks changed: " + v.first_difference;
  if (v.path_error > bounds.path)
    return fmt::format("path error {:.1e} at t = {:g}, expected at most {:.1e} (verify.bound)", v.path_error,
                       v.path_error_time, bounds.path);
  return "";
}

std::string trust_in_words(const archive::RunSummary& summary, const PathBounds& bounds,
                           const Verification* verification) {
  const std::string branchings = branchings_in_words(summary), doubt = not_certain(summary);
  if (StopReason::parse(summary.stop_reason).is_failure())
    return fmt::format("the path ends where the run stopped ({}); what lies before {}{}", summary.stop_reason,
                       doubt.empty() ? "has passed all checks" : "is not certain: " + doubt, branchings);
  const std::string fault = verification == nullptr ? "" : not_confirmed(*verification, bounds);
  if (!fault.empty()) return "not confirmed at a tenth of the tolerance: " + fault + branchings;
  if (!doubt.empty()) return "not certain: " + doubt + branchings;
  if (verification == nullptr)
    return fmt::format(
        "no check has failed: balance within {:.0e}, energy identity within {:.0e}, loss rise within {:.0e}; "
        "--verify measures the error of the path{}",
        bounds.balance, bounds.energy, bounds.loss_rise, branchings);
  return fmt::format("confirmed at a tenth of the tolerance: the path is known to {:.0e}{}{}{}",
                     verification->path_error,
                     verification->same_events ? "" : "; not so the sequence of events",
                     verification->complete ? "" : ", as far as the second run went", branchings);
}

}  // namespace saddleflow

#include "saddleflow/claims/escape_angle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/claims/kinds.hpp"
#include "saddleflow/claims/ray_rate.hpp"
#include "saddleflow/claims/small_start.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kFloor = 1000;  // angles below this many rtol say nothing

const char* name_of(SecondOrder::Status status) {
  switch (status) {
    case SecondOrder::Status::maximum:
      return "a maximum";
    case SecondOrder::Status::degenerate:
      return "in a family (Delta = 0)";
    case SecondOrder::Status::saddle:
      return "a saddle of the NCF";
    default:
      return "of unknown second order";
  }
}

}  // namespace

EscapeAngle measure_angle(Problem& problem, const Vector& u0) {
  EscapeAngle out;
  out.limit = find_limit(problem.correlation, u0);
  if (!out.limit.grows()) {
    out.problem = describe(out.limit) + ": no escape";
    return out;
  }
  const KktEntry& kkt = out.limit.kkt;
  out.predicted = kkt.second_order.gap / (static_cast<Real>(problem.degree()) * kkt.point.value);
  if (kkt.second_order.status != SecondOrder::Status::maximum)
    out.problem = std::string("the limit is ") + name_of(kkt.second_order.status);
  const EscapeOfPath escape = escape_of_path(problem, kkt.point);
  const Vector along = escape.half.normalized();
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto at = flow_at_norm(problem, u0, std::log(delta), escape.half_norm);
    // The chord, which is exact for small angles.
    out.angles.push_back(at ? 2 * std::asin((at->direction - along).norm() / 2)
                            : std::numeric_limits<Real>::quiet_NaN());
  }
  out.law = fit_power_law(problem.deltas, out.angles, kFloor * problem.rtol);
  return out;
}

Report measure_escape_angle(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  Report report = problem.report();
  report.details.push_back("deltas: " + listed(problem.deltas));
  Real worst = 0, decades = std::numeric_limits<Real>::infinity();
  Index fitted = 0, failed = 0;
  std::string predictions, exponents;
  for (const std::uint64_t seed : problem.seeds) {
    const EscapeAngle a = measure_angle(problem, problem.direction(seed));
    report.details.push_back(fmt::format("seed {}: {}; Delta/(D N*) = {:.4f}; angles {}; exponent {:.4f}{}",
                                         seed, describe(a.limit), static_cast<double>(a.predicted),
                                         listed(a.angles, "{:.2e}"), static_cast<double>(a.law.exponent),
                                         a.problem.empty() ? "" : "; " + a.problem));
    if (!a.problem.empty() || a.law.points < 3) {
      ++failed;
      continue;
    }
    ++fitted;
    worst = std::max(worst, std::abs(a.law.exponent - a.predicted));
    decades = std::min(decades, a.law.decades);
    predictions += fmt::format(" {:.3f}", static_cast<double>(a.predicted));
    exponents += fmt::format(" {:.3f}", static_cast<double>(a.law.exponent));
  }
  report.findings.push_back(
      {"P3: a generic start leaves the origin along p; angle ~ delta^{Delta/(D N*)} [derived]",
       fitted == 0 ? "Delta/(D N*)" : "exponent" + predictions,
       fitted == 0
           ? "-"
           : fmt::format("exponent{} over {:.1f} decades of delta", exponents, static_cast<double>(decades)),
       fitted == 0 ? Verdict::not_decided : (worst <= problem.margin ? Verdict::holds : Verdict::fails),
       failed > 0 ? fmt::format("{} starts not measured", failed) : ""});
  return report;
}

}  // namespace saddleflow::claims

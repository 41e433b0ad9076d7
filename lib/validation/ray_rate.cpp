#include "validation/ray_rate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "validation/assumptions.hpp"
#include "validation/kinds.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kErrorFloor = 100;  // errors below this many rtol say nothing: a path may err by them

LimitPathOptions path_options(const Problem& problem) {
  LimitPathOptions options;
  options.rtol = problem.rtol;
  options.max_steps = problem.max_steps;
  options.interrupt = problem.interrupt;
  return options;
}

LimitPath checked_path(Problem& problem, const KktPoint& point, const LimitPathOptions& options) {
  LimitPath path = compute_limit_path(problem.objective, point, options);
  problem.check_interrupt();
  return path;
}

}  // namespace

EscapeOfPath escape_of_path(Problem& problem, const KktPoint& point) {
  LimitPathOptions options = path_options(problem);
  EscapeOfPath out;
  out.path = checked_path(problem, point, options);
  if (!out.path.stop_reason.is_event()) {
    out.problem = "the limit path ends at no critical point: " + out.path.stop_reason.text();
    return out;
  }
  const Real half = out.path.end.point.norm() / 2;
  const auto& points = out.path.points;
  const auto first = std::find_if(points.begin(), points.end(),
                                  [&](const LimitPathPoint& p) { return p.weights.norm() >= half; });
  if (first == points.end()) throw NumericalError("limit path: it ends before its escape");
  out.half = first->weights;
  out.half_norm = out.half.norm();
  const Real unit = 1 / (static_cast<Real>(problem.degree()) * point.value);
  for (const int step : {-2, -1, 0, 1, 2})
    options.samples.push_back(first->time + static_cast<Real>(step) * unit);
  out.path = checked_path(problem, point, options);
  return out;
}

RayRate measure_ray(Problem& problem, const Vector& u0) {
  RayRate out;
  out.limit = find_limit(problem.correlation, u0);
  if (!out.limit.grows()) {
    out.problem = describe(out.limit) + ": no positive KKT point, no limit path";
    return out;
  }
  const KktPoint& point = out.limit.kkt.point;
  const EscapeOfPath escape = escape_of_path(problem, point);
  if (!escape.problem.empty()) {
    out.problem = escape.problem;
    return out;
  }
  out.arrival = fmt::format("{}, loss {:.4g}", escape.path.stop_reason.text(),
                            static_cast<double>(escape.path.end.loss));
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const Real log_delta = std::log(delta);
    const Real shift = escape_time(problem.degree(), point.value, log_delta);
    std::vector<Real> times;
    for (const LimitPathPoint& p : escape.path.samples) times.push_back(p.time + shift);
    Real error = std::numeric_limits<Real>::quiet_NaN();
    if (!times.empty() && times.front() > 0) {
      const SmallRun run = follow_flow(problem, point.direction, log_delta, times);
      if (run.samples.size() == times.size()) error = 0;
      for (std::size_t k = 0; k < run.samples.size(); ++k)
        error = std::max(error, (run.samples[k].weights() - escape.path.samples[k].weights).norm());
    }
    out.errors.push_back(error);
  }
  out.law = fit_power_law(problem.deltas, out.errors, kErrorFloor * problem.rtol);
  return out;
}

Report measure_ray_rate(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  require_smooth_gradient(study, problem.network(), "P3");
  Report report = problem.report();
  report.details.push_back("deltas: " + listed(problem.deltas));
  Real worst = 0, decades = std::numeric_limits<Real>::infinity();
  Index fitted = 0;
  std::string slopes, left_out;
  const auto rays = problem.over_seeds(
      [](Problem& own, std::uint64_t seed) { return measure_ray(own, own.direction(seed)); });
  for (std::size_t k = 0; k < rays.size(); ++k) {
    const std::uint64_t seed = problem.seeds[k];
    const RayRate& r = rays[k];
    report.details.push_back(fmt::format("seed {}: {}; path: {}; errors {}{}", seed, describe(r.limit),
                                         r.arrival, listed(r.errors, "{:.2e}"),
                                         r.problem.empty() ? "" : "; " + r.problem));
    if (r.law.points < kFewestPoints) {
      left_out += fmt::format("{}seed {} left out ({})", left_out.empty() ? "" : "; ", seed,
                              r.problem.empty() ? "errors within rounding" : r.problem);
      continue;
    }
    ++fitted;
    worst = std::max(worst, std::abs(r.law.exponent - 2));
    decades = std::min(decades, r.law.decades);
    slopes += fmt::format("{}{:.4f}", slopes.empty() ? "" : " ", static_cast<double>(r.law.exponent));
  }
  report.findings.push_back(
      {"P3: psi(t + T_delta, delta w*) -> p(t) for starts on the ray of a KKT point", "error ~ delta^2",
       fitted == 0
           ? "-"
           : fmt::format("slopes {} over {:.1f} decades of delta", slopes, static_cast<double>(decades)),
       fitted == 0 ? Verdict::not_decided : (worst <= problem.margin ? Verdict::holds : Verdict::fails),
       left_out});
  return report;
}

}  // namespace saddleflow::claims

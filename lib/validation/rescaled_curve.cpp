#include "validation/rescaled_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "validation/assumptions.hpp"
#include "validation/kinds.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

constexpr int kTimes = 40;  // at which curves are compared: closer than they change
// delta^D of the trajectory that the others are compared with: it is the curve itself to far below any
// tolerance.
constexpr Real kReference = Real(1e-40);
// Distances below this many rtol say nothing: each of the two paths may err by a hundred.
constexpr Real kDistanceFloor = 1000;
constexpr Real kOnCurve = Real(1e-6);  // of the reference and the NCF flow: another chart with other errors
// A curve that does not blow up has no end: it is followed until the direction has settled to this.
constexpr Real kEndOfCurve = Real(0.1);

/// s at the times tau, empty when the flow did not come so far.
std::vector<Vector> rescaled(Problem& problem, const Vector& u0, Real log_delta,
                             const std::vector<Real>& tau) {
  const Real unit = std::exp(static_cast<Real>(2 - problem.degree()) * log_delta);
  std::vector<Real> times;
  for (const Real t : tau) times.push_back(t * unit);
  const SmallRun run = follow_flow(problem, u0, log_delta, times);
  std::vector<Vector> out;
  for (const FlowPoint& p : run.samples) out.push_back(std::exp(p.log_norm - log_delta) * p.direction);
  if (out.size() < tau.size()) out.clear();
  return out;
}

Real distance(const std::vector<Vector>& a, const std::vector<Vector>& reference) {
  Real largest = 0;
  for (std::size_t k = 0; k < reference.size(); ++k)
    largest = std::max(largest, (a[k] - reference[k]).norm() / reference[k].norm());
  return largest;
}

std::vector<Real> times_to(Real end) {
  std::vector<Real> tau;
  for (int j = 1; j <= kTimes; ++j) tau.push_back(end * static_cast<Real>(j) / kTimes);
  return tau;
}

Real end_of_curve(Problem& problem, const Vector& u0, const LimitDirection& limit, Real fraction) {
  if (limit.flow.end == NcfEnd::blow_up) return fraction * limit.flow.time;
  return fraction * settling_time(problem.correlation, u0, limit, kEndOfCurve).value_or(Real(0));
}

}  // namespace

RescaledCurve compare_rescaled(Problem& problem, const Vector& u0, Real fraction) {
  RescaledCurve curve;
  curve.limit = find_limit(problem.correlation, u0);
  curve.end = is_unresolved(curve.limit.flow.end) ? 0 : end_of_curve(problem, u0, curve.limit, fraction);
  if (!(curve.end > 0)) {
    curve.problem = "the NCF flow is not resolved";
    return curve;
  }
  const std::vector<Real> tau = times_to(curve.end);
  const auto degree = static_cast<Real>(problem.degree());
  const auto reference = rescaled(problem, u0, std::log(kReference) / degree, tau);
  if (reference.empty()) {
    curve.problem = "the reference trajectory met the step limit";
    return curve;
  }
  NcfFlowOptions options;
  options.rtol = problem.rtol;
  options.t_end = curve.end;
  const NcfFlowResult ncf = follow_ncf_flow(problem.correlation, u0, options);
  curve.against_ncf =
      (std::exp(ncf.log_norm) * ncf.direction - reference.back()).norm() / reference.back().norm();
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto s = rescaled(problem, u0, std::log(delta), tau);
    if (s.empty()) {
      curve.problem = "a trajectory met the step limit";
      return curve;
    }
    curve.distances.push_back(distance(s, reference));
  }
  curve.law = fit_power_law(problem.deltas, curve.distances, kDistanceFloor * problem.rtol);
  return curve;
}

Report measure_rescaled_curve(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  require_smooth_gradient(study, problem.network(), "P2");
  require_degree_above_two(study, problem.network(), "P2");
  Report report = problem.report();
  report.details.push_back("deltas: " + listed(problem.deltas));
  Real worst = 0, ncf = 0, smallest = 1, largest = 0;
  Index fitted = 0, failed = 0;
  std::string exponents;
  const Real horizon = study.real("claim.horizon");
  const auto curves = problem.over_seeds(
      [&](Problem& own, std::uint64_t seed) { return compare_rescaled(own, own.direction(seed), horizon); });
  for (std::size_t k = 0; k < curves.size(); ++k) {
    const std::uint64_t seed = problem.seeds[k];
    const RescaledCurve& c = curves[k];
    if (!c.problem.empty() || c.law.points < kFewestPoints) {
      ++failed;
      report.details.push_back(fmt::format(
          "seed {}: {}", seed, c.problem.empty() ? "too few distances above rounding" : c.problem));
      continue;
    }
    ++fitted;
    worst = std::max(worst, std::abs(c.law.exponent - static_cast<Real>(problem.degree())));
    ncf = std::max(ncf, c.against_ncf);
    largest = std::max(largest, *std::max_element(c.distances.begin(), c.distances.end()));
    smallest = std::min(smallest, *std::min_element(c.distances.begin(), c.distances.end()));
    exponents += fmt::format("{}{:.3f}", exponents.empty() ? "" : " ", static_cast<double>(c.law.exponent));
    report.details.push_back(fmt::format(
        "seed {}: NCF flow: {}; tau to {:.4g}; distances {}; exponent {:.4f} over {:.1f} decades; the curve "
        "is the NCF flow up to {:.0e}",
        seed, describe(c.limit), static_cast<double>(c.end), listed(c.distances, "{:.2e}"),
        static_cast<double>(c.law.exponent), static_cast<double>(c.law.decades),
        static_cast<double>(c.against_ncf)));
  }
  const bool holds = worst <= problem.margin && ncf <= kOnCurve;
  report.findings.push_back(
      {fmt::format("P2: w(tau/delta^{})/delta lies on one curve, the NCF flow", problem.degree() - 2),
       fmt::format("distance ~ delta^{}", problem.degree()),
       fmt::format("exponents {}; distance {:.1e} ... {:.1e}", exponents, static_cast<double>(largest),
                   static_cast<double>(smallest)),
       fitted == 0 ? Verdict::not_decided : (holds ? Verdict::holds : Verdict::fails),
       failed > 0 ? fmt::format("{} starts not measured", failed) : ""});
  return report;
}

}  // namespace saddleflow::claims

#include "saddleflow/claims/early_direction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/claims/kinds.hpp"
#include "saddleflow/claims/small_start.hpp"
#include "saddleflow/correlation/separable.hpp"

namespace saddleflow::claims {

namespace {

// An error at T within this of the accuracy that the NCF flow has there counts as reached.
constexpr Real kSlack = Real(1.1);
// ||w||/delta of the two smallest deltas agree to this.
constexpr Real kSameBound = Real(1e-3);

Real error_of(const FlowPoint& point, const LimitDirection& limit, Real log_delta) {
  if (limit.collapses()) return std::exp(point.log_norm - log_delta);
  return (point.direction - limit.flow.direction).norm();
}

}  // namespace

EarlyDirection follow_early_direction(Problem& problem, const Vector& u0,
                                      const std::vector<Real>& accuracies) {
  EarlyDirection out;
  out.limit = find_limit(problem.correlation, u0);
  if (out.limit.flow.end == NcfEnd::step_limit) return out;
  for (const Real accuracy : accuracies) {
    const auto time = settling_time(problem.correlation, u0, out.limit, accuracy);
    if (!time) break;
    out.times.push_back(*time);
  }
  if (out.times.empty()) return out;
  const auto power = static_cast<Real>(2 - problem.degree());
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const Real log_delta = std::log(delta), unit = std::exp(power * log_delta);
    const SmallRun early = follow_flow(problem, u0, log_delta, {out.times.front() * unit});
    out.norm_bound.push_back(std::exp(early.largest_log_norm - log_delta));
    std::vector<Real> times;
    for (const Real time : out.times) times.push_back(time * unit);
    const SmallRun run = follow_flow(problem, u0, log_delta, times);
    std::vector<Real> errors(out.times.size(), std::numeric_limits<Real>::quiet_NaN());
    for (std::size_t k = 0; k < run.samples.size(); ++k)
      errors[k] = error_of(run.samples[k], out.limit, log_delta);
    out.error.push_back(errors);
  }
  return out;
}

namespace {

/// Adds up the seeds of one study.
class Tally {
 public:
  Tally(Problem& problem, std::vector<Real> accuracies)
      : problem_(problem), accuracies_(std::move(accuracies)) {}

  void add(std::uint64_t seed, const EarlyDirection& start) {
    ++starts_;
    const std::string head = fmt::format("seed {}: NCF flow: {}", seed, describe(start.limit));
    if (start.times.size() < accuracies_.size()) {
      ++unresolved_;
      report_.details.push_back(head + ", not resolved to the accuracies asked for");
      return;
    }
    ++(start.limit.grows() ? growing_ : start.limit.collapses() ? collapsing_ : standing_);
    if (start.limit.grows()) worst_kkt_ = std::max(worst_kkt_, start.limit.kkt.point.residual);
    report_.details.push_back(head);
    note_bound(seed, start);
    for (std::size_t k = 0; k < accuracies_.size(); ++k) note_error(seed, start, k);
  }

  void note_bound(std::uint64_t seed, const EarlyDirection& start) {
    const std::size_t n = start.norm_bound.size();
    spread_ = std::max(spread_, std::abs(start.norm_bound[n - 2] / start.norm_bound[n - 1] - 1));
    largest_bound_ = std::max(largest_bound_, start.norm_bound[n - 1]);
    report_.details.push_back(fmt::format("seed {}: T = {:.4g}; max |w|/delta on [0, T/delta^(D-2)]: {}",
                                          seed, static_cast<double>(start.times.front()),
                                          listed(start.norm_bound, "{:.6g}")));
  }

  void note_error(std::uint64_t seed, const EarlyDirection& start, std::size_t k) {
    std::vector<Real> errors;
    for (const auto& row : start.error) errors.push_back(row[k]);
    report_.details.push_back(
        fmt::format("seed {}: T = {:.4g}; {}: {}", seed, static_cast<double>(start.times[k]),
                    start.limit.collapses() ? "|w|/delta" : "direction error", listed(errors, "{:.2e}")));
    const bool reached = errors.back() <= kSlack * accuracies_[k];
    if (!reached) ++missed_;
    worst_ratio_ = std::max(worst_ratio_, errors.back() / accuracies_[k]);
  }

  Report report() {
    Report out = problem_.report();
    out.details = std::move(report_.details);
    out.details.insert(out.details.begin(), "deltas: " + listed(problem_.deltas));
    out.findings.push_back(norm_finding());
    out.findings.push_back(direction_finding());
    return out;
  }

 private:
  std::string paper() const { return problem_.degree() == 2 ? "P1" : "P2"; }

  Verdict verdict(bool holds) const {
    if (!holds) return Verdict::fails;
    return unresolved_ == starts_ ? Verdict::not_decided : Verdict::holds;
  }

  std::string reason(bool holds) const {
    if (unresolved_ > 0) return fmt::format("{} of {} starts not resolved", unresolved_, starts_);
    return holds ? "" : "see the details";
  }

  Finding norm_finding() const {
    const bool holds = spread_ <= kSameBound;
    return {paper() + ": the weights stay O(delta) until " +
                (problem_.degree() == 2 ? "T" : fmt::format("T/delta^{}", problem_.degree() - 2)),
            "max |w|/delta does not depend on delta",
            fmt::format("at most {:.4g}; deltas {:.0e} and {:.0e} differ by {:.1e}",
                        static_cast<double>(largest_bound_),
                        static_cast<double>(problem_.deltas[problem_.deltas.size() - 2]),
                        static_cast<double>(problem_.deltas.back()), static_cast<double>(spread_)),
            verdict(holds), reason(holds)};
  }

  Finding direction_finding() const {
    const bool holds = missed_ == 0;
    return {paper() + ": the direction is near a non-negative KKT point then, or the weights have collapsed",
            fmt::format("within {} at the T of each", listed(accuracies_)),
            fmt::format(
                "{} near KKT points (residual {:.0e}), {} collapsed, {} stood still; error/accuracy at most "
                "{:.2f} at delta {:.0e}",
                growing_, static_cast<double>(worst_kkt_), collapsing_, standing_,
                static_cast<double>(worst_ratio_), static_cast<double>(problem_.deltas.back())),
            verdict(holds), reason(holds)};
  }

  Problem& problem_;
  std::vector<Real> accuracies_;
  Report report_;
  int starts_ = 0, growing_ = 0, collapsing_ = 0, standing_ = 0, unresolved_ = 0, missed_ = 0;
  Real worst_kkt_ = 0, spread_ = 0, largest_bound_ = 0, worst_ratio_ = 0;
};

Finding neuron_finding(Problem& problem, Real accuracy, std::vector<std::string>& details) {
  Index neurons = 0, within = 0, collapsing = 0, unresolved = 0;
  Real largest = 0;
  for (const std::uint64_t seed : problem.seeds) {
    const NeuronDirections n = follow_neurons(problem, problem.direction(seed), accuracy);
    neurons += n.neurons;
    collapsing += n.collapsing;
    unresolved += n.unresolved;
    within += n.within.back();
    largest = std::max(largest, n.largest.back());
    details.push_back(fmt::format(
        "seed {}: neurons: {} to {} KKT points, {} collapse, {} stand; T = {:.4g}; largest error: {}", seed,
        n.neurons - n.collapsing - n.standing - n.unresolved, n.limits, n.collapsing, n.standing,
        static_cast<double>(n.time), listed(n.largest, "{:.2e}")));
  }
  const bool holds = within == neurons - unresolved;
  return {"P1: every neuron of a separable network goes to its own KKT point or collapses",
          fmt::format("all within {:.0e}", static_cast<double>(accuracy)),
          fmt::format("{} of {} neurons ({} collapsing); largest error {:.2e}", within, neurons, collapsing,
                      static_cast<double>(largest)),
          holds ? (unresolved > 0 ? Verdict::not_decided : Verdict::holds) : Verdict::fails,
          unresolved > 0 ? fmt::format("{} neurons not resolved", unresolved) : ""};
}

// Kinks: the flow slides, and nothing here locates that.
Report not_smooth(const Problem& problem) {
  Report report = problem.report();
  report.findings.push_back({"P1: early directional convergence of a differential inclusion",
                             "as for smooth networks", "-", Verdict::not_decided,
                             "needs the sliding integrator: the flow slides along kinks"});
  return report;
}

}  // namespace

Report measure_early_direction(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  if (!problem.network().activation().is_smooth()) return not_smooth(problem);
  std::vector<Real> accuracies = study.reals("claim.accuracies");
  if (accuracies.empty()) study.fail("claim.accuracies", "found none");
  std::sort(accuracies.rbegin(), accuracies.rend());
  Tally tally(problem, accuracies);
  for (const std::uint64_t seed : problem.seeds)
    tally.add(seed, follow_early_direction(problem, problem.direction(seed), accuracies));
  Report report = tally.report();
  if (problem.degree() == 2 && is_separable(problem.network()))
    report.findings.push_back(neuron_finding(problem, accuracies.back(), report.details));
  return report;
}

}  // namespace saddleflow::claims

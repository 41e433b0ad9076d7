#include "validation/early_direction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/correlation/separable.hpp"
#include "validation/kinds.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// The largest norms of the flow and of the NCF flow agree to this.
constexpr Real kSameBound = Real(1e-3);
// Weights above this are not small: nothing is claimed of a delta that has grown so far by the time T.
constexpr Real kSmall = Real(1e-2);

Real error_of(const FlowPoint& point, const LimitDirection& limit, Real log_delta) {
  if (limit.collapses()) return std::exp(point.log_norm - log_delta);
  return (point.direction - limit.flow.direction).norm();
}

void find_times(Problem& problem, const Vector& u0, const std::vector<Real>& accuracies,
                EarlyDirection& out) {
  for (const Real accuracy : accuracies) {
    const auto time = settling_time(problem.correlation, u0, out.limit, accuracy);
    if (!time) return;
    out.times.push_back(*time);
    // d ln ||s||/dt = D N ||s||^{D-2} and N increases: the norm falls first or never.
    const Real norm = std::exp(ncf_flow_at(problem.correlation, u0, *time).log_norm);
    out.ncf_bound.push_back(std::max(Real(1), norm));
  }
}

void follow_delta(Problem& problem, const Vector& u0, Real delta, EarlyDirection& out) {
  const Real log_delta = std::log(delta);
  const Real unit = std::exp(static_cast<Real>(2 - problem.degree()) * log_delta);
  std::vector<Real> times;
  for (const Real time : out.times) times.push_back(time * unit);
  const SmallRun run = follow_flow(problem, u0, log_delta, times);
  std::vector<Real> errors(out.times.size(), std::numeric_limits<Real>::quiet_NaN());
  for (std::size_t k = 0; k < run.samples.size(); ++k)
    errors[k] = error_of(run.samples[k], out.limit, log_delta);
  out.norm_bound.push_back(run.samples.empty() ? std::numeric_limits<Real>::quiet_NaN()
                                               : std::exp(run.samples.front().largest_log_norm - log_delta));
  out.error.push_back(errors);
}

}  // namespace

EarlyDirection follow_early_direction(Problem& problem, const Vector& u0,
                                      const std::vector<Real>& accuracies) {
  EarlyDirection out;
  out.limit = find_limit(problem.correlation, u0);
  if (is_unresolved(out.limit.flow.end)) return out;
  find_times(problem, u0, accuracies, out);
  if (out.times.empty()) return out;
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    follow_delta(problem, u0, delta, out);
  }
  return out;
}

namespace {

/// Adds up the starts of one study.
class Tally {
 public:
  Tally(Problem& problem, std::vector<Real> accuracies)
      : problem_(problem),
        accuracies_(std::move(accuracies)),
        smallest_(problem.deltas.back()),
        threshold_(accuracies_.size(), std::numeric_limits<Real>::infinity()) {
    details_.push_back("deltas: " + listed(problem_.deltas));
  }

  void add(std::uint64_t seed, const EarlyDirection& start) {
    ++starts_;
    head_ = fmt::format("seed {}: ", seed);
    note("NCF flow: " + describe(start.limit));
    if (start.times.size() < accuracies_.size()) {
      ++unresolved_;
      return note("rounding hides how near to the blow-up T must be, not measured");
    }
    ++(start.limit.grows() ? growing_ : start.limit.collapses() ? collapsing_ : standing_);
    if (start.limit.grows()) worst_kkt_ = std::max(worst_kkt_, start.limit.kkt.point.residual);
    add_bound(start);
    for (std::size_t k = 0; k < accuracies_.size(); ++k) add_error(start, k);
  }

  Report report() const {
    Report out = problem_.report();
    out.details = details_;
    out.findings = {norm_finding(), direction_finding()};
    return out;
  }

 private:
  void note(const std::string& text) { details_.push_back(head_ + text); }

  void add_bound(const EarlyDirection& start) {
    const Real expected = start.ncf_bound.front(), found = start.norm_bound.back();
    largest_bound_ = std::max(largest_bound_, found);
    const Real difference = std::abs(found / expected - 1);
    bound_difference_ = std::max(bound_difference_, difference);
    if (!(difference <= kSameBound)) ++(smallest_ * expected < kSmall ? bound_wrong_ : bound_too_large_);
    note(fmt::format("T = {:.4g}; max |w|/delta until then {} (NCF flow {:.6g})",
                     static_cast<double>(start.times.front()), listed(start.norm_bound, "{:.6g}"),
                     static_cast<double>(expected)));
  }

  void add_error(const EarlyDirection& start, std::size_t k) {
    std::vector<Real> errors;
    for (const auto& row : start.error) errors.push_back(row[k]);
    const Real allowed = kReachedAccuracy * accuracies_[k];
    Real threshold = 0;  // no delta of the list is small enough
    for (std::size_t i = errors.size(); i-- > 0 && errors[i] <= allowed;) threshold = problem_.deltas[i];
    threshold_[k] = std::min(threshold_[k], threshold);
    if (!(threshold > 0)) ++(smallest_ * start.ncf_bound[k] < kSmall ? missed_ : missed_too_large_);
    note(fmt::format("T = {:.4g}; {} {}", static_cast<double>(start.times[k]),
                     start.limit.collapses() ? "|w|/delta" : "direction error", listed(errors, "{:.2e}")));
  }

  std::string paper() const { return problem_.degree() == 2 ? "P1" : "P2"; }

  /// A start whose weights are not small at T says nothing against the claim.
  void judge(int wrong, int too_large, Finding& finding) const {
    if (wrong > 0) {
      finding.verdict = Verdict::fails;
      finding.reason = fmt::format("{} of {}", wrong, starts_);
    } else if (too_large > 0 || unresolved_ == starts_) {
      finding.verdict = Verdict::not_decided;
      if (too_large > 0)
        finding.reason = fmt::format("{:.0e} is no small delta for this T", static_cast<double>(smallest_));
    } else {
      finding.verdict = Verdict::holds;
    }
    if (unresolved_ > 0)
      finding.reason += fmt::format("{}{} of {} starts not resolved in time",
                                    finding.reason.empty() ? "" : "; ", unresolved_, starts_);
  }

  std::string thresholds() const {
    std::string out;
    for (const Real delta : threshold_)
      out += std::isfinite(delta) && delta > 0 ? fmt::format(" {:.0e}", static_cast<double>(delta)) : " none";
    return out;
  }

  Finding norm_finding() const {
    Finding finding{paper() + ": the weights stay O(delta) until " +
                        (problem_.degree() == 2 ? "T" : fmt::format("T/delta^{}", problem_.degree() - 2)),
                    "max |w|/delta is that of the NCF flow",
                    fmt::format("max |w|/delta up to {:.4g}; difference at delta {:.0e}: {:.1e}",
                                static_cast<double>(largest_bound_), static_cast<double>(smallest_),
                                static_cast<double>(bound_difference_)),
                    Verdict::holds, ""};
    judge(bound_wrong_, bound_too_large_, finding);
    return finding;
  }

  Finding direction_finding() const {
    Finding finding{
        paper() + ": the direction is near a non-negative KKT point then, or the weights have collapsed",
        fmt::format("within {} for delta < delta_0", listed(accuracies_)),
        fmt::format("{} near positive KKT points (residual {:.0e}), {} collapsed, {} stand at N = 0; "
                    "delta_0 ={}",
                    growing_, static_cast<double>(worst_kkt_), collapsing_, standing_, thresholds()),
        Verdict::holds, ""};
    judge(missed_, missed_too_large_, finding);
    return finding;
  }

  Problem& problem_;
  std::vector<Real> accuracies_;
  Real smallest_;
  std::vector<Real> threshold_;  ///< per accuracy: largest delta from which on all starts reach it
  std::string head_;
  std::vector<std::string> details_;
  int starts_ = 0, growing_ = 0, collapsing_ = 0, standing_ = 0, unresolved_ = 0;
  int bound_wrong_ = 0, bound_too_large_ = 0, missed_ = 0, missed_too_large_ = 0;
  Real worst_kkt_ = 0, largest_bound_ = 0, bound_difference_ = 0;
};

Finding neuron_finding(Problem& problem, Real accuracy, std::vector<std::string>& details) {
  Index neurons = 0, within = 0, collapsing = 0, unresolved = 0, too_large = 0;
  Real largest = 0;
  for (const std::uint64_t seed : problem.seeds) {
    const NeuronDirections n = follow_neurons(problem, problem.direction(seed), accuracy);
    neurons += n.neurons;
    collapsing += n.collapsing;
    unresolved += n.unresolved;
    within += n.within.back();
    largest = std::max(largest, n.largest.back());
    if (n.norm > kSmall) too_large += n.neurons - n.unresolved - n.within.back();
    details.push_back(fmt::format(
        "seed {}: neurons: {} to {} KKT points, {} collapse, {} stand; T = {:.4g}; largest error: {}", seed,
        n.neurons - n.collapsing - n.standing - n.unresolved, n.limits, n.collapsing, n.standing,
        static_cast<double>(n.time), listed(n.largest, "{:.2e}")));
  }
  // Nothing is claimed of neurons whose slowest companion takes longer than the weights stay small.
  const bool holds = within + too_large == neurons - unresolved;
  std::string reason = unresolved > 0 ? fmt::format("{} neurons not resolved", unresolved) : "";
  if (too_large > 0)
    reason +=
        fmt::format("{}{} of starts that are not small any more", reason.empty() ? "" : "; ", too_large);
  return {"P1: every neuron of a separable network goes to its own KKT point or collapses",
          fmt::format("all within {:.0e}", static_cast<double>(accuracy)),
          fmt::format("{} of {} neurons ({} collapsing); largest error {:.2e}", within, neurons, collapsing,
                      static_cast<double>(largest)),
          holds ? (unresolved + too_large > 0 ? Verdict::not_decided : Verdict::holds) : Verdict::fails,
          reason};
}

}  // namespace

Report measure_early_direction(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
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

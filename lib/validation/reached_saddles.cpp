// The findings of P3 on the first saddle, over all starts of a study.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "validation/assumptions.hpp"
#include "validation/census.hpp"
#include "validation/first_saddle.hpp"
#include "validation/kinds.hpp"
#include "validation/power_law.hpp"

namespace saddleflow::claims {

namespace {

// The closest approach is where r falls below 1e-10: ten times that is not told from it.
constexpr Real kPassageFloor = Real(1e-9);

struct Spread {
  Real low = std::numeric_limits<Real>::infinity(), high = -std::numeric_limits<Real>::infinity();
  Index count = 0;
  void add(Real x) { low = std::min(low, x), high = std::max(high, x), ++count; }
  std::string text(const char* format) const {
    if (count == 0) return "-";
    return fmt::format(fmt::runtime(fmt::format("{0} to {0}", format)), static_cast<double>(low),
                       static_cast<double>(high));
  }
};

class SaddleTally {
 public:
  explicit SaddleTally(const Problem& problem) : problem_(problem), same_(problem.deltas.size(), 0) {}

  void add(std::uint64_t seed, const FirstSaddle& s) {
    ++starts_;
    if (!s.excluded.empty()) {
      excluded_.add(s.excluded, seed);
      details_.push_back(fmt::format("seed {}: {}", seed, s.excluded));
      return;
    }
    ++asked_;
    if (s.path_keeps_zeros) ++path_zeros_;
    if (s.flow_keeps_zeros) ++flow_zeros_;
    for (std::size_t i = 0; i < same_.size(); ++i) same_[i] += s.passages[i].same ? 1 : 0;
    ends_.add(fmt::format("limit path to a {}, active {}", in_words(s.end.kind),
                          fmt::join(s.end.active_neurons, " ")),
              seed);
    const Passage& last = s.passages.back();
    if (!last.same) missed_.add(last.other, seed);
    add_laws(seed, s);
  }

  Report report() const {
    Report report = problem_.report();
    report.details.push_back("deltas: " + listed(problem_.deltas));
    report.details.insert(report.details.end(), details_.begin(), details_.end());
    for (const std::string& line : ends_.lines()) report.details.push_back(line);
    report.findings = {saddle_finding(), distance_finding(), zero_finding(), small_finding()};
    if (asked_ > 0) return report;
    for (Finding& finding : report.findings)
      finding.verdict = Verdict::not_decided, finding.reason = outside();
    return report;
  }

 private:
  void add_laws(std::uint64_t seed, const FirstSaddle& s) {
    std::vector<Real> distances, small;
    for (const Passage& p : s.passages) {
      distances.push_back(p.distance);
      small.push_back(p.same ? p.small : std::numeric_limits<Real>::quiet_NaN());
    }
    const PowerLaw near = fit_power_law(problem_.deltas, distances, kPassageFloor);
    const PowerLaw rest = fit_power_law(problem_.deltas, small, 0);
    if (near.points >= 2) distance_.add(near.exponent);
    if (rest.points >= 2) small_.add(rest.exponent);
    if (s.passages.back().same && !s.zero.empty())
      bound_.add(s.passages.back().small / problem_.deltas.back());
    details_.push_back(fmt::format(
        "seed {}: {}, loss {:.4g} at its end; distances {} (exponent {:.3f}); small weights {} (exponent "
        "{:.3f}){}",
        seed, describe(s.limit), static_cast<double>(s.end.refinement.loss), listed(distances, "{:.1e}"),
        static_cast<double>(near.exponent), listed(small, "{:.1e}"), static_cast<double>(rest.exponent),
        s.passages.back().same ? "" : "; went to " + s.passages.back().other));
  }

  std::string outside() const {
    const std::string line = excluded_.line();
    return line.empty() ? "" : "outside the claim: " + line;
  }

  Finding saddle_finding() const {
    std::string by_delta;
    for (std::size_t i = 0; i < same_.size(); ++i)
      by_delta += fmt::format("{}{} at {:.0e}", i == 0 ? "" : ", ", same_[i],
                              static_cast<double>(problem_.deltas[i]));
    const bool holds = same_.back() == asked_;
    std::string reason = outside();
    if (!holds) reason = "others: " + missed_.line() + (reason.empty() ? "" : "; " + reason);
    return {"P3: the first critical point reached is the end of the limit path",
            fmt::format("at {:.0e} all {} starts that go to a second-order positive KKT point",
                        static_cast<double>(problem_.deltas.back()), asked_),
            fmt::format("of {} starts {} do; the same point: {}", starts_, asked_, by_delta),
            holds ? Verdict::holds : Verdict::fails, reason};
  }

  Finding distance_finding() const {
    return {"P3: the flow passes it within O(delta^beta)", "beta > 0",
            fmt::format("exponents {} ({} starts)", distance_.text("{:.3f}"), distance_.count),
            distance_.count == 0 ? Verdict::not_decided
                                 : (distance_.low > problem_.margin ? Verdict::holds : Verdict::fails),
            distance_.count == 0 ? "too few distances above rounding" : ""};
  }

  Finding zero_finding() const {
    return {"P3: zero-preserving sets of the KKT direction stay zero: exact zeros",
            "exactly zero until the next saddle is left",
            fmt::format("limit path {} of {}, flow at {:.0e} {} of {}", path_zeros_, asked_,
                        static_cast<double>(problem_.deltas.back()), flow_zeros_, asked_),
            path_zeros_ == asked_ && flow_zeros_ == asked_ ? Verdict::holds : Verdict::fails, ""};
  }

  Finding small_finding() const {
    const bool holds = small_.count > 0 && small_.low >= 1 - problem_.margin;
    return {"P3: and small weights stay O(delta) until the saddle's closest approach",
            fmt::format("largest norm ~ delta^1 or less, to {:g}", static_cast<double>(problem_.margin)),
            fmt::format("exponents {} ({} starts); norm/delta {} at {:.0e}", small_.text("{:.3f}"),
                        small_.count, bound_.text("{:.2g}"), static_cast<double>(problem_.deltas.back())),
            small_.count == 0 ? Verdict::not_decided : (holds ? Verdict::holds : Verdict::fails),
            small_.count == 0 ? "no start has small neurons" : ""};
  }

  const Problem& problem_;
  std::vector<Index> same_;
  Index starts_ = 0, asked_ = 0, path_zeros_ = 0, flow_zeros_ = 0;
  Census excluded_, missed_, ends_;
  Spread distance_, small_, bound_;
  std::vector<std::string> details_;
};

}  // namespace

Report measure_reached_saddles(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  require_smooth_gradient(study, problem.network(), "P3");
  require_isolated_directions(study, problem.network(), "P3");
  SaddleTally tally(problem);
  const auto found = problem.over_seeds(
      [](Problem& own, std::uint64_t seed) { return measure_first_saddle(own, own.direction(seed)); });
  for (std::size_t k = 0; k < found.size(); ++k) tally.add(problem.seeds[k], found[k]);
  return tally.report();
}

}  // namespace saddleflow::claims

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "saddleflow/base/workers.hpp"
#include "validation/kinds.hpp"
#include "validation/plateaus.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

namespace {

// From the smallest to the largest width. A plateau is shorter if it loses a fifth of its length, and of one
// length if it loses less than a tenth: in between nothing is decided. By judgement; logarithms of the width
// make up for the room.
constexpr Real kShorter = Real(0.8), kSame = Real(0.9);

struct WidthPlan {
  WidthPlan(const StudyTable& study, const Network& network)
      : widths(study.integers("claim.widths")), deviation(study.real("claim.deviation")) {
    if (!network.traits().layered || network.layer_sizes().size() != 3)
      study.fail("network.layers",
                 "expected a layered network with one hidden layer, whose width claim.widths changes");
    if (widths.size() < 2 || !std::is_sorted(widths.begin(), widths.end()))
      study.fail("claim.widths", "expected two widths or more, rising");
  }

  /// Of a start whose entries have the deviation, of this width.
  std::vector<std::string> overrides(const StudyTable& study, Index width, std::uint64_t seed) const {
    const std::vector<Index> layers = study.integers("network.layers");
    const auto weights = static_cast<Real>(width * (layers.front() + layers.back()));
    return {fmt::format("network.layers=[{}, {}, {}]", layers.front(), width, layers.back()),
            fmt::format("init.scale={:.17g}", static_cast<double>(deviation * std::sqrt(weights))),
            fmt::format("init.seed={}", seed), "events.escape.terminal=true"};
  }

  std::vector<Index> widths;
  Real deviation;
};

Verdict judge(const std::string& predicted, Real ratio) {
  if (ratio > kShorter && ratio < kSame) return Verdict::not_decided;
  return (ratio <= kShorter) == (predicted == "shorter") ? Verdict::holds : Verdict::fails;
}

}  // namespace

Report measure_plateau_width(const StudyTable& study, const Options& options) {
  const Problem problem(study, options);
  const WidthPlan plan(study, problem.network());
  const auto seeds = std::ssize(problem.seeds);
  std::vector<PlateauRun> runs(plan.widths.size() * problem.seeds.size());
  run_jobs(options.workers, std::ssize(runs), [&](Index k) {
    const auto width = static_cast<std::size_t>(k / seeds), seed = static_cast<std::size_t>(k % seeds);
    runs[static_cast<std::size_t>(k)] =
        follow_plateaus(study, plan.overrides(study, plan.widths[width], problem.seeds[seed]), options);
  });
  Report report = problem.report();
  std::vector<Real> means;
  std::string measured;
  for (std::size_t i = 0; i < plan.widths.size(); ++i) {
    Real mean = 0;
    for (Index k = 0; k < seeds; ++k)
      mean += runs[i * problem.seeds.size() + static_cast<std::size_t>(k)].escape / static_cast<Real>(seeds);
    means.push_back(mean);
    report.details.push_back(fmt::format("width {}: mean length {:.6g} of {} starts", plan.widths[i],
                                         static_cast<double>(mean), seeds));
    measured += fmt::format("{}{:.4g} at width {}", measured.empty() ? "lengths " : ", ",
                            static_cast<double>(mean), plan.widths[i]);
  }
  const std::string predicted = study.text("claim.length");
  const Real ratio = means.back() / means.front();
  report.findings.push_back({statement_of(study),
                             predicted == "shorter" ? "the first plateau is shorter in wider networks"
                                                    : "its length does not depend on the width",
                             fmt::format("{}: a factor of {:.3f}", measured, static_cast<double>(ratio)),
                             std::isfinite(ratio) ? judge(predicted, ratio) : Verdict::not_decided,
                             std::isfinite(ratio) ? "" : "not all starts left the origin before flow.t_end"});
  return report;
}

}  // namespace saddleflow::claims

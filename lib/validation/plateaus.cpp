#include "validation/plateaus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "saddleflow/study/flow_setup.hpp"
#include "validation/census.hpp"
#include "validation/kinds.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

namespace {

class PlateauWatcher final : public Observer {
 public:
  PlateauWatcher(FlowAssembly& parts, PlateauRun& run) : parts_(parts), run_(run) {}

  // A visit that begins at the start is the origin, or what the start lies beside: no plateau between the
  // start and the end.
  void on_event(const EventHit& hit, const Vector& x, const StateAt& /*dense*/) override {
    switch (parts_.events.kind_of(hit.event)) {
      case EventKind::escape_loss:
        run_.escape = std::min(run_.escape, hit.time);
        break;
      case EventKind::saddle_closest:
      case EventKind::dip_closest:
        loss_ = parts_.probe.loss(x);
        break;
      case EventKind::saddle_leave:
        if (loss_) run_.losses.push_back(*loss_);
        loss_.reset();
        break;
      default:
        break;
    }
  }

 private:
  FlowAssembly& parts_;
  PlateauRun& run_;
  std::optional<Real> loss_;
};

/// What the study says of the plateaus.
struct Predicted {
  explicit Predicted(const StudyTable& study) {
    source = statement_of(study);
    if (study.has("claim.levels")) levels = study.reals("claim.levels");
    if (study.has("claim.plateaus")) count = study.integer("claim.plateaus");
    if (!levels.empty() && count >= 0 && count != std::ssize(levels))
      study.fail("claim.plateaus", fmt::format("found {} beside {} claim.levels", count, levels.size()));
    if (!levels.empty()) count = std::ssize(levels);
    if (count < 0) study.fail("claim.plateaus", "missing, expected their number, or claim.levels");
    margin = study.real("claim.level_margin");
    if (study.has("claim.left_by")) left_by = study.real("claim.left_by");
  }

  std::string text() const {
    return fmt::format("{} between start and end{}",
                       count == 1 ? std::string("1 plateau") : fmt::format("{} plateaus", count),
                       levels.empty() ? "" : ", losses " + listed(levels, "{:.5g}"));
  }

  std::string source;
  std::vector<Real> levels;
  std::int64_t count = -1;
  Real margin = 0;
  std::optional<Real> left_by;
};

/// Largest distance of a loss from its level, in this unit.
Real off_by(const std::vector<Real>& losses, const std::vector<Real>& levels, Real unit) {
  Real worst = 0;
  for (std::size_t k = 0; k < levels.size(); ++k)
    worst = std::max(worst, std::abs(losses[k] - levels[k]) / unit);
  return worst;
}

Finding judge_plateaus(const std::vector<PlateauRun>& runs, const Predicted& predicted, Real unit) {
  Index right = 0, failed = 0;
  Real worst = 0;
  std::map<std::size_t, Index> counts;
  for (const PlateauRun& run : runs) {
    if (!run.failure.empty()) {
      ++failed;
      continue;
    }
    ++counts[run.losses.size()];
    if (std::ssize(run.losses) != predicted.count) continue;
    const Real off = off_by(run.losses, predicted.levels, unit);
    worst = std::max(worst, off);
    right += off <= predicted.margin ? 1 : 0;
  }
  std::string measured;
  for (const auto& [count, times] : counts)
    measured +=
        fmt::format("{}{} in {} of {} starts", measured.empty() ? "" : ", ", count, times, runs.size());
  if (!predicted.levels.empty() && right > 0)
    measured += fmt::format("; losses off by at most {:.1e} L(0)", static_cast<double>(worst));
  Finding finding{predicted.source, predicted.text(), measured.empty() ? "-" : measured, Verdict::fails, ""};
  if (right + failed == std::ssize(runs)) finding.verdict = right > 0 ? Verdict::holds : Verdict::not_decided;
  if (failed > 0) finding.reason = fmt::format("{} of {} flows failed", failed, runs.size());
  return finding;
}

Finding judge_escape(const std::vector<PlateauRun>& runs, const Predicted& predicted) {
  Real latest = 0;
  for (const PlateauRun& run : runs) latest = std::max(latest, run.escape);
  return {"the start is no plateau", fmt::format("left by t = {:g}", static_cast<double>(*predicted.left_by)),
          fmt::format("left by t = {:.4g}", static_cast<double>(latest)),
          latest <= *predicted.left_by ? Verdict::holds : Verdict::fails, ""};
}

}  // namespace

std::string statement_of(const StudyTable& study) {
  if (!study.has("claim.source"))
    study.fail("claim.source", "missing, expected the statement and where it is published");
  return study.text("claim.source") + " [" + study.text("claim.standing") + "]";
}

PlateauRun follow_plateaus(const StudyTable& study, const std::vector<std::string>& overrides,
                           const Options& options) {
  FlowSetup setup(StudyTable::parse(study.filled(), study.name(), overrides));
  PlateauRun run;
  run.escape = std::numeric_limits<Real>::infinity();
  PlateauWatcher watcher(setup.parts, run);
  IntegrationOptions integration = setup.integration_options();
  integration.interrupt = options.interrupt;
  const Outcome outcome = setup.parts.run(watcher, integration);
  if (outcome.stop_reason == Stop::interrupted) throw Interrupted();
  if (outcome.failed()) run.failure = outcome.stop_reason.text() + ": " + outcome.message;
  run.final_loss = setup.objective.value(setup.parts.weights(outcome.state));
  return run;
}

Report measure_plateaus(const StudyTable& study, const Options& options) {
  const Problem problem(study, options);
  const Predicted predicted(study);
  std::vector<PlateauRun> runs(problem.seeds.size());
  run_jobs(options.workers, std::ssize(runs), [&](Index k) {
    const auto i = static_cast<std::size_t>(k);
    runs[i] = follow_plateaus(study, {fmt::format("init.seed={}", problem.seeds[i])}, options);
  });
  Report report = problem.report();
  for (std::size_t k = 0; k < runs.size(); ++k)
    report.details.push_back(fmt::format(
        "seed {}: left the start at {:.4g}; plateaus {}; end {:.4g}{}", problem.seeds[k],
        static_cast<double>(runs[k].escape), listed(runs[k].losses, "{:.6g}"),
        static_cast<double>(runs[k].final_loss), runs[k].failure.empty() ? "" : "; " + runs[k].failure));
  report.findings.push_back(judge_plateaus(runs, predicted, problem.correlation.loss_at_origin()));
  if (predicted.left_by) report.findings.push_back(judge_escape(runs, predicted));
  return report;
}

}  // namespace saddleflow::claims

#include "benchmark/own_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/flow_setup.hpp"

namespace saddleflow::benchmark {
namespace {

constexpr int kOfEachKind = 20;
constexpr Real kDecades = 4;

Case with(const Case& c, const std::vector<std::string>& own_set) {
  Case changed = c;
  changed.set.insert(changed.set.end(), own_set.begin(), own_set.end());
  return changed;
}

class AtTimes final : public Observer {
 public:
  AtTimes(FlowAssembly& parts, const std::vector<Real>& times, std::vector<Vector>& path)
      : parts_(parts), times_(times), path_(path) {}

  void on_step(const StepView& step) override {
    while (path_.size() < times_.size() && times_[path_.size()] <= step.t1) {
      step.dense(times_[path_.size()], x_);
      path_.push_back(parts_.weights(x_));
    }
  }

 private:
  FlowAssembly& parts_;
  const std::vector<Real>& times_;
  std::vector<Vector>& path_;
  Vector x_;
};

class Length final : public Observer {
 public:
  explicit Length(FlowAssembly& parts) : parts_(parts), last_(parts.weights(parts.start)) {}

  void on_step(const StepView& step) override {
    Vector w = parts_.weights(step.x1);
    way.push_back(way.back() + (w - last_).norm());
    time.push_back(step.t1);
    last_ = std::move(w);
  }
  /// The time at which this part of the whole way has been gone.
  Real time_at(Real part) const {
    const Real wanted = part * way.back();
    const auto i = static_cast<std::size_t>(
        std::max<std::ptrdiff_t>(1, std::lower_bound(way.begin(), way.end(), wanted) - way.begin()));
    const Real step = way[i] - way[i - 1];
    const Real inside = step > 0 ? (wanted - way[i - 1]) / step : 0;
    return time[i - 1] + inside * (time[i] - time[i - 1]);
  }

 private:
  FlowAssembly& parts_;
  Vector last_;
  std::vector<Real> way{0}, time{0};
};

FlowAssemblyOptions options_of(const Problem& problem, const Objective& objective, Real rtol) {
  const FlowRates rates(problem.study, *problem.network);  // of which the cases have none
  FlowAssemblyOptions options = assembly_options(problem.study, objective, rates, rtol);
  options.events = no_flow_events();
  options.on_warning = {};
  // Measured as in every run, but no peer is stopped for what it conserves badly.
  constexpr Real kNone = std::numeric_limits<Real>::infinity();
  options.bounds = GaugeBounds{kNone, kNone, kNone};
  return options;
}

}  // namespace

PeerRun run_own(const Case& c, const std::string& root, const std::vector<std::string>& own_set,
                const std::vector<Real>& times, Real rtol) {
  const Problem problem = problem_of(with(c, own_set), root);
  Objective objective(problem.network, problem.data, problem.loss);
  const FlowAssemblyOptions assembly = options_of(problem, objective, rtol);
  PeerRun run;
  const Stopwatch watch;
  FlowAssembly parts(objective, problem.w0, assembly);
  AtTimes observer(parts, times, run.path);
  IntegrationOptions options = parts.integration_options();
  options.t_end = times.back();
  const Outcome outcome = parts.run(observer, options);
  run.seconds = watch.seconds();
  run.finished = outcome.stop_reason == Stop::reached_end && run.path.size() == times.size();
  run.remark = run.finished ? "" : outcome.stop_reason.text();
  run.time = outcome.time;
  run.steps = parts.steps.accepted;
  run.factorisations = parts.steps.factorizations;
  run.work = parts.work();
  return run;
}

std::vector<Real> sample_times(const Case& c, const std::string& root, Real rtol) {
  const Problem problem = problem_of(c, root);
  Objective objective(problem.network, problem.data, problem.loss);
  FlowAssembly parts(objective, problem.w0, options_of(problem, objective, rtol));
  Length length(parts);
  IntegrationOptions options = parts.integration_options();
  options.t_end = problem.t_end;
  const Outcome outcome = parts.run(length, options);
  if (outcome.stop_reason != Stop::reached_end)
    throw NumericalError(c.name + ": the run that chooses the times stopped: " + outcome.stop_reason.text());
  std::vector<Real> times;
  for (int i = 0; i < kOfEachKind; ++i) {
    const Real part = static_cast<Real>(i) / (kOfEachKind - 1) - 1;
    times.push_back(i + 1 == kOfEachKind ? problem.t_end
                                         : problem.t_end * std::pow(Real(10), kDecades * part));
    times.push_back(length.time_at((static_cast<Real>(i) + Real(0.5)) / kOfEachKind));
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace saddleflow::benchmark

#include "ode/switching/kink_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_stepping.hpp"

namespace saddleflow::test {
namespace {

class Watch final : public Observer {
 public:
  Watch(FlowAssembly& parts, const KinkOptions& options, KinkRun& result)
      : parts_(parts), options_(options), result_(result), loss_(parts.initial.loss) {
    while (next_ < options_.times.size() && options_.times[next_] <= 0) keep(parts.start);
  }

  void on_step(const StepView& step) override {
    note_changes(step.t0);
    while (next_ < options_.times.size() && options_.times[next_] <= step.t1) {
      step.dense(options_.times[next_], x_);
      keep(x_);
    }
    if (options_.gauges) measure(step.x1);
  }

 private:
  void note_changes(Real t) {
    for (const ModeChange& change : parts_.switching->changes()) {
      result_.changes.push_back({t, change});
      result_.crossings += change.kind == ModeChangeKind::cross ? 1 : 0;
      result_.entries += change.kind == ModeChangeKind::enter ? 1 : 0;
      result_.releases += change.kind == ModeChangeKind::release ? 1 : 0;
    }
    result_.branchings += parts_.switching->branching().empty() ? 0 : 1;
    result_.most = std::max(result_.most, parts_.switching->mode().sliding.size());
  }

  void keep(const Vector& x) {
    result_.path.push_back(parts_.probe.weights(x));
    ++next_;
  }

  void measure(const Vector& x) {
    parts_.probe.observe(x, observables_);
    result_.rise = std::max(result_.rise, (observables_.loss - loss_) / parts_.initial.loss);
    result_.balance = std::max(result_.balance, observables_.balance_drift);
    result_.energy = std::max(result_.energy, observables_.energy_drift);
    loss_ = observables_.loss;
  }

  FlowAssembly& parts_;
  const KinkOptions& options_;
  KinkRun& result_;
  Observables observables_;
  Vector x_;
  std::size_t next_ = 0;
  Real loss_;
};

}  // namespace

std::shared_ptr<const Network> KinkProblem::network() const {
  return feed_forward(sizes, Activation(slope, 1));
}

Dataset KinkProblem::data() const {
  Random inputs(seed, RandomStream::inputs), random(seed, RandomStream::targets);
  Dataset set;
  set.inputs = inputs.normal_matrix(sizes.front(), samples);
  set.targets = random.normal_matrix(1, samples);
  if (targets == Targets::teacher) {
    const auto teacher = feed_forward({sizes.front(), 3, 1}, Activation(slope, 1));
    const Vector w = random.normal_matrix(teacher->parameter_count(), 1);
    Objective objective(teacher, set, Loss());
    set.targets = objective.outputs(w);
  }
  return set;
}

Vector KinkProblem::start() const {
  Random random(seed);
  return norm * random.unit_vector(network()->parameter_count());
}

std::string KinkProblem::description() const {
  return fmt::format(
      "seed {} sizes {} samples {} slope {} targets {} loss {} |w0| {:.4g} T {}", seed, fmt::join(sizes, "-"),
      samples, static_cast<double>(slope), targets == Targets::teacher ? "teacher" : "random",
      reduction == Reduction::mean ? "mean" : "sum", static_cast<double>(norm), static_cast<double>(t_end));
}

KinkRun run_kinks(const KinkProblem& problem, const KinkOptions& options) {
  Objective objective(problem.network(), problem.data(), Loss(square_loss(), problem.reduction));
  return run_kinks(objective, problem.start(), problem.t_end, options);
}

KinkRun run_kinks(Objective& objective, const Vector& w0, Real t_end, const KinkOptions& options) {
  FlowAssemblyOptions assembly;
  assembly.stepper = options.stepper;
  assembly.stop_at_sampled_decisions = false;
  assembly.charts = FlowAssemblyOptions::Charts::cartesian;
  assembly.events = no_flow_events();
  assembly.stepping = flow_stepping(objective.network(), options.rtol, objective.value(w0));
  FlowAssembly parts(objective, w0, assembly);
  KinkRun result;
  Watch watch(parts, options, result);
  IntegrationOptions integration;
  integration.t_end = t_end;
  integration.max_steps = options.max_steps;
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = parts.run(watch, integration);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  result.stop_reason = outcome.stop_reason.text();
  result.message = outcome.message;
  result.time = outcome.time;
  result.steps = parts.steps.accepted;
  result.sampled = parts.sampled_decisions;
  result.work = objective.counters();
  result.loss = parts.probe.loss(outcome.state);
  return result;
}

}  // namespace saddleflow::test

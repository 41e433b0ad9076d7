#include "arbiter/library_flow.hpp"

#include <atomic>
#include <chrono>
#include <exception>

#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/network/convolution.hpp"

namespace saddleflow::test {
namespace {

std::vector<double> as_doubles(const Vector& w) {
  std::vector<double> out;
  for (const Real v : w) out.push_back(static_cast<double>(v));
  return out;
}

Matrix samples_as_columns(const std::vector<std::vector<double>>& samples) {
  Matrix m(static_cast<Index>(samples.front().size()), static_cast<Index>(samples.size()));
  for (Index i = 0; i < m.cols(); ++i)
    for (Index j = 0; j < m.rows(); ++j)
      m(j, i) = samples[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  return m;
}

// Whether the flow branched at the beginning of the step that has just been taken.
bool branched(const FlowAssembly& parts) {
  return parts.switching != nullptr && !parts.switching->branching().empty();
}

// Ends the run at the first branching and keeps the weights there.
class UntilBranching final : public Observer {
 public:
  UntilBranching(FlowAssembly& parts, LibraryFlow& flow)
      : parts_(parts), flow_(flow), before_(parts.weights(parts.start)) {
    flow_.path.push_back({0, as_doubles(before_)});
  }

  void on_step(const StepView& step) override {
    if (!flow_.branched_at && parts_.switching != nullptr && parts_.switching->sampled()) ++flow_.sampled;
    if (!flow_.branched_at && branched(parts_)) {
      flow_.branched_at = static_cast<double>(step.t0);
      flow_.weights = as_doubles(before_);
      stop = true;
    }
    before_ = parts_.weights(step.x1);
    if (!flow_.branched_at) flow_.path.push_back({static_cast<double>(step.t1), as_doubles(before_)});
  }

  std::atomic<bool> stop = false;

 private:
  FlowAssembly& parts_;
  LibraryFlow& flow_;
  Vector before_;
};

void follow(const PlainProblem& p, const LibraryFlowOptions& how, LibraryFlow& flow) {
  const std::unique_ptr<Objective> owned = objective_of(p);
  Objective& objective = *owned;
  const Vector w0 = start_of(p);
  FlowAssemblyOptions assembly;
  assembly.events = no_flow_events();
  assembly.stepper = how.stepper;
  assembly.stepping = flow_stepping(objective.network(), Real(how.rtol), objective.value(w0));
  FlowAssembly parts(objective, w0, assembly);
  UntilBranching watch(parts, flow);
  IntegrationOptions options = parts.integration_options();
  options.t_end = Real(p.t_end);
  options.max_steps = how.max_steps;
  options.interrupt = &watch.stop;
  const Outcome outcome = parts.run(watch, options);
  flow.stop_reason = outcome.stop_reason.text();
  flow.message = outcome.message;
  flow.steps = parts.steps.accepted;
  flow.time = flow.branched_at.value_or(static_cast<double>(outcome.time));
  if (!flow.branched_at) flow.weights = as_doubles(parts.weights(outcome.state));
}

}  // namespace

std::shared_ptr<const Network> network_of(const PlainProblem& p) {
  const Activation sigma(p.slope, 1);
  if (p.patches.kernel == 0) return feed_forward(std::vector<Index>(p.widths.begin(), p.widths.end()), sigma);
  ConvolutionShape shape;
  shape.patches = sequence_patches(p.widths[0] / p.patches.channels, p.patches.channels, p.patches.kernel,
                                   p.patches.stride);
  shape.kernels = p.widths[1];
  shape.outputs = p.widths[2];
  shape.outer = p.patches.average ? OuterWeights::average : OuterWeights::dense;
  return convolution(shape, sigma);
}

std::unique_ptr<Objective> objective_of(const PlainProblem& p) {
  Dataset data;
  data.inputs = samples_as_columns(p.inputs);
  data.targets = samples_as_columns(p.targets);
  const std::shared_ptr<const Network> network = network_of(p);
  WeightDecay decay(network->layout(), {Real(p.decay)});
  return std::make_unique<Objective>(
      network, data,
      Loss(p.logistic ? logistic_loss() : square_loss(), p.mean ? Reduction::mean : Reduction::sum),
      std::move(decay));
}

Vector start_of(const PlainProblem& p) {
  Vector w0(static_cast<Index>(p.start.size()));
  for (std::size_t i = 0; i < p.start.size(); ++i) w0[static_cast<Index>(i)] = p.start[i];
  return w0;
}

LibraryFlow library_flow(const PlainProblem& problem, const LibraryFlowOptions& how) {
  LibraryFlow flow;
  const auto begin = std::chrono::steady_clock::now();
  try {
    follow(problem, how, flow);
  } catch (const std::exception& error) {
    flow.stop_reason = "exception";
    flow.message = error.what();
  }
  flow.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return flow;
}

}  // namespace saddleflow::test

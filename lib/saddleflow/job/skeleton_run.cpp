#include "saddleflow/job/skeleton_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/pursuit/growth.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

namespace {

// In flow time, after the last jump of a network of degree 2, whose width does not shrink with delta: twenty
// e-folds of a rate of a tenth. By judgement.
constexpr Real kSettling = 200;
// Of L(0): fitted, as far as telling the point goes: outputs to 1e-6.
constexpr Real kFlowFitted = Real(1e-12);

class SkeletonJob {
 public:
  SkeletonJob(const StudyTable& study, const SkeletonRunOptions& options)
      : study_(study),
        options_(options),
        objective_(build_network(study), build_dataset(study, *build_network(study)), build_loss(study)),
        start_(build_initial_weights(study, objective_.network())) {
    if (study.choice<InitKind>("init.kind") == InitKind::saddle)
      study.fail("init.kind", "found saddle, expected a start near the origin: the skeleton begins there");
    for (const Real delta : options.deltas)
      if (!(delta > 0 && delta < 1))
        throw InputError(fmt::format("flows: found delta {}, expected numbers between 0 and 1",
                                     static_cast<double>(delta)));
    if (options.pursuit && !can_grow(objective_.network()))
      study.fail("network.kind", "found " + objective_.network().kind() +
                                     ", expected feed_forward: Neuron Pursuit grows no other networks");
  }

  SkeletonRun run() {
    describe();
    SkeletonOptions skeleton = options_.skeleton;
    skeleton.interrupt = skeleton.analysis.search.interrupt = options_.interrupt;
    report("skeleton");
    try {
      result_.skeleton = compute_skeleton(objective_, start_.stableNormalized(), skeleton);
    } catch (const InputError& error) {
      go_without_skeleton(error.what());
    }
    for (const Real delta : options_.deltas)
      if (!interrupted()) keep_going([&] { add_flow(delta); }, delta);
    if (options_.pursuit && !interrupted()) keep_going([&] { add_pursuit(); }, 0);
    result_.interrupted = interrupted();
    return std::move(result_);
  }

 private:
  void go_without_skeleton(const std::string& reason) {
    if (options_.deltas.empty() && !options_.pursuit) throw InputError(study_.name() + ": " + reason);
    result_.skeleton.end = SkeletonEnd::not_known;
    result_.skeleton.detail = reason;
    result_.skeleton.degree = objective_.network().degree();
    result_.skeleton.later_degree = later_degree_of(objective_.network());
    result_.skeleton.loss_at_origin = objective_.loss_at_origin();
  }

  /// What has been found stays, and a sequence that fails says why.
  template <class Add>
  void keep_going(const Add& add_sequence, Real delta) {
    try {
      add_sequence();
    } catch (const NumericalError& error) {
      const std::string message = error.what();  // "pursuit: ...": what the table says itself
      const std::size_t colon = message.find(": ");
      add({}, "failed, " + (colon == std::string::npos ? message : message.substr(colon + 2)), delta);
      result_.others.back().failed = true;
    }
  }

  bool interrupted() const { return options_.interrupt && options_.interrupt->load(); }
  void report(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  void describe() {
    const Network& network = objective_.network();
    result_.title = study_.text("title");
    result_.network = network.description();
    result_.delta = start_.stableNorm();
    result_.samples = objective_.data().inputs.cols();
  }

  FlowVisitOptions flow_options(Real delta) const {
    FlowVisitOptions flow;
    flow.rtol = study_.real("flow.rtol");
    flow.stepper = study_.text("flow.stepper");
    flow.charts = study_.choice<FlowAssemblyOptions::Charts>("flow.chart");
    flow.max_steps = study_.integer("flow.max_steps");
    flow.analysis = options_.skeleton.analysis;
    flow.analysis.search.interrupt = options_.interrupt;
    flow.interrupt = options_.interrupt;
    const Skeleton& skeleton = result_.skeleton;
    if (skeleton.end == SkeletonEnd::fitted) flow.loss = kFlowFitted * skeleton.loss_at_origin;
    const int degree = objective_.network().degree();
    const Real log_delta = std::log(delta);
    const Real last = skeleton.jumps.empty()
                          ? slow_time_of(degree, study_.real("flow.t_end"), std::log(result_.delta))
                          : skeleton.jumps.back().time;
    flow.slow_time = options_.horizon * last + slow_time_of(degree, kSettling, log_delta);
    return flow;
  }

  void add_flow(Real delta) {
    report(fmt::format("flow from delta = {:g}", static_cast<double>(delta)));
    FlowVisits visits = visits_of_flow(objective_, start_, std::log(delta), flow_options(delta));
    std::string end =
        fmt::format("{} at slow time {:.6g}, loss {:.4g}, {} steps", visits.stop_reason.text(),
                    static_cast<double>(visits.slow_time), static_cast<double>(visits.loss), visits.steps);
    if (visits.unresolved > 0) end += fmt::format(", {} visits unresolved", visits.unresolved);
    add(std::move(visits.sequence), std::move(end), delta);
  }

  void add_pursuit() {
    report("pursuit");
    PursuitOptions pursuing;
    pursuing.starts = options_.starts;
    pursuing.seed = options_.seed;
    pursuing.minimise.interrupt = options_.interrupt;
    pursuing.analysis = options_.skeleton.analysis;
    const auto family = objective_.shared_network();
    NeuronPursuit pursuit(family, objective_.data(), objective_.loss(), pursuing);
    std::vector<PursuitRound> rounds;
    std::int64_t sampled = 0;
    while (auto round = pursuit.advance()) {
      sampled += round->descent.sampled_decisions;
      rounds.push_back(std::move(*round));
    }
    std::string end = name_of(pursuit.end());
    if (sampled > 0) end += ", not certain: kinks met whose ways to go on were sampled";
    add(sequence_of(rounds, *family, objective_.data(), objective_.loss()), std::move(end), 0);
    result_.others.back().failed = sampled > 0;
  }

  void add(SaddleSequence sequence, std::string end, Real delta) {
    const bool known = result_.skeleton.end != SkeletonEnd::not_known;
    const SaddleSequence& first = known                    ? sequence_of(result_.skeleton)
                                  : result_.others.empty() ? sequence
                                                           : result_.others.front().sequence;
    std::vector<StopMatch> matches = match_sequences(first, sequence, options_.tolerance);
    result_.others.push_back({.sequence = std::move(sequence),
                              .matches = std::move(matches),
                              .end = std::move(end),
                              .delta = delta});
  }

  const StudyTable& study_;
  const SkeletonRunOptions& options_;
  Objective objective_;
  Vector start_;
  SkeletonRun result_;
};

}  // namespace

bool SkeletonRun::failed() const {
  return std::any_of(others.begin(), others.end(), [](const ComparedSequence& s) { return s.failed; });
}

SkeletonRun run_skeleton(const StudyTable& study, const SkeletonRunOptions& options) {
  return SkeletonJob(study, options).run();
}

}  // namespace saddleflow

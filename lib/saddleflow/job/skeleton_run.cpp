#include "saddleflow/job/skeleton_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/pursuit/growth.hpp"
#include "saddleflow/record/run_description.hpp"
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
        data_(build_data(study, *build_network(study))),
        objective_(build_network(study), data_.training, build_loss(study)),
        start_(build_initial_weights(study, objective_.network())) {
    require_no_decay(study, "the skeleton");
    require_one_rate(study, "the skeleton");
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
      first_ = sequence_of(result_.skeleton);
      first_course_ = course_of_skeleton();
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

  /// What has been found stays, and a sequence that fails says why. One whose analysis is interrupted is left
  /// out.
  template <class Add>
  void keep_going(const Add& add_sequence, Real delta) {
    const InterruptScope scope(options_.interrupt);
    try {
      add_sequence();
    } catch (const Interrupted&) {
    } catch (const NumericalError& error) {
      const std::string message = error.what();  // "pursuit: ...": what the table says itself
      const std::size_t colon = message.find(": ");
      ComparedSequence other;
      other.end = "failed, " + (colon == std::string::npos ? message : message.substr(colon + 2));
      other.delta = delta;
      other.course.kind = delta > 0 ? SequenceCourse::Kind::flow : SequenceCourse::Kind::pursuit;
      other.course.end = other.end.substr(other.end.find(' ') + 1);
      other.failed = other.course.failed = true;
      add(std::move(other));
    }
  }

  bool interrupted() const { return options_.interrupt && options_.interrupt->load(); }
  void report(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  void describe() {
    const Network& network = objective_.network();
    result_.description = describe_problem(objective_, study_, options_.command);
    describe_test_set(data_.test, result_.description);
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
    for (const SaddleStop& stop : first_.stops) flow.watched.push_back(stop.outputs);
    flow.slow_time = options_.horizon * last + slow_time_of(degree, kSettling, log_delta);
    return flow;
  }

  void add_flow(Real delta) {
    report(fmt::format("flow from delta = {:g}", static_cast<double>(delta)));
    FlowVisits visits = visits_of_flow(objective_, start_, std::log(delta), flow_options(delta));
    const bool failed = visits.stop_reason.is_failure();
    const std::string end =
        fmt::format("{} at slow time {:.6g}, loss {:.4g}", visits.stop_reason.text(),
                    static_cast<double>(visits.slow_time), static_cast<double>(visits.loss));
    ComparedSequence other;
    other.end =
        fmt::format("{}{}, {} steps", failed ? "failed, " + visits.message + ": " : "", end, visits.steps);
    if (visits.unresolved > 0)
      other.end +=
          fmt::format(", {} visit{} unresolved", visits.unresolved, visits.unresolved > 1 ? "s" : "");
    other.delta = delta;
    other.failed = failed;
    other.steps = visits.steps;
    other.unresolved = visits.unresolved;
    other.sequence = std::move(visits.sequence);
    other.course = {.kind = SequenceCourse::Kind::flow,
                    .end = end,
                    .end_loss = visits.loss,
                    .failed = failed,
                    .interrupted = visits.stop_reason == Stop::interrupted,
                    .nearest = std::move(visits.nearest),
                    .dips = std::move(visits.dips),
                    .losses = std::move(visits.losses),
                    .stays = stays_of_skeleton(std::log(delta))};
    add(std::move(other));
  }

  SequenceCourse course_of_skeleton() const {
    const Skeleton& skeleton = result_.skeleton;
    SequenceCourse course;
    course.end = name_of(skeleton.end);
    course.failed = skeleton.end == SkeletonEnd::failed;
    if (course.failed) course.end = skeleton.detail;
    course.interrupted = skeleton.end == SkeletonEnd::interrupted;
    for (const SkeletonJump& jump : skeleton.jumps) course.activated.push_back(std::ssize(jump.activated));
    return course;
  }

  /// Flow time from each jump to the next; NaN after the last one.
  std::vector<Real> stays_of_skeleton(Real log_delta) const {
    const Skeleton& skeleton = result_.skeleton;
    std::vector<Real> stays(skeleton.jumps.size(), std::numeric_limits<Real>::quiet_NaN());
    const auto flow_time = [&](int degree, Real slow) {
      return slow > 0 ? flow_time_of(degree, slow, log_delta) : Real(0);
    };
    for (std::size_t k = 0; k + 1 < stays.size(); ++k) {
      const SkeletonJump &jump = skeleton.jumps[k], &next = skeleton.jumps[k + 1];
      stays[k] = flow_time(skeleton.degree, next.time - jump.time) +
                 flow_time(skeleton.later_degree, next.after - jump.after);
    }
    return stays;
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
    ComparedSequence other;
    other.end = name_of(pursuit.end());
    other.course.kind = SequenceCourse::Kind::pursuit;
    other.course.end_loss = rounds.empty() ? objective_.loss_at_origin() : rounds.back().loss_after;
    other.course.end = fmt::format("{}, loss {:.4g}", other.end, static_cast<double>(other.course.end_loss));
    other.course.interrupted = pursuit.end() == PursuitEnd::interrupted;
    other.failed = sampled > 0;
    if (sampled > 0) other.end += ", not certain: kinks met whose ways to go on were sampled";
    other.sequence = sequence_of(rounds, *family, objective_.data(), objective_.loss());
    add(std::move(other));
  }

  void add(ComparedSequence other) {
    const bool none = result_.skeleton.end == SkeletonEnd::not_known && result_.others.empty();
    if (none) {  // it takes the place of the skeleton
      first_ = other.sequence;
      first_course_ = other.course;
    }
    other.matches = match_sequences(first_, other.sequence, options_.tolerance);
    other.absences = explain_absences({first_, first_course_, other.sequence, other.course,
                                       result_.skeleton.loss_at_origin, options_.tolerance},
                                      other.matches);
    result_.others.push_back(std::move(other));
  }

  const StudyTable& study_;
  const SkeletonRunOptions& options_;
  ProblemData data_;
  Objective objective_;
  Vector start_;
  SkeletonRun result_;
  SaddleSequence first_;  // what the others are compared with
  SequenceCourse first_course_;
};

}  // namespace

bool SkeletonRun::failed() const {
  return skeleton.end == SkeletonEnd::failed ||
         std::any_of(others.begin(), others.end(), [](const ComparedSequence& s) { return s.failed; });
}

SkeletonRun run_skeleton(const StudyTable& study, const SkeletonRunOptions& options) {
  return SkeletonJob(study, options).run();
}

}  // namespace saddleflow

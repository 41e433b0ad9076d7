#include "saddleflow/job/path_between.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/study/flow_setup.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

namespace {

// So much finer than the run: what is added to its error is then small beside it.
constexpr Real kFiner = Real(0.1);

/// Keeps the weights at times asked for while a flow passes them.
class TimeSampler : public Observer {
 public:
  TimeSampler(FlowAssembly& parts, const std::vector<Real>& times) : parts_(parts), times_(times) {}

  void on_step(const StepView& step) override {
    for (; found_.size() < times_.size() && times_[found_.size()] <= step.t1;) {
      const Real t = times_[found_.size()];
      if (t < step.t1) {
        step.dense(t, x_);
        found_.push_back(parts_.recorded_weights(x_));
      } else {
        found_.push_back(parts_.recorded_weights(step.x1));
      }
    }
  }
  std::vector<Vector> take() { return std::move(found_); }

 private:
  FlowAssembly& parts_;
  const std::vector<Real>& times_;
  std::vector<Vector> found_;
  Vector x_;
};

class PathBetween {
 public:
  PathBetween(KktProblem& problem, const std::atomic<bool>* interrupt)
      : problem_(problem),
        study_(StudyTable::stored(problem.description.toml, problem.run->path())),
        rates_(study_, problem.objective->network()),
        objective_(rates_.objective(problem.objective->shared_network(), problem.objective->data())),
        snapshots_(problem.run->column("snapshot_time")),
        interrupt_(interrupt) {
    if (snapshots_.empty()) throw InputError(problem.run->path() + ": holds no weights");
  }

  std::vector<WeightsAt> at(const std::vector<Real>& times) {
    std::vector<WeightsAt> found;
    for (std::size_t k = 0; k < times.size() && !stopped();) {
      const std::size_t row = snapshot_before(times[k]);
      std::size_t last = k + 1;
      while (last < times.size() && snapshot_before(times[last]) == row) ++last;
      const std::vector<WeightsAt> part =
          from_snapshot(row, {times.begin() + static_cast<std::ptrdiff_t>(k),
                              times.begin() + static_cast<std::ptrdiff_t>(last)});
      found.insert(found.end(), part.begin(), part.end());
      k = last;
    }
    return found;
  }

 private:
  bool stopped() const { return interrupt_ && *interrupt_; }

  /// The last one that is not later.
  std::size_t snapshot_before(Real time) const {
    if (!(time >= static_cast<Real>(snapshots_.front())) || !(time <= static_cast<Real>(snapshots_.back())))
      throw InputError(fmt::format("{}: time {}: expected {} to {}, which the run covers",
                                   problem_.run->path(), static_cast<double>(time), snapshots_.front(),
                                   snapshots_.back()));
    const auto later = std::upper_bound(snapshots_.begin(), snapshots_.end(), static_cast<double>(time));
    return static_cast<std::size_t>(later - snapshots_.begin()) - 1;
  }

  std::vector<WeightsAt> from_snapshot(std::size_t row, const std::vector<Real>& times) {
    const Vector w = to_vector(problem_.run->row("weights", static_cast<std::int64_t>(row)));
    const auto start = static_cast<Real>(snapshots_[row]);
    std::vector<WeightsAt> found;
    std::vector<Real> later;
    for (const Real t : times) {
      if (t > start)
        later.push_back(t - start);
      else
        found.push_back({t, w, 0});
    }
    if (later.empty()) return found;
    const Real rtol = study_.real("flow.rtol");
    const std::vector<Vector> fine = integrate(w, later, kFiner * rtol), rough = integrate(w, later, rtol);
    for (std::size_t k = 0; k < std::min(fine.size(), rough.size()); ++k)
      found.push_back({start + later[k], fine[k], (fine[k] - rough[k]).norm() / fine[k].norm()});
    return found;
  }

  std::vector<Vector> integrate(const Vector& w, const std::vector<Real>& times, Real rtol) {
    FlowAssemblyOptions options = assembly_options(study_, objective_, rates_, rtol);
    options.events = no_flow_events();
    options.bounds = bounds_from(w, rtol);
    FlowAssembly parts(objective_, rates_.coordinates(w), options);
    TimeSampler sampler(parts, times);
    IntegrationOptions integration;
    integration.t_end = times.back();
    integration.interrupt = interrupt_;
    const Outcome outcome = parts.run(sampler, integration);
    if (outcome.failed())
      throw NumericalError(fmt::format("{}: from the snapshot before t = {}: {} ({})", problem_.run->path(),
                                       static_cast<double>(times.back()), outcome.stop_reason.text(),
                                       outcome.message));
    return sampler.take();
  }

  /// Gauges count in units of the loss at their start. Here that is on the way, where the loss may be small;
  /// the whole run's are those of its own start, of the size of the loss at the origin.
  GaugeBounds bounds_from(const Vector& w, Real rtol) {
    GaugeBounds bounds = gauge_bounds(rtol);
    const Real loss = problem_.objective->value(w), origin = problem_.objective->loss_at_origin();
    if (!(loss > 0)) return bounds;
    bounds.energy *= std::max(Real(1), origin / loss);
    bounds.loss_rise *= std::max(Real(1), origin / loss);
    return bounds;
  }

  KktProblem& problem_;
  StudyTable study_;
  FlowRates rates_;
  Objective objective_;  ///< in the coordinates of the flow
  std::vector<double> snapshots_;
  const std::atomic<bool>* interrupt_;
};

}  // namespace

std::vector<WeightsAt> weights_between(KktProblem& problem, const std::vector<Real>& times,
                                       const std::atomic<bool>* interrupt) {
  return PathBetween(problem, interrupt).at(times);
}

}  // namespace saddleflow

// Hidden neurons: clocks of inactive neurons, and flows of the active ones between critical points.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/skeleton/active_set.hpp"
#include "saddleflow/skeleton/carried_weights.hpp"
#include "saddleflow/skeleton/skeleton_parts.hpp"

namespace saddleflow {

namespace {

constexpr Real kNoEnd = std::numeric_limits<Real>::infinity();
// A loss that falls by less than this part of L(0) has not fallen: what has activated did so by rounding.
constexpr Real kProgress = Real(1e-13);

class NeuronProcess {
 public:
  NeuronProcess(Objective& objective, const Vector& direction, const SkeletonOptions& options)
      : objective_(objective),
        options_(options),
        weights_(Vector::Zero(objective.size())),
        clocks_(make_inactive_clocks(objective, direction)) {
    objective_.clear_mode();
    result_.degree = objective.network().degree();
    result_.later_degree = later_degree_of(objective.network());
    result_.neurons = static_cast<Index>(objective.network().neurons().size());
    result_.loss_at_origin = loss_ = objective.value(weights_);
    residual_ = residual_at(objective, weights_);
    residual_unit_ = residual_.norm();
  }

  Skeleton run() {
    const WorkCounters before = objective_.counters();
    try {
      bool going_on = look();
      while (going_on) going_on = step();
    } catch (const NumericalError& error) {
      result_.detail = error.what();
      end(SkeletonEnd::failed);
    } catch (const Interrupted&) {
      end(SkeletonEnd::interrupted);
    }
    result_.work = result_.work + clocks_->work() + (objective_.counters() - before);
    return std::move(result_);
  }

 private:
  bool end(SkeletonEnd why) {
    result_.end = why;
    return false;
  }

  bool look() {
    if (residual_.norm() <= options_.fitted * residual_unit_) return end(SkeletonEnd::fitted);
    if (static_cast<Index>(result_.jumps.size()) >= options_.jumps) return end(SkeletonEnd::jump_limit);
    clocks_->look(weights_, residual_);
    return true;
  }

  bool step() {
    if (options_.interrupt && options_.interrupt->load()) return end(SkeletonEnd::interrupted);
    const Real wait = clocks_->wait();
    if (wait == kNoEnd) return end(SkeletonEnd::no_growth);
    Real& clock = result_.later_degree != result_.degree && !result_.jumps.empty() ? after_ : time_;
    if (clock + wait > options_.time) return end(SkeletonEnd::time_limit);
    const std::vector<NeuronDirection> joining = clocks_->advance(wait, options_.tie * (clock + wait));
    clock += wait;
    return joining.empty() || jump(joining);
  }

  bool jump(const std::vector<NeuronDirection>& joining) {
    const ActiveFlow flow = flow_of_active(objective_, weights_, active_, joining, options_);
    result_.work = result_.work + flow.work;
    if (flow.descent.stop_reason == Stop::interrupted) return end(SkeletonEnd::interrupted);
    // A flow that could not go on has not arrived, whatever the refinement finds from there.
    if (!flow.point.is_critical() || flow.descent.stop_reason.is_failure()) {
      describe(flow);
      return end(flow.separated ? SkeletonEnd::no_minimiser : SkeletonEnd::not_critical);
    }
    const Real loss = flow.point.refinement.loss;
    if (!(loss < loss_ - kProgress * result_.loss_at_origin)) return end(SkeletonEnd::no_growth);
    loss_ = loss;
    if (const Vector riders = clocks_->riders(); riders.size() > 0) {
      const CarriedWeights carried = carried_weights(objective_, flow.start, loss, riders, options_);
      clocks_->set_riders(carried.riders, carried.active);
    }
    for (const NeuronDirection& neuron : flow.vanished) clocks_->add(neuron);
    weights_ = flow.weights;
    active_ = flow.active;
    record(joining, flow);
    residual_ = residual_at(objective_, weights_);
    return look() && (!flow.unstable || end(SkeletonEnd::unstable));
  }

  void describe(const ActiveFlow& flow) {
    const Refinement& refinement = flow.point.refinement;
    result_.detail = fmt::format(
        "flow from the jump at {:.10g}: {} after {} steps at loss {:.6g}, moved by {:.1e} to relative "
        "gradient "
        "{:.1e}",
        static_cast<double>(time_), flow.descent.stop_reason.text(), flow.descent.steps,
        static_cast<double>(flow.descent.loss), static_cast<double>(refinement.displacement),
        static_cast<double>(refinement.relative_gradient));
  }

  void record(const std::vector<NeuronDirection>& joining, const ActiveFlow& flow) {
    SkeletonJump jump;
    jump.time = time_;
    jump.after = after_;
    for (const auto& [k, direction] : joining) jump.activated.push_back(k);
    for (const auto& [k, direction] : flow.vanished) jump.deactivated.push_back(k);
    std::sort(jump.activated.begin(), jump.activated.end());
    jump.active = active_;
    jump.active_neurons = counts_by_layer();
    jump.weights = weights_;
    jump.clocks = Vector::Constant(result_.neurons, -kNoEnd);
    for (const Index k : active_) jump.clocks[k] = result_.degree == 2 ? Real(1) : kNoEnd;
    clocks_->write_clocks(jump.clocks);
    result_.jumps.push_back(std::move(jump));
    complete_jump(objective_, options_, result_.jumps.back(), result_.work);
  }

  std::vector<Index> counts_by_layer() const {
    const std::vector<Neuron>& neurons = objective_.network().neurons();
    std::vector<Index> counts(static_cast<std::size_t>(neurons.back().layer) + 1);
    for (const Index k : active_)
      ++counts[static_cast<std::size_t>(neurons[static_cast<std::size_t>(k)].layer)];
    return counts;
  }

  Objective& objective_;
  const SkeletonOptions& options_;
  Vector weights_;
  std::unique_ptr<InactiveClocks> clocks_;
  std::vector<Index> active_;
  Matrix residual_;
  Real residual_unit_ = 0, time_ = 0, after_ = 0, loss_ = 0;
  Skeleton result_;
};

}  // namespace

Skeleton neuron_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options) {
  return NeuronProcess(objective, direction, options).run();
}

}  // namespace saddleflow

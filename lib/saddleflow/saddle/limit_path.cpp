#include "saddleflow/saddle/limit_path.hpp"

#include <array>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/saddle/kinks/kinked_refine.hpp"

namespace saddleflow {

namespace {

/// t - t_0(rho) along the polar part: its rate rho^{2-D} (1 - <u,G> / (D N)) vanishes like rho^2 at the
/// origin, so the integral has no digits to lose.
class TimeOfPath {
 public:
  TimeOfPath(PolarFlow& flow, Real value, const LimitPathStart& start)
      : flow_(flow),
        degree_(static_cast<Real>(flow.correlation().network().degree())),
        rate_(degree_ * value),
        difference_(start.time - leading(start.log_norm)) {}

  Real at(const Vector& x) const { return leading(flow_.log_norm(x)) + difference_; }

  /// Adds a step, or a part of it, on its dense output (s: the stepper's own time): Gauss's rule with 4
  /// points.
  void advance(Real s0, Real s1, const Stepper& stepper) {
    constexpr std::array<double, 2> nodes{0.3399810435848563, 0.8611363115940526},
        weights{0.6521451548625461, 0.3478548451374538};
    Real sum = 0;
    for (std::size_t k = 0; k < nodes.size(); ++k)
      for (int side : {-1, 1}) {
        const Real z = static_cast<Real>(side * nodes[k]);
        stepper.calc_state((s0 + s1) / 2 + z * (s1 - s0) / 2, x_);
        sum += static_cast<Real>(weights[k]) * rate(x_);
      }
    difference_ += sum * (s1 - s0) / 2;
  }

 private:
  Real leading(Real log_norm) const {
    return degree_ == 2 ? log_norm / rate_ : -std::exp((2 - degree_) * log_norm) / ((degree_ - 2) * rate_);
  }
  Real rate(const Vector& x) {
    const Vector u = flow_.look(x);
    const Real alpha = degree_ * flow_.correlation().gradient(u, g_);
    return std::exp((2 - degree_) * flow_.log_norm(x)) * (1 - alpha / rate_);
  }

  PolarFlow& flow_;
  Real degree_, rate_, difference_;
  Vector x_, g_;
};

/// Collects the path with its own time.
class PathObserver : public Observer {
 public:
  PathObserver(Probe& probe, PolarChart& chart, Real value, const LimitPathOptions& options, LimitPath& path)
      : probe_(probe),
        chart_(chart),
        options_(options),
        path_(path),
        time_(chart.flow(), value, path.start),
        now_(path.start.time) {
    for (; next_ < options.samples.size() && options.samples[next_] <= now_; ++next_)
      path.samples.push_back({options.samples[next_], path.start.at(options.samples[next_])});
  }

  void on_step(const StepView& step) override {
    const Real before = now_;
    if (step.polar) {
      const Stepper& stepper = chart_.stepper();
      time_.advance(stepper.previous_time(), stepper.current_time(), stepper);
      now_ = time_.at(step.x1);
      left_ = now_;
    } else {
      now_ = left_ + step.phase_time;
    }
    sample(before, step);
    path_.points.push_back({now_, probe_.weights(step.x1)});
  }

 private:
  // Within a polar step the absolute time of the driver and that of the path differ by a constant, to the
  // accuracy of the dense output.
  void sample(Real before, const StepView& step) {
    for (; next_ < options_.samples.size() && options_.samples[next_] <= now_; ++next_) {
      const Real t = options_.samples[next_];
      Vector x;
      const Real fraction = (t - before) / (now_ - before);
      step.dense(step.t0 + fraction * (step.t1 - step.t0), x);
      path_.samples.push_back({t, probe_.weights(x)});
    }
  }

  Probe& probe_;
  PolarChart& chart_;
  const LimitPathOptions& options_;
  LimitPath& path_;
  TimeOfPath time_;
  Real now_, left_ = 0;
  std::size_t next_ = 0;
};

FlowAssemblyOptions assembly(const LimitPathOptions& options) {
  FlowAssemblyOptions assembly;
  assembly.rtol = options.rtol;
  assembly.dense_limit = options.dense_limit;
  assembly.events = no_flow_events();
  assembly.events.steady = assembly.events.steady_terminal = true;
  assembly.events.steady_threshold = options.steady;
  return assembly;
}

void find_end(Objective& objective, const Vector& w, LimitPath& path) {
  if (!PiecewiseFlow::applies_to(objective.network())) {
    path.end = refine_critical_point(objective, w);
    path.spectrum = hessian_spectrum(objective, path.end.point);
    return;
  }
  KinkedSurface surface(objective);
  path.end = refine_on_kinks(surface, w, {}, kKinkTolerance).refinement;
  path.spectrum = hessian_spectrum(objective, path.end.point);
}

}  // namespace

LimitPath compute_limit_path(Objective& objective, const KktPoint& point, const LimitPathOptions& options) {
  require_known_kinks(objective.network(), "limit path");
  if (PiecewiseFlow::applies_to(objective.network()))  // it has no polar chart of its own, nor an expansion
    throw InputError("limit path: found a network with kinks, expected one whose gradient does not jump");
  LimitPath path;
  Correlation correlation(objective);
  path.start = limit_path_start(correlation, point);
  FlowAssembly parts(objective, path.start.direction, path.start.log_norm, assembly(options));
  IntegrationOptions integration;
  integration.t_end = options.t_end;
  integration.end_after_polar = true;
  integration.max_steps = options.max_steps;
  integration.interrupt = options.interrupt;
  PathObserver observer(parts.probe, *parts.polar, point.value, options, path);
  const Outcome outcome = parts.run(observer, integration);
  path.stop_reason = outcome.stop_reason;
  path.steps = parts.steps;
  path.work = parts.work() + correlation.counters();
  if (outcome.failed()) throw NumericalError("limit path: " + outcome.message);
  find_end(objective, parts.weights(outcome.state), path);
  return path;
}

}  // namespace saddleflow

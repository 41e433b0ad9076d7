#include "saddleflow/correlation/ncf_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/correlation/projected_flow.hpp"
#include "saddleflow/correlation/sphere.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"

namespace saddleflow {
namespace {

/// State (v, ln rho, t) in units of the start; the last two feed back on nothing but themselves.
class DesingularisedFlow {
 public:
  /// `gradient`: of N, in the present mode where there are kinks.
  using Gradient = std::function<void(const Vector& v, Vector& g)>;
  DesingularisedFlow(const Network& network, Gradient gradient, Real unit)
      : gradient_(std::move(gradient)),
        unit_(unit),
        degree_(network.degree()),
        size_(network.parameter_count()) {}

  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) {
    const Index n = size_;
    v_ = x.head(n).stableNormalized();
    gradient_(v_, g_);
    g_ /= unit_;
    const Real along = v_.dot(g_);
    dxdt.resize(n + 2);
    dxdt.head(n) = g_ - along * v_;
    dxdt[n] = along;
    dxdt[n + 1] = std::exp(static_cast<Real>(2 - degree_) * x[n]);
  }
  /// Errors of these two are absolute: they start at zero. That t depends on ln rho is of no concern to an
  /// explicit method.
  Index quadratures() const { return 2; }

 private:
  Gradient gradient_;
  Real unit_;
  int degree_;
  Index size_;
  Vector v_, g_;
};

/// The correlation function of a network with kinks, or minus it, in a mode: minus a loss.
class KinkedCorrelation {
 public:
  KinkedCorrelation(const Correlation& correlation, int sign)
      : objective_(correlation.shared_network(),
                   {correlation.data().inputs, static_cast<Real>(sign) * correlation.residual_at_origin(),
                    "residual at the origin"},
                   Loss(linear_loss())),
        flow_(objective_),
        kinks_(flow_) {}

  void gradient(const Vector& u, Vector& g) {
    objective_.gradient(u, g);
    g = -g;
  }
  SpherePoint at(const Vector& v) {
    SpherePoint point;
    point.u = v.stableNormalized();
    gradient(point.u, point.gradient);
    point.gradient_norm = point.gradient.norm();
    const Real along = point.u.dot(point.gradient);
    point.value = along / objective_.network().degree();
    point.residual =
        point.gradient_norm > 0 ? (point.gradient - along * point.u).norm() / point.gradient_norm : Real(0);
    return point;
  }
  PiecewiseFlow& kinks() { return kinks_; }
  const WorkCounters& counters() const { return objective_.counters(); }

 private:
  Objective objective_;
  GradientFlow flow_;
  PiecewiseFlow kinks_;
};

void check(const Correlation& correlation, const Vector& u0, const NcfFlowOptions& options) {
  if (u0.size() != correlation.size() || !u0.allFinite() || !(u0.stableNorm() > 0))
    throw InputError(fmt::format("NCF flow: expected {} finite numbers, not all zero", correlation.size()));
  if (options.sign != 1 && options.sign != -1)
    throw InputError(fmt::format("NCF flow: sign {}, expected 1 or -1", options.sign));
  if (!(options.t_end > 0))
    throw InputError(
        fmt::format("NCF flow: t_end {}, expected a positive time", static_cast<double>(options.t_end)));
  if (correlation.output_scale() != 0)
    throw InputError(fmt::format("NCF flow: output scale {}, expected 0",
                                 static_cast<double>(correlation.output_scale())));
}

// A direction is not known better than so many times the tolerance, as errors of many steps add up.
constexpr Real kSettledSteps = 100;

class Run {
 public:
  Run(Correlation& correlation, const Vector& u0, const NcfFlowOptions& options)
      : f_(correlation, options.sign),
        options_(options),
        settled_(std::max(options.settled, kSettledSteps * options.rtol)),
        log_norm0_(std::log(u0.stableNorm())),
        point_(f_.at(u0)),
        unit_(point_.gradient_norm),
        null_(kNullGradient * unit_) {
    if (PiecewiseFlow::applies_to(correlation.network()))
      kinked_ = std::make_unique<KinkedCorrelation>(correlation, options.sign);
  }

  NcfFlowResult result() {
    if (unit_ == 0) return stands_from_the_start();
    follow();
    if (kinked_) f_.correlation().set_counters(f_.correlation().counters() + kinked_->counters());
    result_.direction = point_.u;
    result_.value = point_.value;
    result_.residual = point_.residual;
    result_.log_norm += log_norm0_;
    result_.log_time += to_log_time();
    result_.time = result_.end == NcfEnd::end_time ? options_.t_end : std::exp(result_.log_time);
    if (result_.end == NcfEnd::grows && f_.degree() == 2) result_.growth_rate = 2 * point_.value;
    return result_;
  }

 private:
  /// ln of the unit of time, rho0^{2-D} / ||grad N(v0)||.
  Real to_log_time() const { return (2 - f_.degree()) * log_norm0_ - std::log(unit_); }

  NcfFlowResult stands_from_the_start() const {
    NcfFlowResult result;
    result.end = NcfEnd::stands;
    result.direction = point_.u;
    result.log_norm = log_norm0_;
    result.log_time = -std::numeric_limits<Real>::infinity();
    return result;
  }

  void follow() {
    const auto gradient = [this](const Vector& v, Vector& g) {
      if (kinked_)
        kinked_->gradient(v, g);
      else
        f_.gradient(v, g);
    };
    DesingularisedFlow flow(f_.correlation().network(), gradient, unit_);
    const System system(flow);
    StepperOptions stepper_options;
    stepper_options.error.rtol = options_.rtol;
    stepper_options.error.displacement = kCreepingError;
    stepper_options.error.quadratures = 2;
    const ParameterGroups groups = f_.correlation().network().groups();
    if (options_.small_neurons) stepper_options.groups = {groups.first, groups.second, groups.count, {}};
    std::unique_ptr<Stepper> stepper = make_stepper(stepper_name::dopri5, stepper_options);
    if (kinked_)
      stepper = std::make_unique<PiecewiseStepper>(kinked_->kinks(), std::move(stepper),
                                                   PiecewiseStepper::Options());
    Vector x = Vector::Zero(f_.size() + 2);
    x.head(f_.size()) = point_.u;
    stepper->initialize(x, 0, first_step(system, x, options_.rtol));
    const Real log_end = std::log(options_.t_end) - to_log_time();
    try {
      for (result_.steps = 0; !ended(x); ++result_.steps) {
        if (result_.steps == options_.steps) return note(x, NcfEnd::step_limit);
        check_interrupt();
        stepper->do_step(system);
        x = stepper->current_state();
        point_ = at(x);
        if (std::log(time_of(x)) >= log_end) return stop_at(*stepper, log_end);
      }
    } catch (const StepFailure& failure) {
      result_.failure = std::string(name_of(failure.reason())) + ": " + failure.what();
      note(x, NcfEnd::failed);
      return;
    }
    if (result_.end == NcfEnd::blow_up || result_.end == NcfEnd::grows) coast(log_end);
  }

  /// In the mode, where there are kinks: the residual is then that of the Clarke condition.
  SpherePoint at(const Vector& x) {
    const Vector v = x.head(f_.size());
    return kinked_ ? kinked_->at(v) : f_.at(v);
  }
  Real log_norm_of(const Vector& x) const { return x[f_.size()]; }
  Real time_of(const Vector& x) const { return x[f_.size() + 1]; }

  void note(const Vector& x, NcfEnd end) {
    result_.end = end;
    result_.log_norm = log_norm_of(x);
    result_.log_time = std::log(time_of(x));
  }

  bool ended(const Vector& x) {
    std::optional<NcfEnd> end;
    if (point_.gradient_norm <= null_)
      end = NcfEnd::stands;
    else if (point_.value < 0 && log_norm_of(x) < std::log(options_.collapse))
      end = NcfEnd::collapsed;
    else if (log_norm_of(x) > std::log(options_.largest))
      end = NcfEnd::grown;
    else if (point_.residual <= settled_ && point_.value > 0)
      end = f_.degree() > 2 ? NcfEnd::blow_up : NcfEnd::grows;
    if (end) note(x, *end);
    return end.has_value();
  }

  /// On the KKT point's ray everything is known: ln rho = D N* t for D = 2, and else
  /// rho^{2-D}(t) = rho^{2-D}(now) - D (D-2) N* (t - now), which is zero at the blow-up.
  void coast(Real log_end) {
    const Real d = f_.degree(), value = point_.value / unit_;
    const Real now = std::exp(result_.log_time);
    const Real power = std::exp((2 - d) * result_.log_norm);
    const Real blow_up = now + power / (d * (d - 2) * value);
    if (d > 2 && std::log(blow_up) <= log_end) {
      result_.log_time = std::log(blow_up);
      return;
    }
    if (!std::isfinite(log_end)) return;
    const Real left = std::exp(log_end) - now;
    result_.end = NcfEnd::end_time;
    result_.log_time = log_end;
    result_.log_norm =
        d == 2 ? result_.log_norm + d * value * left : std::log(power - d * (d - 2) * value * left) / (2 - d);
  }

  /// The state at t_end within the last step, by bisection on the dense output: t grows along the flow.
  void stop_at(const Stepper& stepper, Real log_end) {
    const Real t_end = std::exp(log_end);
    Real low = stepper.previous_time(), high = stepper.current_time();
    Vector x;
    for (int k = 0; k < kMostHalvings; ++k) {
      const Real middle = low + (high - low) / 2;
      if (!(middle > low && middle < high)) break;
      stepper.calc_state(middle, x);
      (time_of(x) < t_end ? low : high) = middle;
    }
    stepper.calc_state(high, x);
    point_ = at(x);
    note(x, NcfEnd::end_time);
    result_.log_time = log_end;
  }

  CorrelationOnSphere f_;
  std::unique_ptr<KinkedCorrelation> kinked_;
  const NcfFlowOptions& options_;
  Real settled_, log_norm0_;
  SpherePoint point_;
  Real unit_;  ///< ||grad N(v0)||
  Real null_;
  NcfFlowResult result_;
};

}  // namespace

NcfFlowResult follow_ncf_flow(Correlation& correlation, const Vector& u0, const NcfFlowOptions& options) {
  check(correlation, u0, options);
  require_known_kinks(correlation.network(), "correlation flow");
  return Run(correlation, u0, options).result();
}

}  // namespace saddleflow

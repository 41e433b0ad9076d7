// From weights beside a critical point to the next one: by the gradient flow, or by gradient descent as a
// comparison.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/flow/observables.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/ode/stepper/error_control.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// How the loss is minimised.
enum class Minimiser {
  flow,             ///< gradient flow, adaptive
  gradient_descent  ///< w <- w - eta grad L(w)
};

template <>
inline constexpr auto enum_table<Minimiser> = named_enum<Minimiser>(
    "minimiser", {{Minimiser::flow, "flow"}, {Minimiser::gradient_descent, "gradient_descent"}});

/// One accepted step, or one of gradient descent that is recorded.
struct DescentView {
  Real time = 0;  ///< flow time; gradient descent: eta times the number of steps
  Real step_size = 0;
  std::int64_t step = 0;
  std::string_view method;  ///< that made the step; empty for gradient descent
  const Observables& observables;
  const Vector& weights;
};

struct MinimiseOptions {
  Minimiser minimiser = Minimiser::flow;
  Destination destination = Destination::minimum;
  Real loss = 0;  ///< enough: the end is where the loss has fallen to this
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(const DescentView&)> on_step = {};
  // of the flow
  Real rtol = kUsualTolerance;
  Real enter = kVisitEnter, leave = kVisitLeave;  ///< proximities between which a critical point is visited
  Real steady = kRestProximity;                   ///< proximity at which it has come to rest
  Real t_end = Real(1e12);                        ///< by judgement: slower than that nothing comes to rest
  std::int64_t max_steps = kStepsToRest;
  bool stop_at_sampled_decisions = true;  ///< see FlowAssemblyOptions
  // of gradient descent
  Real learning_rate = Real(1e-3);      ///< eta: stable up to a curvature of 2000
  std::int64_t iterations = 1'000'000;  ///< at most; and until the proximity is below `steady`
  std::int64_t record_every = 100;      ///< by judgement: ten thousand rows of so many iterations
};

struct Minimisation {
  Vector weights;  ///< the last; the closest to the critical point for Destination::critical_point
  Real loss = 0;
  Real time = 0;
  std::int64_t steps = 0;
  std::int64_t passed = 0;             ///< critical points that were visited and left
  std::int64_t sampled_decisions = 0;  ///< see FlowAssembly
  /// Events: steady, saddle_leave, or the level of the loss that is enough.
  StopReason stop_reason;
  WorkCounters work;
};

/// Gradient flow of networks with kinks follows them, sliding included. The objective has no mode afterwards.
/// InputError for w of another size or a learning rate that is not positive.
Minimisation minimise(Objective& objective, const Vector& w, const MinimiseOptions& options);

}  // namespace saddleflow

// The events of a visit of a critical point: how the rule on r is followed while the flow runs.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/flow/visit_rule.hpp"
#include "saddleflow/ode/event/event.hpp"

namespace saddleflow {

/// What the events of visits remember; part of a checkpoint.
struct VisitState {
  bool close = false;     ///< in a close visit
  bool dip = false;       ///< r has begun to dip, or the visit is close
  bool turned = false;    ///< and rises again
  int leaves = 0;         ///< visits that have ended
  Real located = 0;       ///< r at the last minimum that was reported
  Real nearest = 0;       ///< least r of this dip so far ...
  Real nearest_loss = 0;  ///< ... and the loss there
  Real farthest = 0;      ///< largest r since the last visit

  // Between two visits: r at the end of the last step, what it grew by in that step, and whether it grows
  // less and less, so that a maximum may be near.
  Real last = 0, growth = 1;
  bool slowing = false;

  void save(MemoryWriter& memory) const;
  void load(MemoryReader& memory);
};

struct VisitEventOptions {
  VisitRule rule;
  int leaves_terminal = 0;     ///< stop when so many visits have ended; 0: never
  bool visit_at_start = true;  ///< a start at r < enter is a visit that begins there
};

/// An event of the library's, and what it watches.
struct KindOfEvent {
  EventKind kind;
  Event event;
  std::function<Real(const Vector& x)> value;
};

/// Close visits first: enter, closest, leave; then, where the rule finds dips, their three events, which are
/// not stored. They share `state`. The probe must outlive them. A dip costs one Hessian-vector
/// product and one output tangent a step while r falls to its minimum, as a close visit does, and before it
/// in steps that may hold a low maximum of r.
std::vector<KindOfEvent> make_visit_events(const VisitEventOptions& options, Probe& probe,
                                           const Observables& initial,
                                           const std::shared_ptr<VisitState>& state);

}  // namespace saddleflow

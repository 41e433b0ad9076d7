// Where the NCF flow of one start goes, and when it is how near.
#pragma once

#include <optional>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "validation/problem.hpp"

namespace saddleflow::claims {

struct LimitDirection {
  NcfFlowResult flow;
  /// The limit, polished; parameters of zero neurons are exactly zero. Nothing for collapsed flows.
  KktEntry kkt;

  /// The flow met its step limit where the gradient is below 1e-6 of that at the start: it creeps to N = 0.
  bool creeps = false;

  bool grows() const { return flow.end == NcfEnd::grows || flow.end == NcfEnd::blow_up; }
  bool collapses() const { return flow.end == NcfEnd::collapsed; }
  bool stands() const { return flow.end == NcfEnd::stands; }
  bool unresolved() const { return is_unresolved(flow.end) && !creeps; }
};

/// The NCF flow from u0 to its end.
LimitDirection find_limit(Correlation& correlation, const Vector& u0);

/// The same flow up to a time before its end.
NcfFlowResult ncf_flow_at(Correlation& correlation, const Vector& u0, Real time);

/// A time from which on the NCF flow is within `accuracy` of what it tends to: its direction of the limit's,
/// or, when it collapses, its norm of zero (start: 1). None when it is not within the flow's resolution.
std::optional<Real> settling_time(Correlation& correlation, const Vector& u0, const LimitDirection& limit,
                                  Real accuracy);

/// "grows to N = ...", "collapses", ...
std::string describe(const LimitDirection& limit);

}  // namespace saddleflow::claims

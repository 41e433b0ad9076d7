// The gradient flow of the NCF, u' = grad N(u) from any u0. It describes the weights near the origin (P1,
// P2).
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// How the flow ends.
enum class NcfEnd {
  blow_up,     ///< D > 2: the norm becomes infinite at NcfFlowResult::time, the direction has settled
  grows,       ///< D <= 2: the direction has settled at a KKT point with N > 0, the norm grows for ever
  collapsed,   ///< the norm has fallen below `collapse` times the start while N < 0: to zero
  stands,      ///< the gradient vanishes: every active path is dead, and the weights stay where they are
  end_time,    ///< t_end was reached first
  grown,       ///< the norm has come to `largest` times the start
  step_limit,  ///< none of these within `steps`
  failed       ///< a step could not be made: NcfFlowResult::failure says why
};

template <>
inline constexpr auto enum_table<NcfEnd> = named_enum<NcfEnd>("end of an NCF flow",
                                                              {{NcfEnd::blow_up, "blow_up"},
                                                               {NcfEnd::grows, "grows"},
                                                               {NcfEnd::collapsed, "collapsed"},
                                                               {NcfEnd::stands, "stands"},
                                                               {NcfEnd::end_time, "end_time"},
                                                               {NcfEnd::grown, "grown"},
                                                               {NcfEnd::step_limit, "step_limit"},
                                                               {NcfEnd::failed, "failed"}});

/// The flow reached neither a limit nor the requested end time.
inline bool is_unresolved(NcfEnd end) { return end == NcfEnd::step_limit || end == NcfEnd::failed; }

/// The largest number of steps of a flow that is integrated to its end. By judgement: it stops flows without
/// an end.
inline constexpr std::int64_t kNcfSteps = 100'000;

struct NcfFlowOptions {
  int sign = 1;  ///< -1: the flow of -N; the result's value is then that of -N
  Real t_end = std::numeric_limits<Real>::infinity();
  Real rtol = Real(1e-10);  ///< the limit is known to a hundred of these: `settled`
  /// Measure the errors of a neuron relative to its own norm, even if that is small compared with the others.
  bool small_neurons = false;
  /// The direction has settled when ||grad N - D N u|| / ||grad N|| is below this (never below 100 rtol). The
  /// distance to the limit is then of the same size; its square, the error of the rest, is at rounding level.
  Real settled = Real(1e-8);
  /// Relative to the norm at the start. By judgement: a flow that has shrunk to this with N < 0 collapses.
  Real collapse = Real(1e-8);
  Real largest =
      std::numeric_limits<Real>::infinity();  ///< grown: at the first step above this times the start
  std::int64_t steps = kNcfSteps;
};

struct NcfFlowResult {
  NcfEnd end = NcfEnd::step_limit;
  Vector direction;      ///< u/||u|| at the end; for blow_up and grows the limit, to `settled`
  Real value = 0;        ///< N(direction)
  Real residual = 0;     ///< ||grad N - D N u|| / ||grad N|| there
  Real log_norm = 0;     ///< ln ||u|| at the last step; for end_time that at t_end
  Real time = 0;         ///< of the last step; t_end; for blow_up the time of the blow-up. 0 or inf where
                         ///< a double cannot hold it
  Real log_time = 0;     ///< ln of it
  Real growth_rate = 0;  ///< grows, D = 2: ln ||u|| ~ 2 N* t
  std::int64_t steps = 0;
  /// failed: the reason of the stepper (see Stop) and its message.
  std::string failure;
};

/// Desingularised (THEORY.md, section 2): with u = rho v, ||v|| = 1 and dt = rho^{2-D} ds,
///   dv/ds = P grad N(v),  d ln rho/ds = D N(v),  dt/ds = rho^{2-D},
/// all in units of the start (rho0 = 1, ||grad N(v0)|| = 1), so that neither the blow-up for D > 2 nor the
/// size of u0 matters. Once v has settled at a KKT point with value N* the rest is known,
///   remaining time = rho^{2-D} / (D (D-2) N*),
/// up to the square of the residual, and so is the norm at a later t_end. Where the network has kinks that
/// PiecewiseFlow knows, they are followed, with sliding; the residual is then that of the Clarke condition.
/// InputError unless u0 is finite and not zero, t_end > 0 and the output scale 0. Interrupted, between two
/// steps, as InterruptScope says.
NcfFlowResult follow_ncf_flow(Correlation& correlation, const Vector& u0, const NcfFlowOptions& options = {});

}  // namespace saddleflow

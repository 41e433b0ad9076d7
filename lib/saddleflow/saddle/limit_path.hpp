// The limit path p(t) = lim psi(t + T_delta, delta w*): the trajectory that leaves the origin along a KKT
// point (P3; THEORY.md, section 3).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"

namespace saddleflow {

/// T_delta = ln(1/delta) / (2 N) for D = 2, 1 / (D (D-2) N delta^{D-2}) otherwise; the argument is ln(delta).
/// The result is +infinity if it exceeds the range of Real.
Real escape_time(int degree, Real value, Real log_delta);
/// ln(T_delta), which is always finite.
Real log_escape_time(int degree, Real value, Real log_delta);

/// A point of the limit path so close to the origin that the expansion
///   p = rho (u* + c a + O(c^2)) / |.|,  c = rho^D,   a = ((D^2 N + D N) I - Hess N)^{-1} P dG/dc   on the
///   tangent space, t = t_0(rho) - beta rho^2 / (2 (D N)^2) + O(rho^2 c),   beta = <u*, dG/dc>, t_0 = ln(rho)
///   / (2 N) for D = 2,  -rho^{2-D} / (D (D-2) N) else,
/// is exact to `tolerance` [derived: du/ds = P G, d ln rho/ds = <u, G>, G = grad N + c dG/dc].
struct LimitPathStart {
  Vector direction;  ///< unit
  Real log_norm = 0;
  Real time = 0;
  Real correction = 0;  ///< |c a|: the error is of the order of its square
  // The expansion itself.
  Vector kkt_direction, slope;  ///< u*, a
  Real value = 0, beta = 0;     ///< N*, beta
  int degree = 2;

  /// t at this ln(rho), and the inverse; both for ln(rho) <= log_norm.
  Real time_at(Real log_rho) const;
  Real log_norm_at(Real t) const;
  /// p(t) for t <= time.
  Vector at(Real t) const;
};

/// Accuracy of the expansion at the point where the integration takes over: rounding level.
inline constexpr Real kStartError = Real(1e-16);

/// `point` must be a positive KKT point of a smooth network. Entries of its direction that should be zero
/// must be exactly zero. InputError if N <= 0 or if the operator above is not positive definite (the point is
/// then no second-order KKT point).
LimitPathStart limit_path_start(Correlation& correlation, const KktPoint& point,
                                Real tolerance = kStartError);

/// Other paths are compared with the limit path, so it is computed to two digits more than kUsualTolerance.
inline constexpr Real kLimitPathTolerance = Real(1e-10);

struct LimitPathOptions {
  Real rtol = kLimitPathTolerance;
  int dense_limit = kDenseStiff;  ///< up to this many weights the stiff method is Rodas5P
  std::vector<Real> samples;      ///< times, ascending, at which p is wanted
  Real steady = kRestProximity;   ///< the path has arrived where the proximity r falls below this
  Real t_end = Real(1e6);  ///< or at this time, by judgement; the time is 0 when the weights are of order 1
  std::int64_t max_steps = 200'000;  ///< a cap, by judgement
  const std::atomic<bool>* interrupt = nullptr;
};

struct LimitPathPoint {
  Real time = 0;
  Vector weights;
};

struct LimitPath {
  LimitPathStart start;
  std::vector<LimitPathPoint> points;   ///< every accepted step
  std::vector<LimitPathPoint> samples;  ///< at the times asked for that the path covers
  StopReason stop_reason;
  Refinement end;     ///< the first critical point, refined
  Spectrum spectrum;  ///< there
  WorkCounters work;
  StepCounters steps;
};

/// Integrates from limit_path_start(), first in polar and then in Cartesian coordinates, to the first
/// critical point. The state contains the difference of the time from t_0(rho). So the time after the escape
/// is exact to the tolerance, however long the path has been near the origin.
LimitPath compute_limit_path(Objective& objective, const KktPoint& point, const LimitPathOptions& options);

}  // namespace saddleflow

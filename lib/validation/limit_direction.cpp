#include "validation/limit_direction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/bracketed_root.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/kkt_search.hpp"

namespace saddleflow::claims {

namespace {

constexpr Real kTolerance = kKktTolerance;  // of the NCF flow and of KKT points
// Near enough for the limit to be polished, and known: a path of this tolerance may err by 1e-10.
constexpr Real kSettled = Real(1e-9);
// A gradient this small beside that of the start is one that goes to zero, if for ever.
constexpr Real kCreeping = Real(1e-6);
// Accuracy of a settling time: far below what the flow's tolerance gives it.
constexpr Real kSettlingTime = Real(1e-8);
// A certificate is asked for ten times the tolerance that the point was polished to, as zeroing neurons moves
// it; a path errs by a hundred of them at least, and what it changes by with ten times the tolerance is a
// tenth of what it errs by.
constexpr Real kTenTimes = 10, kPathErrors = 100;
// A flow that does not blow up is looked at for so many times its resolved time.
constexpr Real kLongestTail = 4;

NcfFlowOptions ncf_options(Real rtol = kTolerance) {
  NcfFlowOptions options;
  options.rtol = rtol;
  options.settled = kSettled;
  return options;
}

Real gradient_norm(Correlation& correlation, const Vector& direction) {
  Vector g;
  correlation.gradient(direction.normalized(), g);
  return g.norm();
}

// A neuron that is zero up to the tolerance becomes exactly so, and then stays it for ever.
void clear_zero_neurons(Correlation& correlation, KktEntry& entry) {
  if (entry.structure.zero_parameters.empty()) return;
  KktPoint point = entry.point;
  for (const Index i : entry.structure.zero_parameters) point.direction[i] = 0;
  point = polish_kkt_point(correlation, point.direction, kTolerance);
  for (const Index i : entry.structure.zero_parameters) point.direction[i] = 0;
  entry = certify(correlation, point, kTenTimes * kTolerance);
}

Real distance(Correlation& correlation, const Vector& u0, const LimitDirection& limit, Real time) {
  const NcfFlowResult at = ncf_flow_at(correlation, u0, time);
  return (at.direction - limit.flow.direction).norm();
}

/// Less than this part of the blow-up time cannot be told from nothing: as much as the time changes with the
/// tolerance, which a start that comes near another KKT point first multiplies.
Real least_part(Correlation& correlation, const Vector& u0, const LimitDirection& limit) {
  const NcfFlowResult rough = follow_ncf_flow(correlation, u0, ncf_options(kTenTimes * kTolerance));
  return std::max(kPathErrors * kTolerance, kTenTimes * std::abs(rough.time / limit.flow.time - 1));
}

}  // namespace

NcfFlowResult ncf_flow_at(Correlation& correlation, const Vector& u0, Real time) {
  NcfFlowOptions options = ncf_options();
  options.t_end = time;
  return follow_ncf_flow(correlation, u0, options);
}

LimitDirection find_limit(Correlation& correlation, const Vector& u0) {
  LimitDirection limit;
  limit.flow = follow_ncf_flow(correlation, u0, ncf_options());
  if (is_unresolved(limit.flow.end))
    limit.creeps =
        gradient_norm(correlation, limit.flow.direction) <= kCreeping * gradient_norm(correlation, u0);
  if (!limit.grows()) return limit;
  const KktPoint point = polish_kkt_point(correlation, limit.flow.direction, kTolerance);
  limit.kkt = certify(correlation, point, kTenTimes * kTolerance);
  clear_zero_neurons(correlation, limit.kkt);
  return limit;
}

std::optional<Real> settling_time(Correlation& correlation, const Vector& u0, const LimitDirection& limit,
                                  Real accuracy) {
  if (limit.stands()) return Real(1);
  NcfFlowOptions options = ncf_options();
  if (limit.collapses()) {
    options.collapse = accuracy;
    return follow_ncf_flow(correlation, u0, options).time;
  }
  // The remaining time (D > 2) or rate (D = 2) is what the settled flow has left to it: looked for between
  // the start and the end of the resolved flow, on the monotonic tail.
  const bool blows_up = limit.flow.end == NcfEnd::blow_up;
  const Real last = blows_up ? -std::log(least_part(correlation, u0, limit)) : kLongestTail;
  Real low = 0, high = Real(0.5);  // blow-up: ln of the inverse of the part of the time that is left
  const auto time_of = [&](Real x) {
    return blows_up ? limit.flow.time * -std::expm1(-x) : limit.flow.time * x;
  };
  // Near its limit the direction's distance is an exponential or a power of the time; with kinks it can be
  // nothing at all.
  const auto excess = [&](Real x) {
    return std::log(std::max(distance(correlation, u0, limit, time_of(x)), kPathErrors * kTolerance) /
                    accuracy);
  };
  Real at_low = std::log((u0.normalized() - limit.flow.direction).norm() / accuracy), at_high = excess(high);
  while (at_high > 0) {
    low = high;
    at_low = at_high;
    high *= 2;
    if (high > last) return std::nullopt;
    at_high = excess(high);
  }
  if (!(at_low > 0)) return time_of(low);
  const auto close = [](Real a, Real b) { return b - a <= kSettlingTime * b; };
  return time_of(bracketed_root(excess, low, high, at_low, at_high, close).right);
}

std::string describe(const LimitDirection& limit) {
  if (limit.grows())
    return fmt::format("N = {:.4g}, KKT residual {:.0e}", static_cast<double>(limit.kkt.point.value),
                       static_cast<double>(limit.kkt.point.residual));
  if (limit.collapses()) return "collapses";
  if (limit.stands()) return "stands still at N = 0";
  if (limit.creeps) return "creeps to N = 0";
  return fmt::format("step limit at N = {:.1e}, residual {:.1e}, ln|u| = {:.3g}",
                     static_cast<double>(limit.flow.value), static_cast<double>(limit.flow.residual),
                     static_cast<double>(limit.flow.log_norm));
}

}  // namespace saddleflow::claims

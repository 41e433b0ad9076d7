// The skeleton: the limit delta -> 0 of the flow from a small start. It states which neurons activate at
// which time, and the critical points in between (THEORY.md, section 4, "The delta -> 0 skeleton", V7 and V8;
// [derived]).
#pragma once

#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/pursuit/minimise.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow {

/// Why a skeleton ends.
enum class SkeletonEnd {
  fitted,        ///< the residual is zero, so that no clock advances
  no_growth,     ///< no clock reaches its bound any more, or not by more than rounding
  no_minimiser,  ///< the flow of the active neurons has no critical point: the loss falls for ever (separable
                 ///< data)
  not_critical,  ///< the flow of the active neurons has not come to rest within its limits
  unstable,  ///< at the point reached the active neurons have a way down of their own, and no clock predicts
             ///< when the flow takes it
  jump_limit,
  time_limit,
  failed,     ///< something could not be computed, of which `detail` tells; the jumps before are kept
  not_known,  ///< of this network; run_skeleton() alone
  interrupted
};

template <>
inline constexpr auto enum_table<SkeletonEnd> = named_enum<SkeletonEnd>(
    "end of a skeleton", {{SkeletonEnd::fitted, "fitted"},
                          {SkeletonEnd::no_growth, "no clock reaches its bound"},
                          {SkeletonEnd::no_minimiser, "no minimiser"},
                          {SkeletonEnd::not_critical, "no critical point reached"},
                          {SkeletonEnd::unstable, "active neurons have a way down of their own"},
                          {SkeletonEnd::jump_limit, "limit of jumps"},
                          {SkeletonEnd::time_limit, "limit of time"},
                          {SkeletonEnd::failed, "failed"},
                          {SkeletonEnd::not_known, "not known"},
                          {SkeletonEnd::interrupted, "interrupted"}});

struct SkeletonOptions {
  Index jumps = 64;                                   ///< at most: by judgement
  Real time = std::numeric_limits<Real>::infinity();  ///< slow time, at most
  /// Clocks whose times agree to this relative accuracy make one jump. Modes of deep linear networks do so
  /// only if their times are equal.
  Real tie = Real(1e-9);     ///< what clocks are known to, see kClockTolerance
  Real fitted = Real(1e-8);  ///< ||l'(H, y)|| over that of the zero network: 1e-16 of the loss
  /// Norm of the activating neurons at the start of their flow, relative to the norm at which they would fit
  /// the targets. With several hidden layers the ratio is this to the power 2/degree.
  Real seed_scale = Real(1e-4);  ///< its flow is that of delta -> 0 to about this, and takes few steps more
  bool analyse = true;           ///< certify the points in the whole network (SkeletonJump::point)
  MinimiseOptions minimise;
  CriticalPointOptions analysis;
  const std::atomic<bool>* interrupt = nullptr;
};

/// One jump. Neurons are given by their numbers in Network::neurons(). In a diagonal network they are
/// coordinates. If the hidden layer has a rotation symmetry (see compute_skeleton), they are modes.
struct SkeletonJump {
  Real time = 0;   ///< slow
  Real after = 0;  ///< if Skeleton::later_degree differs from degree: slow time since the first jump
  std::vector<Index> activated, deactivated;
  std::vector<Index> active;          ///< at the point reached, ascending
  std::vector<Index> active_neurons;  ///< how many, per hidden layer
  Vector weights;                     ///< of the whole network there, exact zeros elsewhere
  Real loss = 0;
  Matrix outputs;  ///< outputs x n
  /// Of every neuron right after the jump. Degree 2: S, 1 for the active, -inf for those that are zero from
  /// the start; diagonal: the dual s in [-1, 1]. Above: ln(norm / delta), +inf for the active; with
  /// several hidden layers of the weights that do not lead to other inactive neurons (linear: of all).
  Vector clocks;
  std::optional<CriticalPoint> point;  ///< of the whole network, where asked for
};

struct Skeleton {
  int degree = 2;
  /// Degree of the neurons that activate after the first jump: p + 1 with several hidden layers of power 2
  /// and above. The time since the first jump is then measured in slow time of this degree. In the slow time
  /// of the first jump it tends to zero.
  int later_degree = 2;
  Index neurons = 0;
  Real loss_at_origin = 0;
  std::vector<SkeletonJump> jumps;
  SkeletonEnd end = SkeletonEnd::jump_limit;
  /// not_critical, no_minimiser: what the last flow has come to, and when it began; failed: what failed.
  std::string detail;
  WorkCounters work;
};

/// The flow from delta * direction as delta goes to 0, in slow time tau = t / ln(1/delta) for degree 2,
/// delta^{D-2} t above.
///
/// * diagonal_linear: the dual s starts at 0, ds/dtau = -grad L(beta); where |s_j| = 1, beta_j is zero or has
///   the sign of s_j, and beta is the minimiser of L over the cone of these signs. Exact up to rounding. A
///   coordinate with u_j = v_j (or -v_j) in the start has no way to negative (positive) values.
/// * one hidden layer of degree 2: an inactive neuron has norm delta^{1-S}, S = 0 at first, dS/dtau = 2 N
/// with
///   its direction at the limit of its NCF flow for the residual of the present point, started from where
///   the jump to this point has taken the direction (carried_weights()). Where N < 0 the neuron shrinks
///   with ||a|| = ||b|| until S = 0; there what the conserved ||a||^2 - ||b||^2 leaves of it takes over: the
///   smaller of a and b passes through zero [derived]; a neuron balanced exactly never turns.
///   Networks whose hidden neurons can be rotated into one another (linear; power_sum with s^2) have modes
///   for neurons: Q' = F Q, Q = (neuron vectors), and the k-th mode is the k-th growing direction of F that
///   the modes before it, larger in size, leave over [derived].
/// * one hidden layer above degree 2: inactive neurons follow their NCF flow with the residual of the present
///   point, and the first to blow up activates.
/// * several hidden layers of linear neurons have modes as well: what is inactive follows the NCF flow, of
///   degree D, of the inactive neurons by themselves until one mode blows up; the other modes go on from
///   there, in the same slow time [derived].
/// * several hidden layers, power 2 and above: the NCF flow of the whole network until it blows up along a
///   KKT point; the neurons that are not zero there activate together. Beside the point they reach an
///   inactive neuron, of a size of order delta, follows its own NCF flow, of degree p + 1: the later jumps
///   are of the order delta^{1-p} apart, where the first one takes delta^{2-D}. Weights between inactive
///   neurons stand still there [derived].
///
/// The activated neurons flow to the next critical point, and all other inactive neurons are left out.
/// Neurons that vanish on the way are inactive again: with S = 1, or from the norm infinity, which the NCF
/// flow of N < 0 leaves as [D (D-2) |N| tau]^{-1/(D-2)} [derived]. For degree 2 neurons of one direction,
/// whose clocks tie, flow as one neuron and share its norm, because they differ only by a power of delta. If
/// that difference has a clock of its own (several outputs; power_sum with kinks), the skeleton ends as
/// `unstable`.
///
/// The result depends on delta only through slow time. For degree 2 it does not matter in the limit whether
/// delta is the norm of the whole start or of a neuron, since this changes ln(1/delta) by a constant. For
/// higher degrees delta is the norm of the whole start.
///
/// InputError for networks of degree 1, without a hidden layer, or with kinks (power 1) and several hidden
/// layers (there the inactive neurons grow like a power of the escaping ones), and for a direction that does
/// not fit.
Skeleton compute_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options = {});

/// See Skeleton::later_degree. For a network with at most one hidden layer it is the degree of the network.
int later_degree_of(const Network& network);

/// Flow time of a slow time: tau ln(1/delta) or tau delta^{2-D}. +infinity if it exceeds the range of Real.
Real flow_time_of(int degree, Real slow_time, Real log_delta);
/// The inverse.
Real slow_time_of(int degree, Real flow_time, Real log_delta);

}  // namespace saddleflow

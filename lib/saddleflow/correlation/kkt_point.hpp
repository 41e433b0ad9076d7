// What is known of a KKT point of the constrained NCF: plain data, filled by kkt_search, second_order,
// structure and clarke, stored in /kkt of a run file.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/kkt_status.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// What KktPoint::residual is asked to be: some thousand roundings, which Newton's method reaches unless the
/// curvature is nearly singular.
inline constexpr Real kKktTolerance = Real(1e-12);
/// Two points are one, modulo the symmetries of the network, where values and outputs on the data agree to
/// this, relative: far above the errors of points that have been refined, far below what tells points apart.
inline constexpr Real kSameOutputs = Real(1e-6);
/// Weights of a unit vector up to this are zero: by judgement ten times the size below which neurons are put
/// to zero (without_dying_neurons()).
inline constexpr Real kZeroWeight = Real(1e-7);

/// A unit vector u with grad N(u) = D N(u) u (P1, P2; THEORY.md, section 2).
struct KktPoint {
  Vector direction;        ///< u, ||u|| = 1
  Real value = 0;          ///< N(u)
  Real gradient_norm = 0;  ///< ||grad N(u)||
  /// ||grad N - D N u|| / ||grad N||; 0 where the gradient vanishes. Nonsmooth networks: the distance of D N
  /// u to the Clarke subdifferential, over the norm of its nearest element.
  Real residual = 0;
  /// The gradient vanishes (has fallen to 1e-10 of that at the start, or is 0): N = 0, every active path is
  /// dead.
  bool null = false;
};

/// Second-order status (P3): the eigenvalues of M = D N I - Hess N(u) on the tangent space of the sphere.
struct SecondOrder {
  using Status = SecondOrderStatus;
  Status status = Status::unknown;
  /// Delta: the smallest eigenvalue of M, without the zero modes that symmetry forces. "Second-order
  /// positive" means value > 0, status maximum and no zero modes at all; it is 0 for degenerate and < 0 for
  /// saddle.
  Real gap = 0;
  Index negative = 0, zero_explained = 0, zero_unexplained = 0, positive = 0;
  Vector eigenvalues;  ///< of M, ascending, n - 1 of them
};

/// W_l = c q r^T, and how far that is from true (THEORY.md, section 2, "Rank-one KKT points").
struct RankOneLayer {
  Vector singular_values;                      ///< of W_l, descending
  Real residual = 0;                           ///< sigma_2 / sigma_1; 0 for a single row or column
  Verdict one_sign = Verdict::not_applicable;  ///< hidden q_l has entries of one sign
  Verdict equal_magnitude =
      Verdict::not_applicable;                ///< its non-zero entries are equal in size (needed for p >= 2)
  Verdict aligned = Verdict::not_applicable;  ///< r_{l+1} is parallel to sigma(q_l)
};

/// Structure of a KKT point of a feed-forward network.
struct KktStructure {
  Vector layer_share;           ///< ||W_l||_F^2, summing to 1
  Vector expected_layer_share;  ///< p^{m-l} / S where N != 0; empty for other kinds of networks
  Real layer_share_error = 0;   ///< largest difference
  Real balance_residual = 0;    ///< largest | ||W_l[k,:]||^2 - p ||W_{l+1}[:,k]||^2 |
  std::vector<RankOneLayer> layers;
  Verdict rank_one = Verdict::not_applicable;  ///< every layer's residual is below the tolerance
  Verdict scalar_kkt =
      Verdict::not_applicable;        ///< r_1 is a KKT point of the scalar problem max +-sum y tau(v.x)
  Real scalar_residual = 0;           ///< of that problem, relative
  Real predicted_value = 0;           ///< N by formula 3 (THEORY.md, section 2); NaN where it does not apply
  std::vector<Index> active_neurons;  ///< per hidden layer: neurons whose weights do not all vanish
  std::vector<Index>
      zero_neurons;  ///< the others, by their number in Network::neurons(): a zero-preserving set
  /// The parameters of that set: zero now means zero for ever (exactly so along the flow).
  std::vector<Index> zero_parameters;
};

/// The Clarke condition D N u in the subdifferential of N at u for p = 1, with slopes s in [alpha, 1] at the
/// kinks.
struct ClarkeCertificate {
  Index kinks = 0;    ///< (neuron, sample) pairs at which the pre-activation is zero and matters
  Vector slopes;      ///< the slopes that come nearest; their means over the cells where a hull does
  Vector element;     ///< of the subdifferential, the nearest one to D N u; empty for smooth networks
  Real residual = 0;  ///< distance of D N u to the subdifferential, over the norm of the nearest element
  Verdict stationary = Verdict::not_applicable;
  bool outer = false;     ///< a larger set has been looked at than the Clarke subdifferential
  bool converged = true;  ///< false: a limit of iterations was reached, an element nearer to it may exist
};

/// A row of the KKT table.
struct KktEntry {
  KktPoint point;
  SecondOrder second_order;
  KktStructure structure;
  ClarkeCertificate clarke;  ///< nonsmooth networks only
  Real basin_share = 0;      ///< share of the starts whose projected NCF flow ends here
  Index starts = 0;          ///< how many that are
  bool passes = false;       ///< residual below tolerance, shares and balance as they must be: see `failure`
  std::string failure;       ///< the first check that failed, empty when none
};

}  // namespace saddleflow

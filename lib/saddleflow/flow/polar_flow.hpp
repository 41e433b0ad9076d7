// Gradient flow near the origin in polar (desingularised) coordinates: all rates are O(1) however small the
// weights are (THEORY.md, section 2), and weights that rest beside others that grow cost no steps.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/error_control.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Below this a group's share of the length has no reciprocal, with room for what is multiplied by it; its
/// weights stand still.
inline constexpr Real kNoShare = Real(1e-290);

/// A partition of the parameters into groups of two or more that share a length: one per neuron. A weight
/// alone (a length cannot change its sign) joins its neuron's others where they are one group; those that are
/// left, first-layer weights of one input under a hidden layer, are united with one another. `second` as the
/// network has it.
ParameterGroups polar_groups(const Network& network);
/// How the error of a polar state is measured: every weight against the size of its own neuron, those that
/// only share a length each against itself.
ErrorGroups polar_error_groups(const Network& network);

/// Every group of weights in polar coordinates, w_g = e^{ell_g} d_g with |d_g| = 1, and a time s with
/// ds = rho^{D-2} dt, rho = ||w||. State x = (d, ell, q, e), n + groups + 2 numbers. With u = w / rho,
/// G = -grad L(rho u) / rho^{D-1} = grad Phi_c(u), c = rho^D, and r_g = |u_g|:
///
///   ell_g' = <d_g, G_g> / r_g          d_g' = |d_g| (G_g / r_g - ell_g' d_g)
///   q'     = kappa (rho / rho_0)^{2-D}
///   e'     = rho^D |G|^2 / L(0)
///
/// The flow time is t = rho_0^{2-D} q / kappa since rho = rho_0, and e the energy int |grad L|^2 dt over
/// L(0). With one group for everything this is the polar chart of THEORY.md, section 2; there a neuron that
/// rests while another grows decays exponentially, and has to be followed down. kappa = |G| at the start
/// makes q a pure number. On the right d_g is normalised, so that a |d_g| that has drifted from 1 changes
/// nothing. Exact zeros stay exact zeros; groups that are zero have d_g = 0. Autonomous. The Jacobian is not
/// symmetric; the ell_g belong to it and are measured absolutely (an error of ell is a relative one of the
/// length), q and e are quadratures.
class PolarFlow {
 public:
  /// The correlation must outlive the flow. `energy_unit`: L(0) > 0, of the start or of the origin.
  PolarFlow(Correlation& correlation, Real energy_unit);
  // Steppers, charts and probes keep references to it.
  PolarFlow(const PolarFlow&) = delete;
  PolarFlow& operator=(const PolarFlow&) = delete;

  Index parameter_count() const { return correlation_.size(); }
  Index group_count() const { return group_count_; }
  Index state_size() const { return parameter_count() + group_count() + 2; }
  const ParameterGroups& groups() const { return groups_; }
  Correlation& correlation() const { return correlation_; }

  /// Whether (w, E) has coordinates: some weight is not zero, and no group is zero that the flow moves away
  /// from zero, now or later.
  bool covers(const Vector& cartesian);
  /// max_g (-ell_g') / |G|, at least 0, at (w, E) or at a polar state: O(1) while neurons rest or die away
  /// exponentially; it grows without bound where a group passes through zero.
  Real fastest_fall(const Vector& x);
  /// The polar state of (w, E), and the origin of q and kappa there. InputError unless covers().
  Vector enter(const Vector& cartesian);
  /// The same from a unit vector and ln rho, which need not be the logarithm of a double.
  Vector enter(const Vector& direction, Real log_norm, Real energy);
  /// The same state with the origin of q moved to it.
  Vector rebase(const Vector& x);
  /// (w, E); weights below the smallest number are zero.
  Vector cartesian(const Vector& x);

  /// ln rho.
  Real log_norm(const Vector& x) const;
  Real energy(const Vector& x) const { return x[x.size() - 1] * energy_unit_; }
  Real energy_unit() const { return energy_unit_; }
  /// Sets the correlation to the c of a state and returns u = w / rho.
  const Vector& look(const Vector& x);
  /// Flow time since enter(); +infinity where a number cannot hold it.
  Real elapsed(const Vector& x) const;
  Real log_elapsed(const Vector& x) const;
  /// The q at which elapsed() is this.
  Real quadrature(Real elapsed) const;
  /// dt/ds = rho^{2-D}; +infinity or 0 where a number cannot hold it.
  Real time_rate(const Vector& x) const;

  // As a system for steppers.
  void operator()(const Vector& x, Vector& dxdt, Real s);
  /// d(d', ell')/d(d, ell), n + groups rows and columns. One Hessian.
  void jacobian(const Vector& x, Matrix& out, Real s);
  /// At the state of the last call of look(): bounds of the changes of all rates when each component of G
  /// changes by at most so much (those of q and e, that nothing depends on, are 0).
  void bound_rates(const Vector& change, Vector& rates) const;
  Index quadratures() const { return 2; }
  /// After jacobian() at the same state it costs nothing.
  void quadrature_jacobian(const Vector& x, Matrix& out, Real s);

  /// ln rho_0 and kappa: what a checkpoint needs beside the state.
  Real origin() const { return log_norm_0_; }
  Real kappa() const { return kappa_; }
  void restore(Real origin, Real kappa);

 private:
  Index group_of(Index i) const { return groups_.first[static_cast<std::size_t>(i)]; }
  void measure(const Vector& x);
  void evaluate(const Vector& x);
  void differentiate(const Vector& x);
  Vector start_here(Vector x);

  Correlation& correlation_;
  ParameterGroups groups_;
  Index group_count_ = 0;  // of the first groups
  Real energy_unit_;
  int degree_;
  Real log_norm_0_ = 0, kappa_ = 1;
  // At the state of the last call, see the .cpp.
  Vector length_, r_, unit_, u_, g_, gamma_, alpha_;
  Real log_rho_ = 0;
  Matrix hessian_, variation_, along_;
  mutable std::vector<char> seen_;
  Vector varied_at_;
};

}  // namespace saddleflow

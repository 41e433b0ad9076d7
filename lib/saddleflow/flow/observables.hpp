// What is recorded along a trajectory: functions of the weights, evaluated together and by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/gradient_flow.hpp"

namespace saddleflow {

/// The recorded quantities at one state.
struct Observables {
  Real loss = 0;
  Real gradient_norm = 0;
  Real weight_norm = 0;
  Real proximity = 0;  ///< r, scale-free distance to criticality: see Probe
  Real balance_drift =
      0;  ///< largest change of a conserved quantity since t = 0, over the largest ||w||^2 so far
  Real energy_drift = 0;  ///< |L(0) - L(t) - E(t)| / L(0)
  Vector layer_norm;      ///< Frobenius norm of each W_l
  Vector neuron_norm;     ///< norm of all weights into and out of each hidden neuron
};

/// Evaluates observables of states x = (w, E) of one trajectory. The proximity to a critical point is
///   r = ||grad L|| ||w|| / ( ||H|| (||l'(H)|| + eta ||l'(0)||) ),   l' the derivative of the loss by the
///   outputs.
/// Without eta it is the sine between l' and the tangent space, up to a factor: free of units, of the
/// reduction, of the size of the weights and of the loss, so that r = O(1) both near the origin and in a jump
/// between two saddles of small loss (||grad L|| / (||H|| ||w||) misses those). eta = 1e-4 lets r fall to 0
/// where the data are fitted, at a loss of 1e-8 of that of the origin. Everything that needs a gradient takes
/// it from the objective, which keeps the one at the end of a step: recording accepted steps costs no
/// gradients.
class Probe {
 public:
  /// `x0`: the state at t = 0, to which the drifts refer. The flow must outlive the probe.
  Probe(GradientFlow& flow, const Vector& x0);

  void observe(const Vector& x, Observables& out);
  /// d ln r / dt along the flow: negative while a critical point is approached. One gradient, one
  /// Hessian-vector product and one output tangent. 0 where r = 0.
  Real proximity_rate(const Vector& x);
  /// Sine of the angle between w and -grad L: 0 on a ray that the flow keeps (a KKT direction near the
  /// origin).
  Real misalignment(const Vector& x);

  /// The largest ||w||^2 seen by observe(); part of a checkpoint.
  Real largest_square_norm() const { return largest_square_norm_; }
  void set_largest_square_norm(Real value) { largest_square_norm_ = value; }
  GradientFlow& flow() const { return flow_; }

 private:
  GradientFlow& flow_;
  void update_loss_derivative(const Vector& w);
  Real residual_scale() const;

  Real initial_loss_ = 0;
  Real origin_residual_ = 0;  // eta ||l'(0)||
  Matrix residual_, curvature_;
  Real largest_square_norm_ = 0;
  Vector initial_balance_, balance_, gradient_, product_;
};

/// A recorded quantity, by the name it has in the run file: "loss", "gradient_norm", "weight_norm",
/// "proximity", "balance_drift", "energy_drift", "layer_norm[l]", "neuron_norm[k]" (indices from 0).
class Quantity {
 public:
  /// Throws InputError that starts with `key` and lists the names for an unknown one or an index out of
  /// range.
  Quantity(const std::string& name, const Network& network, const std::string& key);
  const std::string& name() const { return name_; }
  Real of(const Observables& observables) const;
  /// True where the value needs the weights only, neither forward nor backward pass.
  bool is_cheap() const;

 private:
  enum class Kind { loss, gradient_norm, weight_norm, proximity, balance_drift, energy_drift, layer, neuron };
  std::string name_;
  Kind kind_ = Kind::loss;
  Index index_ = 0;
};

}  // namespace saddleflow

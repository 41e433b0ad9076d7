// What is recorded along a trajectory, by name.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// The recorded quantities at one state.
struct Observables {
  Real loss = 0;
  Real gradient_norm = 0;
  Real weight_norm = 0;
  Real log_weight_norm = 0;  ///< where weight_norm underflows
  Real proximity = 0;        ///< r, scale-free distance to criticality: see Probe
  /// Sine of the angle between w and -grad L (either way): near the origin the residual of the KKT condition
  /// for the direction w / ||w||, ||grad N - D N u|| / ||grad N||.
  Real kkt_residual = 0;
  Real balance_drift = 0;  ///< largest change of a conserved quantity since t = 0, see BalanceGauge
  Real energy_drift = 0;   ///< |L(0) - L(t) - E(t)| / L(0)
  /// Share of weight decay in the loss, (1/2) sum_l lambda_l |W_l|^2; NaN without decay.
  Real penalty = std::numeric_limits<Real>::quiet_NaN();
  // Of losses that have margins, else NaN; see MarginGauge.
  Real normalised_margin = std::numeric_limits<Real>::quiet_NaN();
  Real margin_kkt_residual = std::numeric_limits<Real>::quiet_NaN();
  Vector layer_norm;   ///< Frobenius norm of each W_l
  Vector neuron_norm;  ///< norm of all weights into and out of each hidden neuron
};

/// A recorded quantity, by the name it has in the run file: "loss", "gradient_norm", "weight_norm",
/// "proximity", "kkt_residual", "balance_drift", "energy_drift", "layer_norm[l]", "neuron_norm[k]" (indices
/// from 0).
class Quantity {
 public:
  /// Throws InputError that starts with `key` and lists the names for an unknown one or an index out of
  /// range.
  Quantity(const std::string& name, const Network& network, const std::string& key);
  const std::string& name() const { return name_; }
  Real of(const Observables& observables) const;
  /// What has to be evaluated for it.
  enum class Needs { weights, loss, gradient };
  Needs needs() const;
  /// The same of the weights alone, where nothing else is needed.
  Real of_weights(const Network& network, const Vector& w) const;

 private:
  enum class Kind {
    loss,
    gradient_norm,
    weight_norm,
    proximity,
    kkt_residual,
    balance_drift,
    energy_drift,
    layer,
    neuron
  };
  std::string name_;
  Kind kind_ = Kind::loss;
  Index index_ = 0;
};

}  // namespace saddleflow

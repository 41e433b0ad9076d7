// Faces of a nonsmooth network's cells (p = 1, alpha != 1): where pre-activations are held at zero.
#pragma once

#include <vector>

#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {

/// A pre-activation of the first hidden layer.
struct HeldKink {
  Index neuron = 0;  ///< row of W_1
  Index sample = 0;  ///< or column, see Kink
  Real size = 0;     ///< |w.x| / (||w|| ||x||)
};

/// The pre-activations of the first layer of size up to `tolerance`, smallest first. Neurons and samples that
/// are zero have none.
std::vector<HeldKink> first_layer_kinks(const Correlation& correlation, const Vector& u, Real tolerance);

/// What a trajectory is held on: kinks, and neurons of the first layer whose incoming weights are zero.
class Face {
 public:
  explicit Face(const Correlation& correlation) : correlation_(&correlation) {}

  bool empty() const { return kinks_.empty() && neurons_.empty(); }
  bool holds(const HeldKink& kink) const;
  bool holds_neuron(Index neuron) const;
  void add(const HeldKink& kink) { kinks_.push_back(kink); }
  void add_neuron(Index neuron);
  /// The kink that opens() has named.
  void remove(Index kink) { kinks_.erase(kinks_.begin() + kink); }

  /// d z / d u of everything that is held, unit columns, n x r: kinks first.
  Matrix normals() const;
  /// An orthonormal basis of their span.
  Matrix basis() const;
  Vector onto(const Vector& u) const;
  /// Whether f climbs (to first order) where the last kink added opens, to either side, while the others
  /// stay.
  bool last_opens(const SphereFunction& f, const SpherePoint& point) const;
  /// The first kink that opens in this sense: the flow leaves there. Its number, or -1; `way` then is the
  /// unit vector to that side.
  Index opens(const SphereFunction& f, const SpherePoint& point, Vector& way) const;

 private:
  Matrix openings() const;
  bool opens_along(const SphereFunction& f, const SpherePoint& point, const Vector& opening,
                   Vector& way) const;

  const Correlation* correlation_;  // a pointer, so that faces can be assigned
  std::vector<HeldKink> kinks_;
  std::vector<Index> neurons_;
};

}  // namespace saddleflow

// The loss of a population beside a neuron without incoming weights: a cone (THEORY.md, section 7).
#pragma once

#include <memory>

#include "saddleflow/network/kernel.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// With p = 1 the loss is L_0 + h(v) + O(|v|^2) in the incoming weights v of one neuron, h(v) = -<f* - f, a
/// sigma(v . x)> positively homogeneous of degree 1, a the outgoing weights. Where h > 0 in all directions v
/// = 0 is a strict local minimum in v, reached in finite time.
class NeuronCone {
 public:
  struct Minimum {
    Real value = 0;    ///< of h
    Vector direction;  ///< unit vector
    Index ways = 0;    ///< of least(): local minima found that are below -rounding
  };

  /// At weights w (all of them), in which the incoming weights of the neurons that are asked for are zero.
  /// The network is a MeansNetwork with p = 1 and one hidden layer.
  NeuronCone(const Objective& objective, const Vector& w);

  /// Of a neuron with these weights.
  Real value(const Vector& incoming, const Vector& outgoing);
  /// The local minimum on the unit sphere that descent from this direction (of any length > 0) reaches.
  Minimum descend(const Vector& direction, const Vector& outgoing);
  /// The largest |grad h| among the directions of least().
  Real slope(const Vector& outgoing);
  /// Where gradient descent on h with the step 1 goes from v = `from`: h is homogeneous, so that these are
  /// the steps of any tiny step size.
  struct Hover {
    bool stays = false;  ///< near zero: the steps go to and fro, whatever falls elsewhere
    Vector place;        ///< where it is at the end, which is the way it leaves by where it does not stay
  };
  /// `lowered`: of h(v) - s |v|, s this part of slope(). Ends at `steps`, or where the steps repeat
  /// themselves.
  Hover tiny_steps(const Vector& from, const Vector& outgoing, Real lowered, int steps);
  /// The least one, by descent from both directions of every neuron of target and network, from those of the
  /// axes and from random ones, the same for every call.
  Minimum least(const Vector& outgoing, Real rounding);
  /// What |h| / |a| may reach on the sphere, up to a factor: sum of the sizes of all neurons of f* - f.
  Real unit() const { return unit_; }

 private:
  /// grad h at v != 0; h(v) = <grad h, v>.
  const Vector& gradient(const Vector& v, const Vector& outgoing);
  void make_starts();

  Index size_;  // of v
  Matrix columns_, residual_;
  std::shared_ptr<const Network> network_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<Vector> starts_;
  Real unit_ = 0;
  Vector weights_, all_, gradient_;
};

}  // namespace saddleflow

// Slow and plain: what the limit of the mirror flow of a diagonal linear network does, step by step.
#pragma once

#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow::pursuit_test {

/// Implicit Euler steps of ds/dtau = -grad L(beta), s in the subdifferential of |beta|_1: with the step h,
///   beta = argmin L(b) + (|b|_1 - <s, b>) / h,   s <- s - h grad L(beta),
/// the minimum by coordinate descent, one coordinate by Newton's method within a bracket, and Newton steps of
/// all between.
class Bregman {
 public:
  Bregman(Dataset data, Loss loss, Real h);
  void step();
  const Vector& beta() const { return beta_; }

 private:
  struct Slope {
    Real value, derivative;
  };
  Slope slope(Index j, Real b);
  Real best(Index j);
  /// Of the minimum that a step looks for.
  Real merit(const Vector& beta, const Matrix& outputs) const;
  void move_all();
  Dataset data_;
  Matrix inputs_;  // a sample a row: coordinate descent reads one input of all samples
  Loss loss_;
  Real h_;
  Vector s_, beta_;
  Matrix outputs_, moved_, r_;
  OutputCurvature curvature_;
};

/// The least loss over beta in the cone with |beta_j| <= bound: projected gradient steps of safe length.
Real slow_cone_loss(const Dataset& data, const Loss& loss, const Vector& sigma, Real bound);

}  // namespace saddleflow::pursuit_test

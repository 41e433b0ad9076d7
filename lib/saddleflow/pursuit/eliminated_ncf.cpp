#include "saddleflow/pursuit/eliminated_ncf.hpp"

namespace saddleflow {

Vector EliminatedNcf::response(const Vector& a) const {
  z_.noalias() = a.transpose() * inputs_;
  activation_.value(z_, value_);
  return residual_ * value_.transpose();
}

void EliminatedNcf::gradient(const Vector& a, Vector& g) const {
  ++gradients_;
  const Vector back = residual_.transpose() * response(a);
  activation_.derivative(z_, slope_);
  g.noalias() = inputs_ * slope_.transpose().cwiseProduct(back);
}

void EliminatedNcf::hessian(const Vector& a, Matrix& h) const {
  ++hessians_;
  const Vector back = residual_.transpose() * response(a);
  activation_.derivative(z_, slope_);
  activation_.second_derivative(z_, curvature_);
  const Matrix jacobian = residual_ * slope_.row(0).asDiagonal() * inputs_.transpose();
  const Vector bend = curvature_.transpose().cwiseProduct(back);
  h.noalias() = jacobian.transpose() * jacobian;
  h.noalias() += inputs_ * bend.asDiagonal() * inputs_.transpose();
}

}  // namespace saddleflow

#include "saddleflow/flow/gradient_flow.hpp"

namespace saddleflow {

GradientFlow::GradientFlow(Objective& objective)
    : objective_(objective), w_(objective.size()), gradient_(objective.size()), product_(objective.size()) {}

Vector GradientFlow::initial_state(const Vector& w0) {
  Vector x(w0.size() + 1);
  x.head(w0.size()) = w0;
  x[w0.size()] = 0;
  return x;
}

const Vector& GradientFlow::weights(const Vector& x) {
  w_ = x.head(parameter_count());
  return w_;
}

void GradientFlow::operator()(const Vector& x, Vector& dxdt, Real /*t*/) {
  objective_.gradient(weights(x), gradient_);
  const Index n = parameter_count();
  dxdt.resize(n + 1);
  dxdt.head(n) = -gradient_;
  dxdt[n] = gradient_.squaredNorm();
}

void GradientFlow::hessian(const Vector& x, Matrix& out, Real /*t*/) { objective_.hessian(weights(x), out); }

void GradientFlow::hessian_vector(const Vector& x, const Vector& v, Vector& out, Real /*t*/) {
  objective_.hessian_vector(weights(x), v, out);
}

void GradientFlow::quadrature_jacobian(const Vector& x, Matrix& out, Real /*t*/) {
  const Vector& w = weights(x);
  objective_.gradient(w, gradient_);
  objective_.hessian_vector(w, gradient_, product_);
  out.resize(1, parameter_count());
  out.row(0) = Real(2) * product_.transpose();
}

Operations GradientFlow::operations() const {
  return {objective_.gradient_operations(), objective_.hessian_operations()};
}

}  // namespace saddleflow

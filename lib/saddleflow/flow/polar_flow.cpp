#include "saddleflow/flow/polar_flow.hpp"

#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

PolarFlow::PolarFlow(Correlation& correlation, Real energy_unit)
    : correlation_(correlation),
      energy_unit_(energy_unit > 0 ? energy_unit : Real(1)),
      degree_(correlation.network().degree()),
      u_(correlation.size()),
      g_(correlation.size()) {}

Vector PolarFlow::enter(const Vector& cartesian) {
  const Index n = parameter_count();
  const Vector w = cartesian.head(n);
  const Real norm = w.stableNorm();
  if (!(norm > 0)) throw InputError("polar chart: the weights are all zero, they have no direction");
  // Scaled first: the squares of tiny weights underflow.
  Vector u = w / w.cwiseAbs().maxCoeff();
  u.normalize();
  return enter(u, std::log(norm), cartesian[n]);
}

Vector PolarFlow::enter(const Vector& direction, Real log_norm, Real energy) {
  const Index n = parameter_count();
  Vector x(n + extra());
  x.head(n) = direction;
  x[n] = log_norm;
  x[n + 1] = 0;
  x[n + 2] = energy / energy_unit_;
  log_norm_0_ = log_norm;
  evaluate(x);
  const Real speed = g_.norm();
  kappa_ = speed > 0 && std::isfinite(speed) ? speed : Real(1);
  return x;
}

void PolarFlow::restore(Real origin, Real kappa) {
  log_norm_0_ = origin;
  kappa_ = kappa;
}

Vector PolarFlow::cartesian(const Vector& x) const {
  const Index n = parameter_count();
  Vector result(n + 1);
  result.head(n) = (std::exp(log_norm(x)) / x.head(n).norm()) * x.head(n);
  result[n] = energy(x);
  return result;
}

const Vector& PolarFlow::direction(const Vector& x) {
  const Index n = parameter_count();
  length_ = x.head(n).norm();
  u_ = x.head(n) / length_;
  return u_;
}

const Vector& PolarFlow::look(const Vector& x) {
  const Real c = std::exp(static_cast<Real>(degree_) * log_norm(x));
  // A trial step may have gone anywhere; NaN then makes the stepper reject it.
  if (!std::isfinite(c)) {
    u_ = Vector::Constant(parameter_count(), std::numeric_limits<Real>::quiet_NaN());
    return u_;
  }
  correlation_.set_output_scale(c);
  return direction(x);
}

void PolarFlow::evaluate(const Vector& x) {
  const Vector& u = look(x);
  correlation_.gradient(u, g_);
  radial_ = u.dot(g_);
}

Real PolarFlow::elapsed(const Vector& x) const {
  const Real q = x[parameter_count() + 1];
  return degree_ == 2 ? q / kappa_ : std::exp(static_cast<Real>(2 - degree_) * log_norm_0_) * (q / kappa_);
}

Real PolarFlow::log_elapsed(const Vector& x) const {
  return static_cast<Real>(2 - degree_) * log_norm_0_ + std::log(x[parameter_count() + 1] / kappa_);
}

Real PolarFlow::time_rate(const Vector& x) const {
  return std::exp(static_cast<Real>(2 - degree_) * log_norm(x));
}

void PolarFlow::operator()(const Vector& x, Vector& dxdt, Real /*s*/) {
  evaluate(x);
  const Index n = parameter_count();
  dxdt.resize(n + extra());
  dxdt.head(n) = g_ - radial_ * u_;
  dxdt[n] = radial_;
  dxdt[n + 1] = kappa_ * std::exp(static_cast<Real>(2 - degree_) * (x[n] - log_norm_0_));
  dxdt[n + 2] = correlation_.output_scale() * g_.squaredNorm() / energy_unit_;
}

// With S = Hess Phi_c at u/|u| and P = I - u u^T:  dG = S du + g_l dell,  g_l = S u - (D-1) G;
//   d(u')   = (S - u (G + S u)^T - <u,G> I) P du / |u| + P g_l dell,
//   d(ell') = (G + S u)^T P du / |u| + <u, g_l> dell.
void PolarFlow::jacobian(const Vector& x, Matrix& out, Real /*s*/) {
  evaluate(x);
  const Index n = parameter_count();
  correlation_.hessian(u_, hessian_);
  product_.noalias() = hessian_ * u_;
  tangent_ = product_ - static_cast<Real>(degree_ - 1) * g_;  // g_l
  const Vector row = g_ + product_;
  out.resize(n + 1, n + 1);
  auto block = out.topLeftCorner(n, n);
  block = hessian_;
  block.diagonal().array() -= radial_;
  block.noalias() -= u_ * row.transpose();
  // times P from the right
  const Vector on_u = block * u_;
  block.noalias() -= on_u * u_.transpose();
  block /= length_;
  const Real along = u_.dot(tangent_);
  out.col(n).head(n) = tangent_ - along * u_;
  out.row(n).head(n) = ((row - row.dot(u_) * u_) / length_).transpose();
  out(n, n) = along;
}

void PolarFlow::hessian_vector(const Vector& x, const Vector& v, Vector& out, Real /*s*/) {
  evaluate(x);
  const Index n = parameter_count();
  tangent_ = v.head(n) - u_.dot(v.head(n)) * u_;
  correlation_.hessian_vector(u_, tangent_, product_);
  out.resize(n + 1);
  out.head(n) = radial_ * tangent_ - product_ + u_.dot(product_) * u_;
  out[n] = 0;
}

void PolarFlow::quadrature_jacobian(const Vector& x, Matrix& out, Real /*s*/) {
  evaluate(x);
  const Index n = parameter_count();
  const Real c = correlation_.output_scale(), degree = static_cast<Real>(degree_);
  correlation_.hessian_vector(u_, g_, product_);
  const Real square = g_.squaredNorm();
  out.setZero(2, n + 1);
  out(0, n) = kappa_ * (2 - degree) * std::exp((2 - degree) * (x[n] - log_norm_0_));
  tangent_ = product_ - u_.dot(product_) * u_;
  out.row(1).head(n) = (2 * c / (energy_unit_ * length_)) * tangent_.transpose();
  // <G, g_l> = <G, S u> - (D-1)|G|^2
  out(1, n) = c * (degree * square + 2 * (product_.dot(u_) - (degree - 1) * square)) / energy_unit_;
}

}  // namespace saddleflow

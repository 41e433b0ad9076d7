#include <Eigen/Cholesky>
#include <cmath>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/saddle/limit_path.hpp"

namespace saddleflow {

Real log_escape_time(int degree, Real value, Real log_delta) {
  if (degree == 2) return std::log(-log_delta / (2 * value));
  const auto d = static_cast<Real>(degree);
  return -std::log(d * (d - 2) * value) - (d - 2) * log_delta;
}

Real escape_time(int degree, Real value, Real log_delta) {
  if (degree == 2) return -log_delta / (2 * value);
  return std::exp(log_escape_time(degree, value, log_delta));
}

namespace {

// a of the expansion. The normal component is fixed by |u| = 1: any positive number keeps the matrix definite
// there.
Vector first_correction(Correlation& correlation, const Vector& u, Real value, const Vector& slope) {
  const auto degree = static_cast<Real>(correlation.network().degree());
  Matrix matrix;
  correlation.hessian(u, matrix);
  const Vector hu = matrix * u;
  const Real uhu = u.dot(hu);
  matrix = -matrix;
  matrix.noalias() += u * hu.transpose() + hu * u.transpose() - uhu * u * u.transpose();  // -P S P
  matrix.diagonal().array() += (degree * degree + degree) * value;
  const Vector f = slope - u.dot(slope) * u;
  const Eigen::LLT<Matrix> llt(matrix);
  if (llt.info() != Eigen::Success)
    throw InputError(
        "limit path: the KKT point is left along the sphere faster than the path leaves the origin");
  Vector a = llt.solve(f);
  // Parameters that are zero in u and that nothing moves stay exactly zero.
  for (Index i = 0; i < a.size(); ++i)
    if (u[i] == 0 && f[i] == 0) a[i] = 0;
  return a - u.dot(a) * u;
}

}  // namespace

LimitPathStart limit_path_start(Correlation& correlation, const KktPoint& point, Real tolerance) {
  if (!(point.value > 0))
    throw InputError(fmt::format("limit path: the KKT point has N = {:.3g}, expected a positive one",
                                 static_cast<double>(point.value)));
  const int degree = correlation.network().degree();
  const auto d = static_cast<Real>(degree);
  const Vector& u = point.direction;
  correlation.set_output_scale(0);
  Vector slope;
  correlation.scale_derivative(u, slope);
  const Real beta = u.dot(slope), rate = d * point.value;
  const Vector a = first_correction(correlation, u, point.value, slope);
  // The next terms are of the order of the square of the first ones.
  const Real size = std::max(a.norm(), std::abs(beta) / rate);
  const Real c = size > 0 ? std::sqrt(tolerance) / size : std::sqrt(tolerance);
  LimitPathStart start;
  start.kkt_direction = u;
  start.slope = a;
  start.value = point.value;
  start.beta = beta;
  start.degree = degree;
  start.correction = c * a.norm();
  start.direction = (u + c * a).normalized();
  start.log_norm = std::log(c) / d;
  start.time = start.time_at(start.log_norm);
  return start;
}

Real LimitPathStart::time_at(Real log_rho) const {
  const auto d = static_cast<Real>(degree);
  const Real rate = d * value;
  const Real leading = degree == 2 ? log_rho / rate : -std::exp((2 - d) * log_rho) / ((d - 2) * rate);
  return leading - beta * std::exp(2 * log_rho) / (2 * rate * rate);
}

// The second term is of the relative size of the correction, so that this contracts by as much: to rounding
// in two or three rounds where the correction is as small as it is to be, and in sixteen where it is a tenth.
constexpr int kContractions = 20;

Real LimitPathStart::log_norm_at(Real t) const {
  const auto d = static_cast<Real>(degree);
  const Real rate = d * value;
  Real log_rho = log_norm;
  for (int k = 0; k < kContractions; ++k) {
    const Real leading = t + beta * std::exp(2 * log_rho) / (2 * rate * rate);
    log_rho = degree == 2 ? rate * leading : -std::log(-(d - 2) * rate * leading) / (d - 2);
  }
  return log_rho;
}

Vector LimitPathStart::at(Real t) const {
  const Real log_rho = log_norm_at(t);
  const Real c = std::exp(static_cast<Real>(degree) * log_rho);
  return std::exp(log_rho) * (kkt_direction + c * slope).normalized();
}

}  // namespace saddleflow

#include "plateau_problem.hpp"

#include <boost/random/normal_distribution.hpp>

namespace saddleflow::test {

PlateauProblem::PlateauProblem(unsigned seed, Index inputs, Index neurons, Index samples, Index teachers)
    : d_(inputs), m_(neurons), n_(samples), x_(inputs, samples), random_(seed) {
  fill(x_);
  Matrix teacher(teachers, inputs);
  fill(teacher);
  teacher.rowwise().normalize();
  // Teachers of falling size, so that the saddles are visited one after the other.
  Vector outer(teachers);
  for (Index k = 0; k < teachers; ++k)
    outer[k] =
        (k % 2 == 0 ? Real(1) : Real(-1)) * static_cast<Real>(teachers - k) / static_cast<Real>(teachers);
  y_ = (teacher * x_).cwiseMax(Real(0)).array().square().matrix().transpose() * outer;
  jacobian_.resize(size(), n_);
}

Vector PlateauProblem::start(Real norm) {
  Vector w(size());
  fill(w);
  return w * (norm / w.norm());
}

Real PlateauProblem::loss(const Vector& w) {
  forward(w);
  return Real(0.5) * residual_.squaredNorm() * static_cast<Real>(n_);
}

void PlateauProblem::operator()(const Vector& w, Vector& dwdt, Real /*t*/) {
  ++counts.gradients;
  forward(w);
  const auto v = w.tail(m_);
  drive_ = (positive_.array() * 2).rowwise() * residual_.transpose().array();
  drive_.array().colwise() *= v.array();
  Eigen::Map<Matrix>(dwdt.data(), m_, d_).noalias() = -drive_ * x_.transpose();
  dwdt.tail(m_).noalias() = -square_ * residual_;
}

void PlateauProblem::hessian_vector(const Vector& w, const Vector& p, Vector& out, Real /*t*/) {
  ++counts.products;
  forward(w);
  const auto v = w.tail(m_);
  const auto q = p.tail(m_);
  const Matrix dz = Eigen::Map<const Matrix>(p.data(), m_, d_) * x_;
  const Matrix da = 2 * positive_.cwiseProduct(dz);
  const Vector dr = (square_.transpose() * q + da.transpose() * v) / static_cast<Real>(n_);
  Matrix b = 2 * positive_;
  const Matrix on = (positive_.array() > 0).select(2 * dz, Real(0));
  b = (b.array().colwise() * q.array() + on.array().colwise() * v.array()).rowwise() *
          residual_.transpose().array() +
      (b.array().colwise() * v.array()).rowwise() * dr.transpose().array();
  Eigen::Map<Matrix>(out.data(), m_, d_).noalias() = b * x_.transpose();
  out.tail(m_).noalias() = da * residual_ + square_ * dr;
}

void PlateauProblem::hessian(const Vector& w, Matrix& h, Real /*t*/) {
  ++counts.hessians;
  forward(w);
  const auto v = w.tail(m_);
  for (Index i = 0; i < n_; ++i) {
    const Vector s = 2 * positive_.col(i).cwiseProduct(v);
    for (Index j = 0; j < d_; ++j) jacobian_.col(i).segment(j * m_, m_) = s * x_(j, i);
    jacobian_.col(i).tail(m_) = square_.col(i);
  }
  h.noalias() = jacobian_ * jacobian_.transpose() / static_cast<Real>(n_);
  for (Index k = 0; k < m_; ++k) {
    const Vector on =
        (positive_.row(k).array() > 0).select(2 * v[k] * residual_.transpose(), Real(0)).transpose();
    const Matrix block = x_ * on.asDiagonal() * x_.transpose();
    const Vector cross = x_ * (2 * positive_.row(k).transpose().cwiseProduct(residual_));
    for (Index a = 0; a < d_; ++a) {
      for (Index b = 0; b < d_; ++b) h(k + m_ * a, k + m_ * b) += block(a, b);
      h(k + m_ * a, m_ * d_ + k) += cross[a];
      h(m_ * d_ + k, k + m_ * a) += cross[a];
    }
  }
}

void PlateauProblem::fill(Eigen::Ref<Matrix> values) {
  boost::random::normal_distribution<double> normal;
  for (Index j = 0; j < values.cols(); ++j)
    for (Index i = 0; i < values.rows(); ++i) values(i, j) = static_cast<Real>(normal(random_));
}

void PlateauProblem::forward(const Vector& w) {
  positive_.noalias() = Eigen::Map<const Matrix>(w.data(), m_, d_) * x_;
  positive_ = positive_.cwiseMax(Real(0));
  square_ = positive_.cwiseAbs2();
  residual_.noalias() = square_.transpose() * w.tail(m_);
  residual_ = (residual_ - y_) / static_cast<Real>(n_);
}

}  // namespace saddleflow::test

// Test problems with closed forms or published reference values.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow::test {

/// Gaussian entries; a random orthogonal matrix; an inverse: compiled once, in problems.cpp.
Matrix gaussian(Index rows, Index cols, unsigned seed);
Matrix rotation(Index n, unsigned seed);
Matrix inverse(const Matrix& m);
/// Drive a stepper to exactly `end`; returns the final state.
Vector drive(Stepper& stepper, const System& system, Real end);

/// y_i' = -c_i y_i^3 in the coordinates x = S y: y_i(t) = y_i0 / sqrt(1 + 2 c_i y_i0^2 t). A gradient flow
/// when S is orthogonal. One trailing integral q' = |y|^2.
class Quartic {
 public:
  explicit Quartic(const Matrix& s) : s_(s), inverse_(inverse(s)), c_(s.rows()), y0_(s.rows()) {
    for (Index i = 0; i < c_.size(); ++i) {
      c_[i] = Real(0.5) + Real(0.4) * static_cast<Real>(i);
      y0_[i] = Real(1) + Real(0.3) * static_cast<Real>(i % 3);
    }
  }
  Vector exact(Real t) const {
    const Index n = c_.size();
    Vector x(n + 1);
    const Array growth = 1 + 2 * c_.array() * y0_.array().square() * t;
    x.head(n) = s_ * (y0_.array() / growth.sqrt()).matrix();
    x[n] = (growth.log() / (2 * c_.array())).sum();
    return x;
  }
  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) {
    ++calls;
    const Vector y = inverse_ * x.head(c_.size());
    dxdt.head(c_.size()) = -(s_ * (c_.array() * y.array().cube()).matrix());
    dxdt[c_.size()] = y.squaredNorm();
  }
  Index quadratures() const { return 1; }
  void quadrature_jacobian(const Vector& x, Matrix& q, Real /*t*/) const {
    q = 2 * (inverse_ * x.head(c_.size())).transpose() * inverse_;
  }
  std::int64_t calls = 0;

 protected:
  Matrix minus_jacobian(const Vector& x) const {
    const Vector y = inverse_ * x.head(c_.size());
    return s_ * (3 * c_.array() * y.array().square()).matrix().asDiagonal() * inverse_;
  }

 private:
  Matrix s_, inverse_;
  Vector c_, y0_;
};

class SymmetricQuartic : public Quartic {
 public:
  SymmetricQuartic() : Quartic(rotation(5, 3)) {}
  void hessian(const Vector& x, Matrix& h, Real /*t*/) const { h = minus_jacobian(x); }
};

class GeneralQuartic : public Quartic {
 public:
  GeneralQuartic() : Quartic(rotation(5, 3) + Real(0.3) * gaussian(5, 5, 4)) {}
  void jacobian(const Vector& x, Matrix& j, Real /*t*/) const { j = -minus_jacobian(x); }
};

/// Linear gradient flow x' = -H x with given eigenvalues in a random basis.
class LinearFlow {
 public:
  LinearFlow(const Vector& eigenvalues, unsigned seed)
      : eigenvalues_(eigenvalues), basis_(rotation(eigenvalues.size(), seed)) {
    h_ = basis_ * eigenvalues.asDiagonal() * basis_.transpose();
    start_ = basis_ * Vector::Ones(eigenvalues.size());
  }
  const Vector& start() const { return start_; }
  Vector exact(Real t) const { return basis_ * (-t * eigenvalues_.array()).exp().matrix(); }
  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) {
    ++calls;
    dxdt = -(h_ * x);
  }
  void hessian(const Vector& /*x*/, Matrix& h, Real /*t*/) const { h = h_; }
  void hessian_vector(const Vector& /*x*/, const Vector& v, Vector& out, Real /*t*/) {
    ++products;
    out = h_ * v;
  }
  std::int64_t calls = 0, products = 0;

 private:
  Vector eigenvalues_;
  Matrix basis_, h_;
  Vector start_;
};

/// Robertson's kinetics (1966) without derivatives, from (1, 0, 0).
struct PlainRobertson {
  void operator()(const Vector& y, Vector& f, Real) {
    ++calls;
    const Real a = Real(0.04) * y[0], b = Real(1e4) * y[1] * y[2], c = Real(3e7) * y[1] * y[1];
    f << b - a, a - b - c, c;
  }
  static Vector start() { return Vector{{1, 0, 0}}; }
  /// y(1e11), of the test set of Bari (Mazzia & Magherini 2008).
  static Vector at_1e11() {
    return Vector{{Real(0.2083340149701255e-7L), Real(0.8333360770334713e-13L), Real(0.9999999791665050L)}};
  }
  std::int64_t calls = 0;
};

struct Robertson : PlainRobertson {
  void jacobian(const Vector& y, Matrix& j, Real) const {
    const Real p = Real(1e4) * y[2], q = Real(1e4) * y[1], r = Real(6e7) * y[1], k = Real(0.04);
    j << -k, p, q, k, -p - r, -q, 0, r, 0;
  }
};

inline StepperOptions tolerance(Real rtol, Real atol = 0) {
  StepperOptions options;
  options.error.rtol = rtol;
  options.error.atol = atol;
  return options;
}

inline Real relative(const Vector& x, const Vector& exact) { return (x - exact).norm() / exact.norm(); }

}  // namespace saddleflow::test

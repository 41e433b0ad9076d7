// The population loss with inputs of the plane by a quadrature over their angle: an independent value.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "problem/population_problem.hpp"

namespace saddleflow {

/// Nodes and weights of Gauss and Legendre's rule on [-1, 1], by Newton's method on the polynomial.
struct GaussLegendre {
  explicit GaussLegendre(int count) : nodes(static_cast<std::size_t>(count)), weights(nodes.size()) {
    for (int i = 0; i < count; ++i) {
      Real x = std::cos(std::numbers::pi_v<Real> * (static_cast<Real>(i) + Real(0.75)) /
                        (static_cast<Real>(count) + Real(0.5)));
      Real slope = 1;
      for (int step = 0; step < 50; ++step) {
        Real before = 1, value = x;
        for (int k = 2; k <= count; ++k) {
          const Real next = (static_cast<Real>(2 * k - 1) * x * value - static_cast<Real>(k - 1) * before) /
                            static_cast<Real>(k);
          before = value;
          value = next;
        }
        slope = static_cast<Real>(count) * (x * value - before) / (x * x - 1);
        x -= value / slope;
      }
      nodes[static_cast<std::size_t>(i)] = x;
      weights[static_cast<std::size_t>(i)] = 2 / ((1 - x * x) * slope * slope);
    }
  }
  std::vector<Real> nodes, weights;
};

/// E[r^k] of the length of a standard normal vector of the plane.
inline Real radial_moment(int k) {
  return std::exp2(static_cast<Real>(k) / 2) * std::tgamma(static_cast<Real>(k) / 2 + 1);
}

/// Loss, gradient and Hessian of inputs in the plane as integrals over their angle, piece by piece between
/// the angles at which a neuron has a kink. All terms are homogeneous in the length of the input.
class PlaneQuadrature {
 public:
  PlaneQuadrature(const PopulationProblem& p, const Vector& w)
      : p_(p), layout_(p.objective->network().layout()) {
    rows_ = layout_.matrix(w, 0);
    outer_ = layout_.matrix(w, 1);
    const Index n = p.objective->size();
    gradient.setZero(n);
    hessian.setZero(n, n);
    std::vector<Real> kinks = {-kPi, kPi};
    const auto add = [&](const Matrix& rows) {
      for (Index i = 0; i < rows.rows(); ++i)
        for (const Real turn : {-kPi / 2, kPi / 2})
          kinks.push_back(std::remainder(std::atan2(rows(i, 1), rows(i, 0)) + turn, 2 * kPi));
    };
    add(rows_);
    add(p.teacher.vectors);
    std::sort(kinks.begin(), kinks.end());
    const GaussLegendre rule(40);
    for (std::size_t piece = 1; piece < kinks.size(); ++piece)
      for (std::size_t k = 0; k < rule.nodes.size(); ++k) {
        const Real half = (kinks[piece] - kinks[piece - 1]) / 2;
        add_angle(kinks[piece - 1] + half * (1 + rule.nodes[k]), half * rule.weights[k] / (2 * kPi));
      }
    if (p.own.power() == 1) add_kinks();
  }

  Real loss = 0;
  Vector gradient;
  Matrix hessian;

 private:
  static constexpr Real kPi = std::numbers::pi_v<Real>;

  Vector direction(Real angle) const { return Vector{{std::cos(angle), std::sin(angle)}}; }

  Vector teacher_at(const Vector& x) const {
    const Vector z = p_.teacher.vectors * x;
    Vector value(z.size());
    for (Index j = 0; j < z.size(); ++j) value[j] = p_.teacher.activation.value(z[j]);
    return p_.teacher.outer * value;
  }

  void add_angle(Real angle, Real weight) {
    const Vector x = direction(angle), z = rows_ * x, target = teacher_at(x);
    const Index m = z.size(), k = outer_.rows();
    const int p = p_.own.power(), q = p_.teacher.activation.power();
    const Real own = radial_moment(2 * p), mixed = radial_moment(p + q), teacher = radial_moment(2 * q);
    Vector value(m), slope(m), bend(m);
    for (Index i = 0; i < m; ++i) {
      value[i] = p_.own.value(z[i]);
      slope[i] = p_.own.derivative(z[i]);
      bend[i] = p_.own.second_derivative(z[i]);
    }
    const Vector f = outer_ * value;
    loss += weight * (own * f.squaredNorm() - 2 * mixed * f.dot(target) + teacher * target.squaredNorm()) / 2;
    Matrix jacobian = Matrix::Zero(k, gradient.size());
    for (Index o = 0; o < k; ++o)
      for (Index i = 0; i < m; ++i) {
        jacobian(o, layout_.layer(1).offset + o + i * k) = value[i];
        for (Index a = 0; a < 2; ++a) jacobian(o, i + a * m) = outer_(o, i) * slope[i] * x[a];
      }
    const Vector residual = own * f - mixed * target;
    gradient += weight * jacobian.transpose() * residual;
    hessian += weight * own * jacobian.transpose() * jacobian;
    for (Index i = 0; i < m; ++i)
      for (Index a = 0; a < 2; ++a) {
        for (Index b = 0; b < 2; ++b)
          hessian(i + a * m, i + b * m) += weight * residual.dot(outer_.col(i)) * bend[i] * x[a] * x[b];
        for (Index o = 0; o < k; ++o) {
          const Index row = layout_.layer(1).offset + o + i * k;
          hessian(row, i + a * m) += weight * residual[o] * slope[i] * x[a];
          hessian(i + a * m, row) += weight * residual[o] * slope[i] * x[a];
        }
      }
  }

  // sigma'' of power 1 is (1 - alpha) times a delta: on the line w . x = 0 the inputs have the density
  // exp(-r^2/2) / (2 pi |w|), and residual times x x^T is homogeneous there.
  void add_kinks() {
    const int q = p_.teacher.activation.power();
    const auto along = [](int k) { return radial_moment(k - 1); };  // int r^k exp(-r^2/2) dr
    for (Index i = 0; i < rows_.rows(); ++i)
      for (const Real turn : {-kPi / 2, kPi / 2}) {
        const Vector x = direction(std::atan2(rows_(i, 1), rows_(i, 0)) + turn), z = rows_ * x;
        Vector value(z.size());
        for (Index l = 0; l < z.size(); ++l) value[l] = l == i ? Real(0) : p_.own.value(z[l]);
        const Vector residual = along(3) * (outer_ * value) - along(2 + q) * teacher_at(x);
        const Real weight =
            (1 - p_.own.slope()) * residual.dot(outer_.col(i)) / (2 * kPi * rows_.row(i).norm());
        for (Index a = 0; a < 2; ++a)
          for (Index b = 0; b < 2; ++b)
            hessian(i + a * rows_.rows(), i + b * rows_.rows()) += weight * x[a] * x[b];
      }
  }

  const PopulationProblem& p_;
  const Layout& layout_;
  Matrix rows_, outer_;
};

}  // namespace saddleflow

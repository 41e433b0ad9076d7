#include "saddleflow/correlation/scalar_problem.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/base/bounded_least_squares.hpp"

namespace saddleflow {
namespace {

/// ||target - found|| / ||found||; 0 where both vanish.
Real relative_distance(const Vector& target, const Vector& found) {
  const Real difference = (target - found).norm();
  return difference == 0 ? Real(0) : difference / found.norm();
}

}  // namespace

Real ComposedActivation::value(Real s) const {
  s = activation_.value(s);
  for (const Real sign : signs_) s = activation_.value(sign * s);
  return s;
}

Real ComposedActivation::derivative(Real s) const {
  Real slope = activation_.derivative(s);
  s = activation_.value(s);
  for (const Real sign : signs_) {
    slope *= sign * activation_.derivative(sign * s);
    s = activation_.value(sign * s);
  }
  return slope;
}

Real ComposedActivation::degree() const {
  return std::pow(static_cast<Real>(activation_.power()), static_cast<int>(signs_.size()) + 1);
}

ScalarKkt scalar_kkt(const ComposedActivation& tau, const Matrix& inputs, const Matrix& z, const Vector& q,
                     const Vector& v, Real kink_tolerance) {
  const Vector s = inputs.transpose() * v;
  const Vector y = z.transpose() * q;
  const Vector activated = s.unaryExpr([&tau](Real x) { return tau.value(x); });
  Vector weight = y.cwiseProduct(s.unaryExpr([&tau](Real x) { return tau.derivative(x); }));
  std::vector<Index> kinks;
  for (Index i = 0; i < s.size() && !tau.is_smooth(); ++i)
    if (std::abs(s[i]) <= kink_tolerance * inputs.col(i).norm()) kinks.push_back(i);
  for (const Index i : kinks) weight[i] = 0;

  ScalarKkt result;
  result.value = y.dot(activated);
  const Vector target_v = tau.degree() * result.value * v;
  Vector gradient_v = inputs * weight;
  if (!kinks.empty()) {
    // Here tau is 1-homogeneous: its one-sided derivatives at 0 are tau(1) and -tau(-1).
    const auto [low, high] = std::minmax({tau.value(1), -tau.value(-1)});
    const auto count = static_cast<Index>(kinks.size());
    Matrix columns(inputs.rows(), count);
    for (Index k = 0; k < count; ++k) {
      const Index i = kinks[static_cast<std::size_t>(k)];
      columns.col(k) = y[i] * inputs.col(i);
    }
    const BoundedSolution slopes =
        bounded_least_squares(columns, target_v - gradient_v, Vector::Constant(count, low),
                              Vector::Constant(count, high), Vector::Constant(count, (low + high) / 2));
    gradient_v += columns * slopes.x;
    result.resolved = slopes.converged;
  }
  const Vector gradient_q = z * activated;
  result.residual =
      std::max(relative_distance(target_v, gradient_v), relative_distance(result.value * q, gradient_q));
  return result;
}

}  // namespace saddleflow

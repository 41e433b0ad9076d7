// Rank-one KKT points built by hand: the scalar problem solved on a grid of angles and by bisection in long
// double, the factors put together by the formulas of THEORY.md, section 2.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/problem/objective.hpp"

namespace rank_one_point {

using saddleflow::Index;
using saddleflow::Matrix;
using saddleflow::Real;
using saddleflow::Vector;
using Long = long double;

struct Recipe {
  std::string name;
  std::vector<Index> sizes;  ///< 2 inputs
  Real slope = 0;
  int power = 1;
  std::vector<std::vector<Real>> q = {};  ///< of the hidden layers, of any length
  std::vector<Real> signs = {};           ///< of r_l . sigma(q_{l-1}), l = 2 .. m-1; all +1 when empty
  bool lowest = false;                    ///< with one output: the minimum instead of the maximum
};
inline std::ostream& operator<<(std::ostream& out, const Recipe& recipe) { return out << recipe.name; }

/// W_l = c_l q_l r_l^T.
struct Factors {
  std::vector<Vector> q, r;
  std::vector<Real> c;
};

/// sigma and sigma' written out once more.
inline std::pair<Long, Long> sigma(const Recipe& recipe, Long s) {
  const Long side = s > 0 ? 1 : static_cast<Long>(recipe.slope);
  return {std::pow(side * s, recipe.power),
          recipe.power * side * (recipe.power == 1 ? 1 : std::pow(side * s, recipe.power - 1))};
}

inline std::pair<Long, Long> tau(const Recipe& recipe, Long s) {
  Long slope = 1;
  for (std::size_t l = 0; l < recipe.q.size(); ++l) {
    const Long sign = l == 0 || recipe.signs.empty() ? 1 : static_cast<Long>(recipe.signs[l - 1]);
    const auto [value, derivative] = sigma(recipe, sign * s);
    slope *= sign * derivative;
    s = value;
  }
  return {s, slope};
}

/// F(theta) = sum_i z_i tau(x_i . v), v = (cos, sin), and its derivative, outputs x 2.
inline Eigen::Matrix<Long, Eigen::Dynamic, 2> curve(const Recipe& recipe, const Matrix& x, const Matrix& z,
                                                    Long theta) {
  Eigen::Matrix<Long, Eigen::Dynamic, 2> sum = Eigen::Matrix<Long, Eigen::Dynamic, 2>::Zero(z.rows(), 2);
  for (Index i = 0; i < x.cols(); ++i) {
    const Long a = static_cast<Long>(x(0, i)), b = static_cast<Long>(x(1, i));
    const auto [value, slope] = tau(recipe, a * std::cos(theta) + b * std::sin(theta));
    const Long along = slope * (b * std::cos(theta) - a * std::sin(theta));
    sum.col(0) += z.col(i).cast<Long>() * value;
    sum.col(1) += z.col(i).cast<Long>() * along;
  }
  return sum;
}

/// What is maximised, f(theta), and its derivative: +-F for one output, ||F||^2 / 2 for several.
inline std::pair<Long, Long> height(const Recipe& recipe, const Matrix& x, const Matrix& z, Long theta) {
  const auto f = curve(recipe, x, z, theta);
  if (z.rows() > 1) return {f.col(0).squaredNorm() / 2, f.col(0).dot(f.col(1))};
  const Long sign = recipe.lowest ? -1 : 1;
  return {sign * f(0, 0), sign * f(0, 1)};
}

/// The highest point of f: the best of 4000 angles, then bisection on the sign of f' (a jump of f' included).
inline Long highest_angle(const Recipe& recipe, const Matrix& x, const Matrix& z) {
  const Long step = 2 * std::acos(Long(-1)) / 4000;
  Long best = 0;
  for (int k = 1; k < 4000; ++k)
    if (height(recipe, x, z, k * step).first > height(recipe, x, z, best).first) best = k * step;
  Long low = best - step, high = best + step;
  for (int k = 0; k < 70; ++k) {
    const Long middle = (low + high) / 2;
    (height(recipe, x, z, middle).second > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

inline Vector activated(const Recipe& recipe, const Vector& q) {
  return q.unaryExpr(
      [&recipe](Real s) { return static_cast<Real>(sigma(recipe, static_cast<Long>(s)).first); });
}

inline Factors factors(const Recipe& recipe, const Matrix& x, const Matrix& z) {
  const Long theta = highest_angle(recipe, x, z);
  Factors f;
  f.r.push_back(Vector::Zero(2));
  f.r.back() << static_cast<Real>(std::cos(theta)), static_cast<Real>(std::sin(theta));
  for (std::size_t l = 0; l < recipe.q.size(); ++l) {
    f.q.push_back(
        Eigen::Map<const Vector>(recipe.q[l].data(), static_cast<Index>(recipe.q[l].size())).normalized());
    const Real sign = l + 1 == recipe.q.size() || recipe.signs.empty() ? Real(1) : recipe.signs[l];
    f.r.push_back(sign * activated(recipe, f.q.back()).normalized());
  }
  // Parallel to F, which makes N positive also where F itself is lowest.
  f.q.push_back(curve(recipe, x, z, theta).col(0).cast<Real>().normalized());
  Real sum = 0, power = 1;
  for (std::size_t l = f.q.size(); l-- > 0; power *= static_cast<Real>(recipe.power)) {
    f.c.insert(f.c.begin(), power);
    sum += power;
  }
  for (Real& c : f.c) c = std::sqrt(c / sum);
  return f;
}

inline Vector assemble(const saddleflow::Layout& layout, const Factors& f) {
  Vector u(layout.size());
  for (int l = 0; l < layout.layer_count(); ++l) {
    const auto i = static_cast<std::size_t>(l);
    layout.matrix(u, l) = f.c[i] * f.q[i] * f.r[i].transpose();
  }
  return u;
}

}  // namespace rank_one_point

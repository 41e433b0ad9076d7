#include "piecewise/random_function.hpp"

#include <algorithm>

namespace saddleflow::test {

Vector random_vector(Index size, Random& random) {
  return Vector::NullaryExpr(size, [&random] { return random.normal(); });
}

PiecewiseLinear random_function(const FunctionKind& kind, Random& random) {
  const Index m = kind.dimension, count = kind.kinks;
  PiecewiseLinear f;
  f.low = kind.low;
  f.rows.resize(count, m);
  for (Index k = 0; k < count; ++k) f.rows.row(k) = random_vector(m, random).transpose();
  for (Index k = 1; kind.parallel && k < count; k += 2) {
    f.rows.row(k) = (k % 4 == 1 ? 1 : -2) * f.rows.row(k - 1);
    f.rows(k, 0) *= 1 + Real(1e-15);
  }
  const Index own = kind.silent ? std::max(Index(2), count / 2) : count;
  f.rows.bottomRows(count - own).setZero();
  f.shift.setZero(count);
  f.feed.setZero(count, count);
  const Index layer_size = (count + kind.layers - 1) / kind.layers;
  for (Index k = 0; k < count; ++k)
    for (Index j = 0; j < k; ++j)
      if (j / layer_size < k / layer_size || (k >= own && j < own)) f.feed(k, j) = random.normal();
  f.back = random_vector(count, random) + Vector::Constant(count, Real(0.8));
  f.back_noise.setZero(count);
  f.gradient = f.rows.transpose() * random_vector(count, random) * Real(0.5);
  return f;
}

Real value(const PiecewiseLinear& f, const Vector& u) {
  Real sum = f.gradient.dot(u);
  Vector y(f.count());
  for (Index k = 0; k < f.count(); ++k) {
    y[k] = f.rows.row(k).dot(u) + f.shift[k];
    for (Index j = 0; j < k; ++j) y[k] += f.feed(k, j) * std::max(y[j], f.low * y[j]);
    sum += f.back[k] * std::max(y[k], f.low * y[k]);
  }
  return sum;
}

}  // namespace saddleflow::test

#include "reference/diagonal_network.hpp"

#include <cmath>

#include "reference/scalar_product.hpp"

namespace saddleflow::reference {

Vector diagonal_beta(Real log_alpha, const Vector& integrated_gradient) {
  using std::abs;
  using std::exp;
  using std::expm1;
  const auto component = [log_alpha](Real g) -> Real {
    // alpha^2 sinh(2|g|) with the small factor inside the exponential
    const Real size = -exp(2 * (log_alpha + abs(g))) * expm1(-4 * abs(g)) / 2;
    return g > 0 ? -size : size;
  };
  return integrated_gradient.unaryExpr(component);
}

Vector diagonal_weights(const Vector& beta_star, Real alpha, Real t) {
  using std::abs;
  using std::sqrt;
  const Index d = beta_star.size();
  Vector w(2 * d);
  for (Index j = 0; j < d; ++j) {
    const Pair pair = ScalarProduct(abs(beta_star(j)), sqrt(Real(2)) * alpha, 0).state(t);
    w(j) = pair.a;
    w(d + j) = beta_star(j) < 0 ? -pair.b : pair.b;
  }
  return w;
}

}  // namespace saddleflow::reference

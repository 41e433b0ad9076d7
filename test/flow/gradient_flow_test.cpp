#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/random_problem.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(gradient_flow_test)

BOOST_DATA_TEST_CASE(right_hand_side_and_derivatives_belong_together, boost::unit_test::data::xrange(4),
                     seed) {
  RandomProblem p(static_cast<std::uint64_t>(seed), {3, 5, 2}, Activation(-1, 2), Loss());
  const Index n = p.objective.size();
  Vector f(n + 1), plus(n + 1), minus(n + 1), gradient(n), product(n);
  p.flow(p.x, f, 0);
  p.objective.gradient(p.flow.weights(p.x), gradient);
  BOOST_TEST((f.head(n) + gradient).norm() == 0);
  BOOST_TEST(std::abs(f[n] - gradient.squaredNorm()) <= 1e-14 * f[n]);

  // Along a random direction: -H v and the row of the quadrature, by central differences.
  Random random(static_cast<std::uint64_t>(seed) + 100);
  const Vector v = random.unit_vector(n);
  Vector shifted = p.x;
  const Real h = Real(1e-5);
  shifted.head(n) = p.x.head(n) + h * v;
  p.flow(shifted, plus, 0);
  shifted.head(n) = p.x.head(n) - h * v;
  p.flow(shifted, minus, 0);
  const Vector difference = (plus - minus) / (2 * h);
  p.flow.hessian_vector(p.x, v, product, 0);
  Matrix quadrature, hessian(n, n);
  p.flow.quadrature_jacobian(p.x, quadrature, 0);
  p.flow.hessian(p.x, hessian, 0);
  const Real of_rates = (difference.head(n) + product).norm() / product.norm();
  const Real of_energy = std::abs(difference[n] - (quadrature * v)(0)) / std::abs(difference[n]);
  fmt::print("seed {}: Jacobian {:.1e}, quadrature {:.1e}\n", seed, static_cast<double>(of_rates),
             static_cast<double>(of_energy));
  BOOST_TEST(of_rates < Real(1e-7));
  BOOST_TEST(of_energy < Real(1e-7));
  BOOST_TEST((hessian * v - product).norm() <= 1e-12 * product.norm());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

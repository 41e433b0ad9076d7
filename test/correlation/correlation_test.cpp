// The correlation function against the objective it is the leading part of.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/correlation.hpp"

BOOST_AUTO_TEST_SUITE(correlation_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

struct Case {
  const char* name;
  std::vector<Index> sizes;
  Activation activation;
  LossPointer loss;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

const Case cases[] = {
    {"two layers, squared ReLU", {4, 6, 1}, Activation(0, 2), square_loss()},
    {"three layers, leaky ReLU", {3, 5, 4, 2}, Activation(Real(0.1), 1), square_loss()},
    {"two layers, cube, logistic", {3, 4, 1}, Activation(1, 3), logistic_loss()},
    {"linear, mean", {3, 4, 2}, Activation(1, 1), square_loss()},
};

Objective make_objective(const Case& c, Random& random) {
  Dataset data;
  data.inputs = random.normal_matrix(c.sizes.front(), 7);
  data.targets = random.normal_matrix(c.sizes.back(), 7);
  if (c.loss->traits().classification) data.targets = data.targets.array().sign().matrix();
  data.origin = c.name;
  return Objective(feed_forward(c.sizes, c.activation), data,
                   Loss(c.loss, c.activation.is_linear() ? Reduction::mean : Reduction::sum));
}

}  // namespace

// -grad L(rho u) = rho^{D-1} grad Phi_c(u) and -Hess L(rho u) = rho^{D-2} Hess Phi_c(u), c = rho^D, at any
// rho.
BOOST_DATA_TEST_CASE(is_the_objective_seen_from_the_unit_sphere,
                     bdata::make(cases) * bdata::make({0.3, 1.0, 2.0}), c, radius) {
  Random random(5);
  Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  const Vector u = random.unit_vector(objective.size()), v = random.unit_vector(objective.size());
  const Real rho = static_cast<Real>(radius);
  const int degree = objective.network().degree();
  correlation.set_output_scale(std::pow(rho, degree));
  const Vector w = rho * u;
  Vector g, expected, product, expected_product;
  Matrix hessian, expected_hessian;
  const Real along = correlation.gradient(u, g);
  const Real loss = objective.gradient(w, expected);
  BOOST_TEST((std::pow(rho, degree - 1) * g + expected).norm() < 1e-13 * expected.norm());
  BOOST_TEST(std::abs(along - u.dot(g) / degree) == 0);
  const Real fall = objective.value(Vector::Zero(w.size())) - loss;
  BOOST_TEST(std::abs(correlation.value(u) * correlation.output_scale() - fall) <
             1e-13 * (std::abs(fall) + loss));
  correlation.hessian_vector(u, v, product);
  objective.hessian_vector(w, v, expected_product);
  BOOST_TEST((std::pow(rho, degree - 2) * product + expected_product).norm() <
             1e-12 * expected_product.norm());
  correlation.hessian(u, hessian);
  objective.hessian(w, expected_hessian);
  BOOST_TEST((std::pow(rho, degree - 2) * hessian + expected_hessian).norm() <
             1e-12 * expected_hessian.norm());
  BOOST_TEST((hessian * v - product).norm() < 1e-12 * hessian.norm());
}

// c = 0: Euler's identities and homogeneity, and no underflow at a norm of 1e-150.
BOOST_DATA_TEST_CASE(is_homogeneous_of_degree_D, bdata::make(cases), c) {
  Random random(6);
  Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  const Vector u = random.unit_vector(objective.size());
  const auto degree = static_cast<Real>(objective.network().degree());
  Vector g, g2, hu;
  const Real by_euler = correlation.gradient(u, g);
  const Real value = correlation.value(u);
  BOOST_TEST(std::abs(by_euler - value) < 1e-14 * g.norm());
  correlation.hessian_vector(u, u, hu);
  BOOST_TEST((hu - (degree - 1) * g).norm() < 1e-13 * g.norm());
  correlation.gradient(2 * u, g2);
  BOOST_TEST((g2 - std::pow(Real(2), degree - 1) * g).norm() < 1e-13 * g2.norm());
  // The limit of the finite scales.
  correlation.set_output_scale(Real(1e-12));
  correlation.gradient(u, g2);
  BOOST_TEST((g2 - g).norm() < 1e-10 * g.norm());
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit) {
  Random random(7);
  Objective objective = make_objective(cases[0], random);
  Correlation correlation(objective);
  BOOST_CHECK_THROW(correlation.set_output_scale(-1), InputError);
  Vector g;
  BOOST_CHECK_THROW(correlation.gradient(Vector::Zero(3), g), InputError);
}

BOOST_AUTO_TEST_CASE(keeps_and_counts) {
  Random random(8);
  Objective objective = make_objective(cases[0], random);
  Correlation correlation(objective);
  const Vector u = random.unit_vector(objective.size());
  Vector g, out;
  correlation.gradient(u, g);
  correlation.value(u);
  correlation.gradient(u, g);
  correlation.hessian_vector(u, u, out);
  BOOST_TEST(correlation.counters().gradients == 1);
  BOOST_TEST(correlation.counters().values == 0);
  BOOST_TEST(correlation.counters().hessian_vectors == 1);
  correlation.set_output_scale(1);
  correlation.gradient(u, g);
  BOOST_TEST(correlation.counters().gradients == 2);
}

BOOST_AUTO_TEST_SUITE_END()

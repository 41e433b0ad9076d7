// What the objective adds to kernel and loss: kept passes, counters, checks. Its derivatives are tested with
// the kernels.
#include "saddleflow/problem/objective.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "network/fixtures.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(objective_test)

using namespace saddleflow;

namespace {

Dataset random_dataset(Index inputs, Index outputs, Index samples) {
  test::RandomMatrices random(5);
  return {random.matrix(inputs, samples), random.matrix(outputs, samples), "random numbers", 5, 0};
}

struct Fixture {
  std::shared_ptr<const Network> network = feed_forward({3, 4, 2}, Activation(Real(0), 2));
  Objective objective{network, random_dataset(3, 2, 9), Loss(square_loss())};
  Vector w = test::RandomMatrices(6).vector(network->parameter_count());
  Vector v = test::RandomMatrices(7).vector(network->parameter_count());
  Vector g, hv;
  Matrix h;

  void expect(int values, int gradients, int products, int hessians) const {
    const WorkCounters& n = objective.counters();
    BOOST_TEST(n.values == values);
    BOOST_TEST(n.gradients == gradients);
    BOOST_TEST(n.hessian_vectors == products);
    BOOST_TEST(n.hessians == hessians);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(objective_suite, Fixture)

BOOST_AUTO_TEST_CASE(a_value_is_made_once) {
  const Real first = objective.value(w);
  BOOST_TEST(objective.value(w) == first);
  objective.outputs(w);
  expect(1, 0, 0, 0);
  BOOST_TEST(objective.gradient(w, g) == first);
  objective.gradient(w, g);
  expect(1, 1, 0, 0);
}

BOOST_AUTO_TEST_CASE(a_gradient_includes_its_forward_pass) {
  objective.gradient(w, g);
  objective.value(w);
  expect(0, 1, 0, 0);
  objective.hessian_vector(w, v, hv);
  objective.hessian_vector(w, g, hv);
  expect(0, 1, 2, 0);
  objective.hessian(w, h);
  expect(0, 1, 2, 1);
  objective.output_tangent(w, v);
  expect(0, 1, 3, 1);
}

BOOST_AUTO_TEST_CASE(a_hessian_needs_no_gradient) {
  objective.hessian(w, h);
  expect(1, 0, 0, 1);
  objective.hessian_vector(w, v, hv);
  expect(1, 1, 1, 1);
}

BOOST_AUTO_TEST_CASE(kept_results_equal_fresh_ones_to_the_bit) {
  Objective fresh(network, objective.data(), objective.loss());
  Vector fresh_g, fresh_hv;
  Matrix fresh_h;
  objective.value(w);
  objective.hessian(w, h);
  objective.output_tangent(w, v);
  objective.gradient(w, g);
  objective.output_tangent(w, g);
  objective.hessian_vector(w, v, hv);
  fresh.hessian_vector(w, v, fresh_hv);
  fresh.gradient(w, fresh_g);
  fresh.hessian(w, fresh_h);
  BOOST_TEST((g - fresh_g).cwiseAbs().maxCoeff() == Real(0));
  BOOST_TEST((hv - fresh_hv).cwiseAbs().maxCoeff() == Real(0));
  BOOST_TEST((h - fresh_h).cwiseAbs().maxCoeff() == Real(0));
}

BOOST_AUTO_TEST_CASE(changed_weights_are_noticed) {
  const Real before = objective.gradient(w, g);
  const Vector old = g;
  w[3] += Real(0.5);
  BOOST_TEST(objective.gradient(w, g) != before);
  BOOST_TEST((g - old).norm() > Real(0));
  expect(0, 2, 0, 0);
}

BOOST_AUTO_TEST_CASE(not_a_number_does_not_stick) {
  const Real good = objective.gradient(w, g);
  const Vector expected = g;
  Vector bad = w;
  bad[2] = std::numeric_limits<Real>::quiet_NaN();
  for (int repeat = 0; repeat < 2; ++repeat) {
    BOOST_TEST(std::isnan(objective.gradient(bad, g)));
    BOOST_TEST(!g.allFinite());
  }
  BOOST_TEST(objective.gradient(w, g) == good);
  BOOST_TEST((g - expected).norm() == Real(0));
}

BOOST_AUTO_TEST_CASE(output_tangent_is_the_derivative_of_the_outputs) {
  const Real step(1.0 / 1024);
  const Matrix tangent = objective.output_tangent(w, v);
  const Matrix plus = objective.outputs(w + step * v);
  const Matrix minus = objective.outputs(w - step * v);
  const Real error = ((plus - minus) / (Real(2) * step) - tangent).norm() / tangent.norm();
  BOOST_TEST_MESSAGE("output tangent against differences: " << error);
  BOOST_TEST(error < Real(1e-4));
}

BOOST_AUTO_TEST_CASE(counters_can_be_restored) {
  objective.set_counters({10, 20, 30, 40});
  objective.gradient(w, g);
  expect(10, 21, 30, 40);
}

BOOST_AUTO_TEST_CASE(data_that_do_not_fit) {
  const Loss square(square_loss());
  BOOST_CHECK_THROW(saddleflow::Objective(network, random_dataset(4, 2, 9), square), InputError);
  BOOST_CHECK_THROW(saddleflow::Objective(network, random_dataset(3, 1, 9), square), InputError);
  BOOST_CHECK_THROW(saddleflow::Objective(network, random_dataset(3, 2, 0), square), InputError);
  BOOST_CHECK_THROW(saddleflow::Objective(network, random_dataset(3, 2, 9), Loss(logistic_loss())),
                    InputError);
  Dataset uneven = random_dataset(3, 2, 9);
  uneven.targets.conservativeResize(2, 8);
  BOOST_CHECK_THROW(saddleflow::Objective(network, uneven, square), InputError);
  Dataset broken = random_dataset(3, 2, 9);
  broken.inputs(1, 4) = std::numeric_limits<Real>::quiet_NaN();
  BOOST_CHECK_THROW(saddleflow::Objective(network, broken, square), InputError);
  BOOST_CHECK_THROW(objective.value(Vector::Zero(3)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

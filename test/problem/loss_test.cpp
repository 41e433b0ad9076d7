#include "saddleflow/problem/loss.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(loss_test)

using namespace saddleflow;
namespace data = boost::unit_test::data;

namespace {

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();

Matrix single(Real x) { return Matrix::Constant(1, 1, x); }

struct One {
  Real value, first, second;
};

One evaluate(const Loss& loss, Real output, Real target) {
  Matrix r;
  OutputCurvature c;
  loss.derivative(single(output), single(target), r);
  loss.curvature(single(output), single(target), c);
  BOOST_TEST(c.is_diagonal());
  return {loss.value(single(output), single(target)), r(0, 0), c.diagonal(0, 0)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(square_by_hand) {
  const One one = evaluate(Loss(square_loss()), Real(3), Real(-1));
  BOOST_TEST(one.value == Real(8));
  BOOST_TEST(one.first == Real(4));
  BOOST_TEST(one.second == Real(1));
}

BOOST_DATA_TEST_CASE(all_losses_of_one_output_pull_with_the_target_at_zero, data::make({-1.0, 1.0}), target) {
  const Real y(target);
  for (const LossPointer& loss : {square_loss(), logistic_loss(), exponential_loss(), linear_loss()})
    BOOST_TEST(-evaluate(Loss(loss), Real(0), y).first == y);
}

BOOST_DATA_TEST_CASE(logistic_by_its_formula,
                     data::make({-30.0, -3.0, -0.1, 0.0, 0.2, 5.0, 30.0}) * data::make({-1.0, 1.0}), output,
                     target) {
  using std::abs, std::exp, std::log;
  const long double m = static_cast<long double>(output) * static_cast<long double>(target);
  const One one = evaluate(Loss(logistic_loss()), Real(output), Real(target));
  const long double e = exp(-m);
  const long double tolerance = 8 * static_cast<long double>(epsilon);
  // log(1 + e) loses digits where e is small, the series does not.
  const long double value = e < 1e-4L ? 2 * e * (1 - e / 2 + e * e / 3 - e * e * e / 4) : 2 * log(1 + e);
  BOOST_TEST(abs(static_cast<long double>(one.value) - value) <= 4 * tolerance * value);
  const long double first = -2 * static_cast<long double>(target) * e / (1 + e);
  BOOST_TEST(abs(static_cast<long double>(one.first) - first) <= tolerance * abs(first));
  const long double second = 2 * e / ((1 + e) * (1 + e));
  BOOST_TEST(abs(static_cast<long double>(one.second) - second) <= tolerance * second);
}

BOOST_AUTO_TEST_CASE(logistic_far_away) {
  const Loss loss(logistic_loss());
  for (const Real far : {Real(800), Real(1e10), Real(1e300)}) {
    const One wrong = evaluate(loss, -far, Real(1));
    BOOST_TEST(wrong.value == Real(2) * far);
    BOOST_TEST(wrong.first == Real(-2));
    const One right = evaluate(loss, far, Real(1));
    for (const Real x : {wrong.second, right.value, right.first, right.second}) {
      BOOST_TEST(std::isfinite(x));
      BOOST_TEST(std::abs(x) < Real(1e-300));
    }
  }
}

BOOST_AUTO_TEST_CASE(exponential_by_its_formula) {
  const Loss loss(exponential_loss());
  for (const Real output : {Real(-700), Real(-3), Real(0), Real(0.25), Real(230), Real(700)}) {
    for (const Real y : {Real(-1), Real(1)}) {
      const One one = evaluate(loss, output, y);
      const Real e = std::exp(-y * output);
      BOOST_TEST(one.value == e);
      BOOST_TEST(one.first == -y * e);
      BOOST_TEST(one.second == e);
    }
  }
  const One wrong = evaluate(loss, Real(-1e10), Real(1)), right = evaluate(loss, Real(1e10), Real(1));
  BOOST_TEST(wrong.value == std::numeric_limits<Real>::infinity());
  BOOST_TEST(wrong.first == -std::numeric_limits<Real>::infinity());
  for (const Real x : {right.value, right.first, right.second}) BOOST_TEST(x == Real(0));
}

BOOST_DATA_TEST_CASE(mean_divides_by_the_samples, data::make({0, 1, 2, 3}), number) {
  const std::vector<LossPointer> losses{square_loss(), logistic_loss(), exponential_loss(), softmax_loss()};
  const LossPointer kind = losses[static_cast<std::size_t>(number)];
  const Matrix outputs = Matrix::Random(3, 4);
  const Matrix targets =
      number == 3 ? Matrix(Vector::Unit(3, 1).replicate(1, 4)) : Matrix(Matrix::Ones(3, 4));
  const Loss sum(kind), mean(kind, Reduction::mean);
  BOOST_TEST(mean.value(outputs, targets) == sum.value(outputs, targets) / Real(4));
  Matrix a, b;
  OutputCurvature of_sum, of_mean;
  sum.derivative(outputs, targets, a);
  mean.derivative(outputs, targets, b);
  BOOST_TEST((b - a / Real(4)).norm() == Real(0));
  sum.curvature(outputs, targets, of_sum);
  mean.curvature(outputs, targets, of_mean);
  BOOST_TEST((of_mean.diagonal - of_sum.diagonal / Real(4)).norm() == Real(0));
  BOOST_TEST(of_sum.diagonal.minCoeff() > Real(0));
  BOOST_TEST(of_sum.is_diagonal() == sum.traits().separable);
  if (!of_sum.is_diagonal())
    BOOST_TEST((of_mean.off_diagonal - of_sum.off_diagonal / Real(4)).norm() == Real(0));
}

BOOST_AUTO_TEST_CASE(targets_that_do_not_fit) {
  const Loss square, logistic(logistic_loss()), exponential(exponential_loss());
  BOOST_CHECK_NO_THROW(square.check_targets(single(Real(0.5))));
  BOOST_CHECK_NO_THROW(logistic.check_targets(single(Real(-1))));
  BOOST_CHECK_THROW(logistic.check_targets(single(Real(0.5))), InputError);
  BOOST_CHECK_THROW(logistic.check_targets(single(std::numeric_limits<Real>::quiet_NaN())), InputError);
  test::expect_error<InputError>(
      [&] {
        exponential.check_targets(Matrix{{1, -1, 1}, {-1, 1, 2}});
      },
      "targets: found 2 for sample 2, output 1; the exponential loss expects -1 or +1");
  BOOST_CHECK_THROW(square.check_targets(single(std::numeric_limits<Real>::quiet_NaN())), InputError);
  BOOST_CHECK_THROW(square.check_targets(single(std::numeric_limits<Real>::infinity())), InputError);
}

BOOST_AUTO_TEST_CASE(margins_of_signs) {
  const Matrix outputs{{2, -1, 3}, {1, -4, -1}}, targets{{1, 1, -1}, {1, -1, -1}};
  for (const LossPointer& loss : {logistic_loss(), exponential_loss()}) {
    BOOST_TEST((loss->margins(outputs, targets) == Matrix{{1, -1, -3}}));
    BOOST_TEST(loss->error_rate(outputs, targets) == Real(2) / Real(6));
    Matrix margins, weights, r;
    loss->margin_terms(outputs, targets, margins, weights);
    loss->derivative(outputs, targets, r);
    BOOST_TEST((margins == outputs.cwiseProduct(targets)));
    BOOST_TEST((weights == -r.cwiseProduct(targets)));
  }
  BOOST_CHECK_THROW(square_loss()->margins(outputs, targets), InputError);
  BOOST_CHECK_THROW(Loss(nullptr), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

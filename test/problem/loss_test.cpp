#include "saddleflow/problem/loss.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

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
  Matrix r, c;
  loss.derivative(single(output), single(target), r);
  loss.second_derivative(single(output), single(target), c);
  return {loss.value(single(output), single(target)), r(0, 0), c(0, 0)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(square_by_hand) {
  const One one = evaluate(Loss(LossKind::square), Real(3), Real(-1));
  BOOST_TEST(one.value == Real(8));
  BOOST_TEST(one.first == Real(4));
  BOOST_TEST(one.second == Real(1));
}

BOOST_DATA_TEST_CASE(both_losses_pull_with_the_target_at_zero, data::make({-1.0, 1.0}), target) {
  const Real y(target);
  BOOST_TEST(-evaluate(Loss(LossKind::square), Real(0), y).first == y);
  BOOST_TEST(-evaluate(Loss(LossKind::logistic), Real(0), y).first == y);
}

BOOST_DATA_TEST_CASE(logistic_by_its_formula,
                     data::make({-30.0, -3.0, -0.1, 0.0, 0.2, 5.0, 30.0}) * data::make({-1.0, 1.0}), output,
                     target) {
  using std::abs, std::exp, std::log;
  const long double m = static_cast<long double>(output) * static_cast<long double>(target);
  const One one = evaluate(Loss(LossKind::logistic), Real(output), Real(target));
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
  const Loss loss(LossKind::logistic);
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

BOOST_DATA_TEST_CASE(mean_divides_by_the_samples, data::make({false, true}), logistic) {
  const LossKind kind = logistic ? LossKind::logistic : LossKind::square;
  const Matrix outputs = Matrix::Random(3, 4);
  const Matrix targets = Matrix::Ones(3, 4);
  const Loss sum(kind), mean(kind, Reduction::mean);
  BOOST_TEST(mean.value(outputs, targets) == sum.value(outputs, targets) / Real(4));
  Matrix a, b;
  sum.derivative(outputs, targets, a);
  mean.derivative(outputs, targets, b);
  BOOST_TEST((b - a / Real(4)).norm() == Real(0));
  sum.second_derivative(outputs, targets, a);
  mean.second_derivative(outputs, targets, b);
  BOOST_TEST((b - a / Real(4)).norm() == Real(0));
  BOOST_TEST(a.minCoeff() > Real(0));
}

BOOST_AUTO_TEST_CASE(targets_that_do_not_fit) {
  const Loss square(LossKind::square), logistic(LossKind::logistic);
  BOOST_CHECK_NO_THROW(square.check_targets(single(Real(0.5))));
  BOOST_CHECK_NO_THROW(logistic.check_targets(single(Real(-1))));
  BOOST_CHECK_THROW(logistic.check_targets(single(Real(0.5))), InputError);
  BOOST_CHECK_THROW(logistic.check_targets(single(std::numeric_limits<Real>::quiet_NaN())), InputError);
  BOOST_CHECK_THROW(square.check_targets(single(std::numeric_limits<Real>::quiet_NaN())), InputError);
  BOOST_CHECK_THROW(square.check_targets(single(std::numeric_limits<Real>::infinity())), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

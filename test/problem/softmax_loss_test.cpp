// Softmax cross-entropy: formulas that keep their digits, targets and class labels.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "network/fixtures.hpp"
#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/loss.hpp"

BOOST_AUTO_TEST_SUITE(softmax_loss_test)

using namespace saddleflow;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned kSoftmaxSeed = 3;
constexpr long double kSoftmaxRounding = std::numeric_limits<Real>::epsilon();

/// e^{d_j}, j != c, in long double from the outputs as they are, and their sum.
struct LongSample {
  std::vector<long double> others;
  long double sum = 0;

  LongSample(const Vector& yhat, Index c) {
    for (Index j = 0; j < yhat.size(); ++j)
      if (j != c)
        others.push_back(std::exp(static_cast<long double>(yhat[j]) - static_cast<long double>(yhat[c])));
    for (const long double e : others) sum += e;
  }
  /// The probability of class j; c is the last one.
  long double p(Index j) const {
    const auto place = static_cast<std::size_t>(j);
    return (place < others.size() ? others[place] : 1) / (1 + sum);
  }
};

/// Relative, but for what a Real cannot hold.
Real worst_error(Real found, long double exact) {
  if (std::abs(exact) < std::numeric_limits<Real>::min())
    return std::abs(found) <= std::numeric_limits<Real>::min() ? 0 : 1;
  return static_cast<Real>(std::abs(static_cast<long double>(found) - exact) / std::abs(exact));
}

}  // namespace

/// With the right class ahead by `lead` the loss is of the size e^{-lead}; behind, of the size of the lead.
BOOST_DATA_TEST_CASE(all_digits_at_every_size,
                     data::make({-600.0, -40.0, -1.0, 0.0, 1.0, 40.0, 230.0, 600.0}) * data::make({2, 3, 5}),
                     lead, classes) {
  test::RandomMatrices random(kSoftmaxSeed);
  const Index k = classes;
  const long double factor = static_cast<long double>(k) / static_cast<long double>(k - 1);
  Matrix outputs = random.matrix(k, 1);
  const Index c = k - 1;
  outputs(c, 0) += Real(lead);
  const Matrix targets = Vector::Unit(k, c);
  const LongSample exact(outputs.col(0), c);
  const LossPointer loss = softmax_loss();
  // e^d of a difference that is rounded: an error of epsilon |d|.
  const Real tolerance = static_cast<Real>(kSoftmaxRounding * (20 + 2 * std::abs(lead)));

  const Real value_error = worst_error(loss->value(outputs, targets), factor * std::log1p(exact.sum));
  BOOST_TEST(value_error <= tolerance);
  Matrix r;
  OutputCurvature curvature;
  loss->derivative(outputs, targets, r);
  loss->curvature(outputs, targets, curvature);
  Real first_error = worst_error(r(c, 0), -factor * exact.sum / (1 + exact.sum)), second_error = 0;
  for (Index a = 0; a < k; ++a) {
    if (a != c) first_error = std::max(first_error, worst_error(r(a, 0), factor * exact.p(a)));
    long double row = 0;
    for (Index b = 0; b < k; ++b) {
      if (b == a) continue;
      row += exact.p(a) * exact.p(b);
      if (a < b)
        second_error = std::max(second_error, worst_error(curvature.off_diagonal(pair_row(a, b, k), 0),
                                                          -factor * exact.p(a) * exact.p(b)));
    }
    second_error = std::max(second_error, worst_error(curvature.diagonal(a, 0), factor * row));
  }
  BOOST_TEST(first_error <= tolerance);
  BOOST_TEST(second_error <= 3 * tolerance);
  fmt::print("softmax, {} classes, lead {:4}: value {:.3e}, relative errors {:.0e}, {:.0e}, {:.0e}\n", k,
             lead, static_cast<double>(loss->value(outputs, targets)), static_cast<double>(value_error),
             static_cast<double>(first_error), static_cast<double>(second_error));
}

BOOST_AUTO_TEST_CASE(what_the_origin_pulls_with) {
  for (const Index k : {2, 3, 7}) {
    Matrix r;
    softmax_loss()->derivative(Matrix::Zero(k, 1), Vector::Unit(k, 1), r);
    const Vector expected =
        (Vector::Ones(k) - static_cast<Real>(k) * Vector::Unit(k, 1)) / static_cast<Real>(k - 1);
    BOOST_TEST((r - expected).norm() <= 8 * kSoftmaxRounding);
    BOOST_TEST(std::abs(r.sum()) <= 8 * kSoftmaxRounding);
  }
}

BOOST_AUTO_TEST_CASE(two_classes_are_the_logistic_loss_of_their_margin) {
  for (const Real margin : {Real(-300), Real(-2), Real(0), Real(0.5), Real(30), Real(230)}) {
    const Matrix outputs{{margin / 2}, {-margin / 2}}, targets{{1}, {0}};
    const Matrix single = Matrix::Constant(1, 1, margin), right = Matrix::Ones(1, 1);
    Matrix r, of_margin;
    OutputCurvature c, logistic;
    softmax_loss()->derivative(outputs, targets, r);
    softmax_loss()->curvature(outputs, targets, c);
    logistic_loss()->derivative(single, right, of_margin);
    logistic_loss()->curvature(single, right, logistic);
    const Real tolerance = static_cast<Real>(16 * kSoftmaxRounding);
    BOOST_TEST(worst_error(softmax_loss()->value(outputs, targets), logistic_loss()->value(single, right)) <=
               tolerance);
    BOOST_TEST(worst_error(r(0, 0), of_margin(0, 0)) <= tolerance);
    BOOST_TEST(r(1, 0) == -r(0, 0));
    BOOST_TEST(worst_error(c.diagonal(0, 0), logistic.diagonal(0, 0)) <= tolerance);
    BOOST_TEST(c.off_diagonal(0, 0) == -c.diagonal(0, 0));
  }
}

BOOST_AUTO_TEST_CASE(nothing_overflows_and_nothing_throws) {
  const Matrix targets{{1}, {0}, {0}};
  const Real far(1e300), infinity = std::numeric_limits<Real>::infinity();
  Matrix r;
  OutputCurvature c;
  const Matrix wrong{{-far}, {0}, {0}}, right{{far}, {0}, {-far}};
  BOOST_TEST(softmax_loss()->value(wrong, targets) == Real(1.5) * far);
  softmax_loss()->derivative(wrong, targets, r);
  BOOST_TEST((r == Matrix{{-1.5}, {0.75}, {0.75}}));
  BOOST_TEST(softmax_loss()->value(right, targets) == Real(0));
  softmax_loss()->derivative(right, targets, r);
  softmax_loss()->curvature(right, targets, c);
  BOOST_TEST(r.norm() == Real(0));
  BOOST_TEST(c.is_zero());
  for (const Real bad : {infinity, -infinity, std::numeric_limits<Real>::quiet_NaN()}) {
    const Matrix outputs{{bad}, {bad}, {0}};
    BOOST_TEST(!std::isfinite(softmax_loss()->value(outputs, targets)));
    softmax_loss()->derivative(outputs, targets, r);
    BOOST_TEST(!r.allFinite());
  }
}

BOOST_AUTO_TEST_CASE(margins_of_classes) {
  const Matrix outputs{{3, 1, 0}, {1, 5, 0}, {2, 7, 0}}, targets{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  BOOST_TEST((softmax_loss()->margins(outputs, targets) == Matrix{{1, -2, 0}}));
  BOOST_TEST(softmax_loss()->error_rate(outputs, targets) == Real(2) / Real(3));
  Matrix margins, weights, r;
  softmax_loss()->margin_terms(outputs, targets, margins, weights);
  softmax_loss()->derivative(outputs, targets, r);
  BOOST_TEST((margins == Matrix{{2, 4, 0}, {1, -2, 0}}));
  BOOST_TEST((weights == Matrix{{r(1, 0), r(0, 1), r(0, 2)}, {r(2, 0), r(2, 1), r(1, 2)}}));
}

BOOST_AUTO_TEST_CASE(targets_of_classes) {
  const LossPointer loss = softmax_loss();
  BOOST_CHECK_NO_THROW(loss->check_targets(Matrix{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}}));
  test::expect_error<InputError>(
      [&] {
        loss->check_targets(Matrix{{1, -1}});
      },
      "targets: found 1 output, the softmax loss expects at least two, one a class");
  test::expect_error<InputError>(
      [&] {
        loss->check_targets(Matrix{{1, 0.5}, {0, 0.5}});
      },
      "targets: found 0.5 for sample 1, output 0; the softmax loss expects one-hot columns, one 1 and else "
      "0");
  BOOST_CHECK_THROW(loss->check_targets(Matrix{{1, 1}, {0, 1}}), InputError);
  BOOST_CHECK_THROW(loss->check_targets(Matrix{{1, 0}, {0, 0}}), InputError);
}

BOOST_AUTO_TEST_CASE(class_labels) {
  const LossPointer loss = softmax_loss();
  BOOST_TEST((loss->encoded_targets(Matrix{{0, 2, 1}}, 3) == Matrix{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}}));
  BOOST_TEST((loss->encoded_targets(Matrix{{1, 3, 2}}, 3) == Matrix{{1, 0, 0}, {0, 0, 1}, {0, 1, 0}}));
  BOOST_TEST((loss->encoded_targets(Matrix{{1, 2}}, 3) == Matrix{{1, 0}, {0, 1}, {0, 0}}));
  const Matrix one_hot{{1, 0}, {0, 1}};
  BOOST_TEST((loss->encoded_targets(one_hot, 2) == one_hot));
  BOOST_TEST((logistic_loss()->encoded_targets(Matrix{{-1, 1}}, 3) == Matrix{{-1, 1}}));
  test::expect_error<InputError>(
      [&] {
        loss->encoded_targets(Matrix{{0, 3}}, 3);
      },
      "targets: found 3 for sample 1, output 0; the softmax loss expects class labels "
      "0 ... 2 of 3 outputs, or one-hot columns");
  test::expect_error<InputError>(
      [&] {
        loss->encoded_targets(Matrix{{1, 4}}, 3);
      },
      "targets: found 4 for sample 1, output 0; the softmax loss expects class labels "
      "1 ... 3 of 3 outputs, or one-hot columns");
  BOOST_CHECK_THROW(loss->encoded_targets(Matrix{{1, 1.5}}, 3), InputError);
  BOOST_CHECK_THROW(loss->encoded_targets(Matrix{{1, -1}}, 3), InputError);
  BOOST_CHECK_THROW(loss->encoded_targets(Matrix{{1, std::numeric_limits<Real>::quiet_NaN()}}, 3),
                    InputError);
}

BOOST_AUTO_TEST_SUITE_END()

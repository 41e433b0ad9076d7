// Matrices measured by inner products and entry by entry: moments, ranks, exact targets.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "problem/expect_error.hpp"
#include "problem/sample_moments.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/matrix_sensing.hpp"

BOOST_AUTO_TEST_SUITE(matrix_sensing_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using test::deviation_of_second_moment;
using test::expect_error;

namespace {

constexpr Real sensing_rounding = 100 * std::numeric_limits<Real>::epsilon();

Matrix sample_matrix(const Dataset& data, Index i, Index rows, Index columns) {
  return ConstMatrixView(data.inputs.col(i).data(), rows, columns);
}

}  // namespace

BOOST_DATA_TEST_CASE(low_rank, data::make({1, 2, 3}), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  const Matrix x = low_rank_matrix(5, 4, {Real(3), Real(2), Real(0.5)}, random);
  Vector expected(4);
  expected << Real(3), Real(2), Real(0.5), Real(0);
  BOOST_TEST((thin_svd(x).values - expected).norm() <= sensing_rounding * expected.norm());
  const Matrix s = low_rank_symmetric_matrix(4, {Real(2), Real(-1)}, random);
  BOOST_TEST((s == s.transpose()));
  Vector eigenvalues(4);
  eigenvalues << Real(-1), Real(0), Real(0), Real(2);
  BOOST_TEST((symmetric_eigenvalues(s, "test") - eigenvalues).norm() <= sensing_rounding * 2);
  BOOST_TEST((low_rank_matrix(5, 4, {Real(3)}, random) - low_rank_matrix(5, 4, {Real(3)}, random)).norm() >
             Real(0.1));
}

/// E vec M vec M^T: the identity, and the projection onto symmetric matrices.
BOOST_DATA_TEST_CASE(moments_of_the_measurements, data::make({1, 2, 3}), seed) {
  SensingOptions options;
  options.samples = 20000;
  options.seed = static_cast<std::uint64_t>(seed);
  Random random(options.seed);
  const Matrix x = low_rank_symmetric_matrix(3, {Real(2), Real(1)}, random);
  const Dataset gaussian = matrix_sensing(x, options);
  const Real of_gaussian = deviation_of_second_moment(gaussian.inputs, Matrix::Identity(9, 9));
  options.measurement = Measurement::symmetric;
  const Dataset symmetric = matrix_sensing(x, options);
  Matrix projection = Matrix::Identity(9, 9) / Real(2);
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 3; ++j) projection(i + 3 * j, j + 3 * i) += Real(0.5);
  const Real of_symmetric = deviation_of_second_moment(symmetric.inputs, projection);
  fmt::print("matrix sensing, seed {}: second moments off by {:.1f} and {:.1f} standard errors\n", seed,
             static_cast<double>(of_gaussian), static_cast<double>(of_symmetric));
  BOOST_TEST(of_gaussian <= Real(5));
  BOOST_TEST(of_symmetric <= Real(5));
  for (const Dataset* d : {&gaussian, &symmetric})
    for (Index i = 0; i < 50; ++i) {
      const Matrix m = sample_matrix(*d, i, 3, 3);
      BOOST_TEST(std::abs(m.cwiseProduct(x).sum() - d->targets(0, i)) <=
                 sensing_rounding * m.norm() * x.norm());
      if (d == &symmetric) BOOST_TEST((m == m.transpose()));
    }
}

BOOST_AUTO_TEST_CASE(streams_and_noise) {
  Random random(1);
  const Matrix x = low_rank_matrix(3, 2, {Real(1)}, random);
  SensingOptions options;
  options.samples = 4000;
  options.seed = 7;
  const Dataset first = matrix_sensing(x, options);
  BOOST_TEST((matrix_sensing(x, options).inputs == first.inputs));
  BOOST_TEST((matrix_sensing(x, options, RandomStream::test).inputs - first.inputs).norm() >
             first.inputs.norm());
  BOOST_TEST(first.seed == 7);
  BOOST_TEST(first.origin == "generator matrix_sensing");
  options.noise = Real(0.5);
  const Dataset noisy = matrix_sensing(x, options);
  BOOST_TEST((noisy.inputs == first.inputs));
  const Real variance = (noisy.targets - first.targets).squaredNorm() / Real(4000);
  BOOST_TEST(std::abs(variance - Real(0.25)) <= 5 * Real(0.25) * std::sqrt(Real(2) / Real(4000)));
}

BOOST_AUTO_TEST_CASE(completion) {
  Random random(3);
  const Matrix x = low_rank_matrix(4, 3, {Real(2), Real(1)}, random);
  const std::vector<MatrixEntry> all = draw_entries(4, 3, 12, random);
  const Dataset whole = matrix_completion(x, all);
  BOOST_TEST((whole.inputs == Matrix::Identity(12, 12)));
  BOOST_TEST((whole.targets.transpose() == ConstVectorView(x.data(), 12)));
  const Dataset part = matrix_completion(x, {{2, 0}, {1, 2}});
  BOOST_TEST(part.inputs.cwiseAbs().sum() == Real(2));
  BOOST_TEST(sample_matrix(part, 0, 4, 3)(2, 0) == Real(1));
  BOOST_TEST(sample_matrix(part, 1, 4, 3)(1, 2) == Real(1));
  BOOST_TEST(part.targets(0, 1) == x(1, 2));
}

/// Every entry is drawn equally often, pairs of them too.
BOOST_AUTO_TEST_CASE(entries_are_drawn_uniformly) {
  constexpr int draws = 20000;
  Random random(11);
  Matrix together = Matrix::Zero(6, 6);
  for (int n = 0; n < draws; ++n) {
    const std::vector<MatrixEntry> entries = draw_entries(2, 3, 2, random);
    BOOST_REQUIRE(entries.size() == 2u);
    const Index first = entries[0].row + 2 * entries[0].column,
                second = entries[1].row + 2 * entries[1].column;
    BOOST_REQUIRE(first < second);
    together(first, second) += 1;
  }
  const Real expected = Real(draws) / 15, error = std::sqrt(expected * Real(14) / 15);
  Real largest = 0;
  for (Index j = 0; j < 6; ++j)
    for (Index i = 0; i < j; ++i) largest = std::max(largest, std::abs(together(i, j) - expected) / error);
  fmt::print("entries, seed 11: numbers of pairs off by up to {:.1f} standard errors\n",
             static_cast<double>(largest));
  BOOST_TEST(largest <= Real(5));
}

BOOST_AUTO_TEST_CASE(errors) {
  Random random(1);
  const Matrix x = low_rank_matrix(3, 2, {Real(1)}, random);
  expect_error<InputError>([&] { low_rank_matrix(3, 2, {}, random); },
                           "low-rank matrix: found 0 singular values, expected 1 to 2");
  expect_error<InputError>(
      [&] { low_rank_matrix(3, 2, {Real(-1)}, random); },
      "low-rank matrix: found -1 among the singular values, expected finite numbers, not "
      "negative");
  expect_error<InputError>(
      [&] {
        low_rank_symmetric_matrix(1, {Real(1), Real(1)}, random);
      },
      "low-rank matrix: found 2 eigenvalues, expected 1 to 1");
  SensingOptions options;
  expect_error<InputError>([&] { matrix_sensing(x, options); },
                           "matrix sensing: found 0 samples, expected a positive number");
  options.samples = 5;
  options.measurement = Measurement::symmetric;
  expect_error<InputError>([&] { matrix_sensing(x, options); },
                           "matrix sensing: symmetric measurements of a matrix that is not symmetric");
  options.noise = -1;
  expect_error<InputError>([&] { matrix_sensing(x, options); },
                           "matrix sensing: found a noise of -1, expected a number from 0");
  expect_error<InputError>(
      [&] {
        matrix_completion(x, {{0, 0}, {3, 1}});
      },
      "matrix completion: found the entry (3, 1), expected one of a 3 x 2 matrix");
  expect_error<InputError>(
      [&] {
        matrix_completion(x, {{0, 0}, {0, 0}});
      },
      "matrix completion: found the entry (0, 0) twice");
  expect_error<InputError>([&] { matrix_completion(x, {}); },
                           "matrix completion: found no entries, expected at least one");
  expect_error<InputError>([&] { draw_entries(3, 2, 7, random); },
                           "matrix completion: found 7 entries of a 3 x 2 matrix, expected 1 to 6");
}

BOOST_AUTO_TEST_SUITE_END()

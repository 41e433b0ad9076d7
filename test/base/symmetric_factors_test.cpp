// Factors of symmetric indefinite matrices: signs against eigenvalues, solutions against the matrix.
#include "saddleflow/base/symmetric_factors.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;

namespace {

constexpr std::uint64_t kFactorSeed = 4711;
constexpr int kFactorKinds = 6;

/// Matrices that need pivots of different kinds, about n x n.
Matrix symmetric_example(int kind, Index n, Random& random) {
  Matrix a = random.normal_matrix(n, n);
  a = (a + a.transpose()).eval() / 2;
  switch (kind) {
    case 1:  // no pivot on the diagonal: blocks of two rows
      a.diagonal().setZero();
      return a;
    case 2: {  // a saddle point problem
      const Index m = n / 3;
      a.bottomRightCorner(m, m).setZero();
      a.topLeftCorner(n - m, n - m).setIdentity();
      return a;
    }
    case 3: {  // scales from 1 to 1e-12
      Vector scale(n);
      for (Index i = 0; i < n; ++i) scale[i] = std::pow(Real(10), -6 * random.uniform());
      return scale.asDiagonal() * a * scale.asDiagonal();
    }
    case 4: {  // definite
      return a * a + Matrix::Identity(n, n);
    }
    case 5: {  // zero rows
      for (Index i = 0; i < n; i += 4) {
        a.row(i).setZero();
        a.col(i).setZero();
      }
      return a;
    }
    default:
      return a;
  }
}

SignCounts inertia_by_eigenvalues(const Matrix& a) {
  const Vector values = symmetric_eigenvalues(a, "test");
  const Real zero = 1e-14 * values.cwiseAbs().maxCoeff();
  SignCounts result;
  result.negative = (values.array() < -zero).count();
  result.positive = (values.array() > zero).count();
  result.zero = values.size() - result.negative - result.positive;
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(symmetric_factors_test)

BOOST_DATA_TEST_CASE(signs_are_those_of_the_eigenvalues, boost::unit_test::data::xrange(kFactorKinds), kind) {
  Random random(kFactorSeed + static_cast<std::uint64_t>(kind));
  for (const Index n : {1, 2, 3, 5, 17, 47, 48, 49, 50, 97, 160, 300}) {
    const Matrix a = symmetric_example(kind, n, random);
    const SignCounts found = SymmetricFactors(a, "test").inertia(), expected = inertia_by_eigenvalues(a);
    BOOST_TEST_CONTEXT("kind " << kind << ", " << n << " rows") {
      BOOST_TEST(found.total() == n);
      BOOST_TEST(found.negative == expected.negative);
      BOOST_TEST(found.zero == expected.zero);
      BOOST_TEST(found.positive == expected.positive);
    }
  }
}

// Counts between all neighbours of a spectrum: the whole of it by signs alone.
BOOST_AUTO_TEST_CASE(shifts_between_eigenvalues_count_them) {
  Random random(kFactorSeed);
  const Index n = 120;
  const Matrix a = symmetric_example(0, n, random);
  const Vector values = symmetric_eigenvalues(a, "test");
  for (Index k = 0; k + 1 < n; ++k) {
    const Real shift = (values[k] + values[k + 1]) / 2;
    const SignCounts found = SymmetricFactors(a - shift * Matrix::Identity(n, n), "test").inertia();
    BOOST_TEST(found.negative == k + 1);
    BOOST_TEST(found.positive == n - k - 1);
  }
}

BOOST_DATA_TEST_CASE(solutions_are_those_of_the_matrix, boost::unit_test::data::xrange(5), kind) {
  Random random(kFactorSeed + 100 + static_cast<std::uint64_t>(kind));
  Real worst = 0;
  for (const Index n : {2, 3, 5, 17, 48, 49, 97, 300}) {
    const Matrix a = symmetric_example(kind, n, random), b = random.normal_matrix(n, 3);
    Matrix x = b;
    const SymmetricFactors factors(a, "test");
    factors.solve_in_place(x);
    // Backward error: that of a neighbouring matrix.
    worst = std::max(worst, (a * x - b).norm() / (a.norm() * x.norm()));
    BOOST_TEST((factors.solve(b.col(1)) - x.col(1)).norm() <= 1e-14 * x.col(1).norm());
  }
  fmt::print("kind {}: backward error {:.1e}\n", kind, static_cast<double>(worst));
  BOOST_TEST(worst <= 100 * std::numeric_limits<Real>::epsilon());
}

// Only the lower triangle counts.
BOOST_AUTO_TEST_CASE(the_upper_triangle_is_not_read) {
  Random random(kFactorSeed);
  const Matrix a = symmetric_example(1, 100, random);
  Matrix lower = a;
  lower.triangularView<Eigen::StrictlyUpper>().setConstant(std::numeric_limits<Real>::quiet_NaN());
  const Vector b = random.normal_matrix(100, 1);
  BOOST_TEST((SymmetricFactors(lower, "test").solve(b) - SymmetricFactors(a, "test").solve(b)).norm() == 0);
}

BOOST_AUTO_TEST_CASE(what_has_no_factors_is_refused) {
  Matrix a = Matrix::Identity(3, 3);
  a(2, 1) = std::numeric_limits<Real>::infinity();
  BOOST_CHECK_EXCEPTION(SymmetricFactors(a, "test"), NumericalError,
                        [](const NumericalError& e) { return std::string(e.what()).starts_with("test: "); });
  const SymmetricFactors zero(Matrix::Zero(3, 3), "test");
  BOOST_TEST(zero.inertia().zero == 3);
  BOOST_CHECK_THROW(zero.solve(Vector::Ones(3)), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()

// Eigen's decompositions as the library calls them, of matrices without rows or columns among others.
#include "saddleflow/base/decompositions.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <vector>

#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(decompositions_test)

using namespace saddleflow;

namespace {

constexpr std::uint64_t kSeedOfMatrices = 73;
// Of sums of up to seven terms, each decomposition some of them.
constexpr Real kRoundings = 100 * std::numeric_limits<Real>::epsilon();
// Singular values below this, against the largest, are zero; those of the matrices here are above 1e-4.
constexpr Real kZero = Real(1e-10);

/// Largest over least singular value that is not zero.
Real condition(const Matrix& a) {
  const Vector s = singular_values(a);
  Real least = s.size() > 0 ? s[0] : Real(0);
  for (const Real value : s)
    if (value > kZero * s[0]) least = value;
  return least > 0 ? s[0] / least : Real(1);
}

/// |A^T (A X - B)| against what its terms are: the backward error of X.
Real normal_error(const Matrix& a, const Matrix& b, const Matrix& x) {
  const Real size = a.norm() * (a.norm() * x.norm() + b.norm());
  return size > 0 ? (a.transpose() * (a * x - b)).norm() / size : Real(0);
}

}  // namespace

// A^T (A X - B) = 0, and X has no part that A maps to zero. Rank deficient, wide, tall, and without an entry.
BOOST_AUTO_TEST_CASE(least_squares_of_all_shapes) {
  Random random(kSeedOfMatrices);
  Real worst = 0;
  for (const Index rows : {0, 1, 3, 7})
    for (const Index cols : {0, 1, 3, 7})
      for (const Index rank : {0, 2, 7})
        for (const Index sides : {0, 1, 4}) {
          const Matrix a = random.normal_matrix(rows, rank) * random.normal_matrix(rank, cols);
          const Matrix b = random.normal_matrix(rows, sides);
          for (const Matrix& x :
               {minimum_norm_least_squares(a, b), minimum_norm_least_squares(a, b, kZero)}) {
            BOOST_REQUIRE((x.rows() == cols && x.cols() == sides));
            if (x.size() == 0) continue;
            worst = std::max(worst, normal_error(a, b, x));
            const Matrix in_rows = a.transpose() * minimum_norm_least_squares(a.transpose(), x);
            if (x.norm() > 0) worst = std::max(worst, (in_rows - x).norm() / (condition(a) * x.norm()));
          }
        }
  BOOST_TEST_MESSAGE(fmt::format("least squares, seed {}: worst {:.1e}, bound {:.1e}", kSeedOfMatrices,
                                 static_cast<double>(worst), static_cast<double>(kRoundings)));
  BOOST_TEST(worst <= kRoundings);
}

BOOST_AUTO_TEST_CASE(decompositions_of_empty_matrices) {
  for (const Index rows : {0, 3}) {
    const Matrix a(rows, 0);
    const ThinSvd svd = thin_svd(a);
    BOOST_TEST((svd.u.rows() == rows && svd.u.cols() == 0 && svd.v.size() == 0 && svd.values.size() == 0));
    const ThinSvd of_transpose = thin_svd(a.transpose());
    BOOST_TEST((of_transpose.v.rows() == rows && of_transpose.v.cols() == 0 && of_transpose.u.size() == 0));
    BOOST_TEST(singular_values(a).size() == 0);
    const ThinQr qr = thin_qr(a);
    BOOST_TEST((qr.q.rows() == rows && qr.q.cols() == 0 && qr.r.size() == 0));
  }
  const SymmetricEigen eigen = symmetric_eigen(Matrix(), "nothing");
  BOOST_TEST((eigen.values.size() == 0 && eigen.vectors.size() == 0));
  BOOST_TEST(symmetric_eigenvalues(Matrix(), "nothing").size() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

// Polynomials whose critical point and index are known by construction: f(x) = q(phi(x - c)) with a quadratic
// form plus cubic and quartic terms q, and a local diffeomorphism phi.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"

BOOST_AUTO_TEST_SUITE(morse_test)

using namespace saddleflow;

namespace {

/// q(z) = <z, A z>/2 + (g.z)^3 + (h.z)^4, z = phi(y) = y + sum_k e_k (a_k.y)(b_k.y) + e_k (d_k.y)^3, y = x -
/// c. At x = c grad f = 0, Hess f = A.
class MorsePolynomial {
 public:
  MorsePolynomial(Index n, Random& random)
      : index(0), centre(random.normal_matrix(n, 1)), g_(random.unit_vector(n)), h_(random.unit_vector(n)) {
    Vector spectrum(n);
    for (Real& lambda : spectrum) {
      lambda = random.sign() * std::pow(Real(10), -3 * random.uniform());
      index += lambda < 0;
    }
    const Matrix basis = random.orthonormal_columns(n, n);
    a_matrix_ = basis * spectrum.asDiagonal() * basis.transpose();
    const Real scale = 1 / std::sqrt(static_cast<Real>(n));
    a_ = scale * random.normal_matrix(n, n);
    b_ = scale * random.normal_matrix(n, n);
    d_ = scale * random.normal_matrix(n, n);
    smallest = spectrum.cwiseAbs().minCoeff();
  }

  Potential potential() const {
    return {centre.size(), [this](const Vector& x, Vector& out) { return gradient(x, out); },
            [this](const Vector& x, Matrix& out) { hessian(x, out); },
            [this](const Vector& x, const Vector& v, Vector& out) {
              Matrix full;
              hessian(x, full);
              out = full * v;
            }};
  }

  Index index;
  Vector centre;
  Real smallest = 0;

 private:
  // Row k of a_, b_, d_ belongs to component k.
  Vector map(const Vector& y) const {
    return y + (a_ * y).cwiseProduct(b_ * y) + (d_ * y).array().cube().matrix();
  }
  Matrix jacobian(const Vector& y) const {
    const Vector ay = a_ * y, by = b_ * y, dy = d_ * y;
    return Matrix::Identity(y.size(), y.size()) + ay.asDiagonal() * b_ + by.asDiagonal() * a_ +
           (3 * dy.cwiseAbs2()).asDiagonal() * d_;
  }
  Vector outer_gradient(const Vector& z) const {
    const Real gz = g_.dot(z), hz = h_.dot(z);
    return a_matrix_ * z + 3 * gz * gz * g_ + 4 * hz * hz * hz * h_;
  }
  Real gradient(const Vector& x, Vector& out) const {
    const Vector y = x - centre, z = map(y);
    out = jacobian(y).transpose() * outer_gradient(z);
    return z.dot(a_matrix_ * z) / 2 + std::pow(g_.dot(z), 3) + std::pow(h_.dot(z), 4);
  }
  void hessian(const Vector& x, Matrix& out) const {
    const Vector y = x - centre, z = map(y), slope = outer_gradient(z), dy = d_ * y;
    const Matrix j = jacobian(y);
    const Matrix outer =
        a_matrix_ + 6 * g_.dot(z) * g_ * g_.transpose() + 12 * h_.dot(z) * h_.dot(z) * h_ * h_.transpose();
    const Matrix mixed = a_.transpose() * slope.asDiagonal() * b_;
    const Vector cubic = 6 * slope.cwiseProduct(dy);
    out = j.transpose() * outer * j + mixed + mixed.transpose() + d_.transpose() * cubic.asDiagonal() * d_;
    out = (out + Matrix(out.transpose())) / 2;
  }

  Matrix a_matrix_, a_, b_, d_;
  Vector g_, h_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(index_of_random_polynomials) {
  const std::uint64_t seed = 2024;
  Random random(seed);
  const int cases = 1000;
  int right = 0, refined = 0, refined_krylov = 0;
  Real worst = 0, worst_krylov = 0, smallest = 1;
  for (int k = 0; k < cases; ++k) {
    const Index n = 2 + k % 11;
    const MorsePolynomial f(n, random);
    // Newton's method is sure within a distance of the order of the smallest eigenvalue over the third
    // derivatives.
    const Vector start = f.centre + Real(0.02) * f.smallest * random.unit_vector(n);
    const Refinement found = refine_critical_point(f.potential(), start);
    const Real error = (found.point - f.centre).norm() / f.centre.norm();
    const Spectrum s = hessian_spectrum(f.potential(), found.point);
    right += s.negative == f.index && s.zero == 0 && s.positive == n - f.index;
    refined += found.converged && error < Real(1e-12);
    RefineOptions krylov;
    krylov.dense_limit = 0;
    const Refinement by_products = refine_critical_point(f.potential(), start, krylov);
    const Real krylov_error = (by_products.point - f.centre).norm() / f.centre.norm();
    refined_krylov += by_products.converged && krylov_error < Real(1e-12);
    worst = std::max(worst, error);
    worst_krylov = std::max(worst_krylov, krylov_error);
    smallest = std::min(smallest, f.smallest);
  }
  fmt::print(
      "{} polynomials of 2 to 12 variables, seed {}, |lambda| from {:.1e}: index right in {}, refined in {} "
      "(to "
      "{:.1e}), by products in {} (to {:.1e})\n",
      cases, seed, static_cast<double>(smallest), right, refined, static_cast<double>(worst), refined_krylov,
      static_cast<double>(worst_krylov));
  BOOST_TEST(right == cases);
  BOOST_TEST(refined == cases);
  BOOST_TEST(refined_krylov == cases);
}

BOOST_AUTO_TEST_SUITE_END()

#include "saddleflow/ode/stepper/spectral.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {
namespace {

/// A direction that a warm start has lost (an eigenvector of a decoupled block) must be able to come back. So
/// much costs the start little of what it knows, its square.
constexpr Real kNoise = Real(0.05);
/// A new direction that is shorter than this, beside the matrix, is what rounding has left: the space is
/// invariant.
constexpr Real kInvariant = Real(10) * std::numeric_limits<Real>::epsilon();

void prepare(Vector& start, Index n) {
  using std::sqrt;
  const bool warm = start.size() == n && start.allFinite() && start.norm() > 0;
  if (warm)
    start /= start.norm();
  else
    start = Vector::Zero(n);
  // Of length 1: the noise is uniform on [-1, 1], with a mean square of 1/3.
  const Real weight = (warm ? kNoise : Real(1)) * sqrt(Real(3) / static_cast<Real>(n));
  for (Index i = 0; i < n; ++i) start[i] += weight * fixed_noise(i);
  start /= start.norm();
}

void multiply(ProductRef product, const Vector& v, Vector& out) {
  product(v, out);
  if (!out.allFinite())
    throw StepFailure(Stop::nonfinite, "spectral estimate: a Hessian-vector product is not finite");
}

}  // namespace

Real fixed_noise(Index i) {
  auto z = (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<Real>((z ^ (z >> 31)) >> 12) * Real(0x1p-51) - 1;
}

SpectralInterval lanczos_interval(ProductRef product, Index n, int steps, Vector& start) {
  using std::abs;
  prepare(start, n);
  const Index size = std::min<Index>(n, steps);
  Matrix basis(n, size);
  Vector diagonal(size), off(size), v = start, w(n);
  Index k = 0;
  Real scale = 0;
  for (; k < size; ++k) {
    basis.col(k) = v;
    multiply(product, v, w);
    diagonal[k] = v.dot(w);
    // Twice is enough (Kahan): orthogonal to working precision.
    for (int pass = 0; pass < 2; ++pass) w -= basis.leftCols(k + 1) * (basis.leftCols(k + 1).transpose() * w);
    off[k] = w.norm();
    scale = std::max({scale, abs(diagonal[k]), off[k]});
    if (!(off[k] > kInvariant * scale)) {
      ++k;
      break;
    }
    v = w / off[k];
  }
  const SymmetricEigen eigen = tridiagonal_eigen(diagonal.head(k), off.head(k - 1));
  const Matrix& s = eigen.vectors;
  start = basis.leftCols(k) * (s.col(k - 1) + s.col(0));
  SpectralInterval result;
  result.min = eigen.values[0];
  result.max = eigen.values[k - 1];
  result.min_residual = off[k - 1] * abs(s(k - 1, 0));
  result.max_residual = off[k - 1] * abs(s(k - 1, k - 1));
  result.products = static_cast<int>(k);
  return result;
}

Real power_radius(ProductRef product, Index n, int steps, Vector& start) {
  using std::sqrt;
  prepare(start, n);
  Vector w(n);
  Real growth = 0;
  Real last = 0;
  for (int i = 0; i < steps; ++i) {
    multiply(product, start, w);
    last = growth;
    growth = w.norm();
    if (!(growth > 0)) return 0;
    start = w / growth;
  }
  return last > 0 ? sqrt(growth * last) : growth;
}

SpectralInterval SpectralEstimator::estimate(ProductRef product, Index n, MatrixKind kind, int steps) {
  if (kind == MatrixKind::symmetric) return lanczos_interval(product, n, steps, start_);
  const Real radius = power_radius(product, n, steps, start_);
  SpectralInterval result;
  result.min = -radius;
  result.max = radius;
  result.products = steps;
  return result;
}

SpectralInterval SpectralEstimator::estimate(const System& system, const Vector& x, const Vector& f, Real t,
                                             int steps) {
  using std::sqrt;
  const Index n = x.size() - system.quadratures();
  if (system.has_hessian_vector()) {
    const auto product = [&](const Vector& v, Vector& out) {
      out.resize(n);
      system.hessian_vector(x, v, out, t);
    };
    return estimate(product, n, MatrixKind::symmetric, steps);
  }
  const Real size = x.head(n).norm();
  const Real epsilon = sqrt(std::numeric_limits<Real>::epsilon()) * (size > 0 ? size : Real(1));
  const auto difference = [&](const Vector& v, Vector& out) {
    shifted_ = x;
    shifted_.head(n) += epsilon * v;
    rate_.resize(x.size());
    system(shifted_, rate_, t);
    out = (f.head(n) - rate_.head(n)) / epsilon;
  };
  const bool symmetric = system.has_hessian() || !system.has_jacobian();
  return estimate(difference, n, symmetric ? MatrixKind::symmetric : MatrixKind::general, steps);
}

void SpectralEstimator::save(MemoryWriter& memory) const { memory.add(start_); }
void SpectralEstimator::load(MemoryReader& memory) { start_ = memory.vector(); }

}  // namespace saddleflow

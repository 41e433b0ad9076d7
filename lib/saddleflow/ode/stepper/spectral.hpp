// The spectral interval of a Hessian from a handful of Hessian-vector products.
//
// A Lanczos process with full reorthogonalisation from a warm start: k products give a k x k tridiagonal
// matrix whose extreme eigenvalues (Ritz values) theta approach those of the Hessian from inside, each with
// an eigenvalue within the residual |beta_k s_k| of it (Parlett, The Symmetric Eigenvalue Problem,
// section 13.2). Both ends are looked at: near saddles lambda_min < 0.
#pragma once

#include <type_traits>

#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

class MemoryReader;
class MemoryWriter;

/// Type-erased reference to a product out = A v, callable as product(v, out); it must outlive the reference.
class ProductRef {
 public:
  template <class P>
  requires(!std::same_as<std::remove_cvref_t<P>, ProductRef>)
      ProductRef(const P& product)  // NOLINT: converts as a reference does
      : object_(&product),
        call_([](const void* p, const Vector& v, Vector& out) { (*static_cast<const P*>(p))(v, out); }) {}
  void operator()(const Vector& v, Vector& out) const { call_(object_, v, out); }

 private:
  const void* object_;
  void (*call_)(const void*, const Vector&, Vector&);
};

/// Fixed numbers in [-1, 1): the same on every machine, in no relation to any problem (splitmix64).
Real fixed_noise(Index i);

/// Extreme Ritz values and the residual of each.
struct SpectralInterval {
  Real min = 0;
  Real max = 0;
  Real min_residual = 0;
  Real max_residual = 0;
  int products = 0;
};

/// At most `steps` products with a symmetric n x n matrix. `start` (n, or empty: a fixed pseudo-random
/// vector) becomes a blend of the two extreme Ritz vectors, the start for a matrix nearby. Throws StepFailure
/// when a product is not finite.
SpectralInterval lanczos_interval(ProductRef product, Index n, int steps, Vector& start);

/// Spectral radius of a general matrix by `steps` power iterations: the geometric mean of the last two growth
/// factors, which is right for complex pairs to within their oscillation.
Real power_radius(ProductRef product, Index n, int steps, Vector& start);

enum class MatrixKind { symmetric, general };

/// Estimates for a System at a point, warm from call to call.
class SpectralEstimator {
 public:
  /// With hessian_vector, else by differences of the right-hand side around x, where it is f: one right-hand
  /// side a product. A system that offers only a general jacobian gets [-radius, radius] by power iteration.
  SpectralInterval estimate(const System& system, const Vector& x, const Vector& f, Real t, int steps);
  /// With a matrix at hand: Lanczos where it is symmetric, else power iteration.
  SpectralInterval estimate(ProductRef product, Index n, MatrixKind kind, int steps);

  void forget() { start_.resize(0); }
  void save(MemoryWriter& memory) const;
  void load(MemoryReader& memory);

 private:
  Vector start_;
  Vector shifted_, rate_;
};

}  // namespace saddleflow

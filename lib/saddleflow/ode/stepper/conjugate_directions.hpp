// Conjugate gradients for many right-hand sides with one matrix: what one solution has found out about the
// matrix serves the next.
#pragma once

#include <functional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {

/// Directions p_k, conjugate with respect to a symmetric positive definite A, with their products A p_k. A
/// right-hand side is first projected on them, without a product; then conjugate gradients go on, each new
/// direction made conjugate to all that are kept. So m right-hand sides together take about as many products
/// as A has eigenvalues of different size, not m times as many. Once `capacity` directions are kept, later
/// ones are conjugate to these and to the one before, as in plain conjugate gradients.
class ConjugateDirections {
 public:
  enum class Solved { done, indefinite, stalled };
  /// Whether a residual (b - A x) of the present x is small enough.
  using Enough = std::function<bool(const Vector& residual, const Vector& x)>;

  explicit ConjugateDirections(Index capacity) : capacity_(capacity) {}

  /// Forgets all directions; A is another matrix, of this size.
  void begin(Index n) { begin(n, {}); }
  /// The same with only the components marked in `mask` as unknowns: their equations alone are solved, and
  /// the other components of the products only change the residual.
  void begin(Index n, std::vector<char> mask);
  /// Forgets all directions and their memory, until begin().
  void release();
  /// Solves A x = b with at most `most` products, or as well as rounding allows. indefinite: a direction
  /// along which A is not positive.
  Solved solve(ProductRef product, const Vector& b, Vector& x, const Enough& enough, int most);
  /// The same from an x on whose residual, of all components, is known; both are changed.
  Solved improve(ProductRef product, Vector& residual, Vector& x, const Enough& enough, int most);

  Index size() const { return size_; }

 private:
  Solved go_on(ProductRef product, Vector& x, const Enough& enough, int most);
  enum class Advance { made, none, indefinite };
  Advance advance(ProductRef product, Vector& x);
  void project(Vector& x);
  void silence(Vector& v) const;
  void keep();

  Index capacity_, size_ = 0;
  Matrix p_, q_;  ///< a column a direction, p_k' A p_k = 1; q_k = A p_k
  Vector residual_, direction_, product_, coefficients_;
  Vector last_, last_product_;  ///< the direction before, where it is not kept
  bool has_last_ = false;
  std::vector<char> mask_;  ///< empty: all
};

}  // namespace saddleflow

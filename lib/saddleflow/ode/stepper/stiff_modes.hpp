// The directions in which a gradient flow is stiff over a step: a Krylov space of the Hessian, kept over
// steps.
//
// Near a path that passes saddles only some tens of the eigenvalues of H are large beside 1 / h, and their
// space changes little from step to step. A Lanczos process with full reorthogonalisation from a fixed start
// finds it by about as many products (Lanczos, J. Res. Natl. Bur. Stand. 45, 1950; Saad, Numerical Methods
// for Large Eigenvalue Problems, section 6.3): it ends where what it leaves out moves by little in a step, h
// beta small. With the Ritz pairs (lambda_k, v_k)
//
//   (I + h A (x) H)^{-1} r  is about  r + sum_k v_k ((I + h lambda_k A)^{-1} - I) v_k' r
//
// for the small matrix A of any Runge-Kutta method and any h: a step of another length costs nothing. This is
// no solution but the matrix of a simplified Newton iteration, which the error of the space makes slower, not
// wrong. Where groups of components differ much in size (size_levels()) each level has a space of its own, so
// that the rounding of the large ones does not reach the small ones.
#pragma once

#include <vector>

#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

class MemoryReader;
class MemoryWriter;

class StiffModes {
 public:
  /// Of the Hessian at (x, t), for steps of about h. `size` of each of the leading n components; `levels`:
  /// see size_levels(). StepFailure where a product is not finite.
  void find(const System& system, const Vector& x, const Vector& size, Real t, Real h,
            const std::vector<int>& levels);
  bool known() const { return known_; }
  /// Products of the last find().
  int products() const { return products_; }
  void forget();

  /// Before the next two: for steps of length h of a method with the s x s matrix `a`.
  void prepare(Real h, const Matrix& a);
  /// The same of a matrix diag(scale_i) (H + diag(extra)) that is another one at every stage i; `extra`: n,
  /// `scale`: n x s. Of these the modes know their means.
  void prepare(Real h, const Matrix& a, const Vector& extra, const Matrix& scale);
  /// r becomes about (I + h A (x) H)^{-1} r, a column a stage; the rows beyond n stay as they are.
  void solve(Matrix& r);
  /// v becomes about (I + h gamma H)^{-1} v.
  void smooth(Real gamma, Vector& v);
  /// What of v (n) is in none of the modes that matter.
  void slow_part(const Vector& v, Vector& out);

  /// How many of them matter for steps of the length that was prepared.
  int count() const { return static_cast<int>(inverses_.size()); }
  /// Of each component, as they were when the modes were found; empty: there is one level.
  const std::vector<int>& levels() const { return levels_; }
  /// The largest eigenvalue; 0: none is known.
  Real largest() const { return values_.size() > 0 ? values_.maxCoeff() : Real(0); }

  void save(MemoryWriter& memory) const;
  /// InputError where the modes do not have n components each.
  void load(MemoryReader& memory, Index n);

 private:
  /// Modes of one level, the largest first.
  struct Block {
    Index from = 0, size = 0;
    Index chosen = 0;  ///< by prepare(): the first ones, those that matter
  };

  Index find_level(const System& system, const Vector& x, Real t, Real h, Vector& direction, int level);
  void keep_level(Index found);
  void choose(const Matrix& a);
  auto chosen(const Block& block) const { return vectors_.middleCols(block.from, block.chosen); }

  bool known_ = false;
  int products_ = 0;
  Vector values_;   ///< Ritz values
  Matrix vectors_;  ///< a column each
  std::vector<Block> blocks_;
  std::vector<int> levels_;
  // Of prepare().
  Real h_ = 0;
  Vector shifted_;                ///< Ritz values with `extra`
  Matrix by_stage_;               ///< these at every stage, a row each
  std::vector<Matrix> inverses_;  ///< (I + h lambda A)^{-1} - I of those that matter
  Matrix basis_, coefficients_;
  Vector product_, overlaps_, diagonal_, beside_;
};

}  // namespace saddleflow

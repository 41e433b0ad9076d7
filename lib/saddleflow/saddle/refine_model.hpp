// The linearisation of grad L = 0 at one point of a refinement, and the steps that it proposes.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/krylov_space.hpp"
#include "saddleflow/saddle/potential.hpp"
#include "saddleflow/saddle/refine.hpp"

namespace saddleflow {

/// Gradient g and curvature H, both on the `active` weights (the others stay as they are).
class RefineModel {
 public:
  virtual ~RefineModel() = default;
  /// The d that minimises |g + H d|^2 + shift^2 |d|^2, over the directions that are not flat (dense) or the
  /// Krylov space. As many numbers as there are weights, zero where not active.
  virtual Vector step(Real shift) const = 0;
  Real loss = 0;
  Vector gradient;         ///< the whole of it
  Real gradient_norm = 0;  ///< its norm
  Real largest = 0;        ///< ||H||, the magnitude of the largest eigenvalue
  Real flatness = 0;       ///< |H g| / (||H|| |g|)
};

/// Whether a network of `size` weights, of which so many are active, has the model by an eigendecomposition:
/// up to dense_limit active ones, and where the whole Hessian would be too large few of them.
bool refines_dense(Index size, Index active, Index dense_limit);

/// By an eigendecomposition of H.
class DenseRefineModel final : public RefineModel {
 public:
  DenseRefineModel(const Potential& potential, const Vector& w, const std::vector<Index>& active);
  Vector step(Real shift) const override;

 private:
  const std::vector<Index>& active_;
  Index size_;
  SymmetricEigen eigen_;
  Vector components_;  // of g
};

/// In the Krylov space of H and g, of at most `steps` dimensions.
class KrylovRefineModel final : public RefineModel {
 public:
  KrylovRefineModel(const Potential& potential, const Vector& w, const std::vector<Index>& active,
                    Index steps);
  Vector step(Real shift) const override;

 private:
  const std::vector<Index>& active_;
  Index size_;
  std::optional<KrylovSpace> space_;  // none where g = 0
};

}  // namespace saddleflow

// The sizes of a loss by which the proximity to a critical point is measured where they do not come from
// outputs at samples (THEORY.md, section 3).
#pragma once

#include <optional>

#include "saddleflow/problem/loss_scale.hpp"

namespace saddleflow {

/// As if the loss were (1/2) ||H - y||^2 with ||y||^2 / 2 the reference: ||l'|| = (2 (L - infimum))^{1/2},
/// and ||H|| from L and <w, grad L> by Euler's identity, exact where the loss is quadratic in a homogeneous
/// H.
class FunctionScale final : public LossScale {
 public:
  struct Options {
    Real reference = 0;           ///< above the infimum, a loss that counts as large: L(0) with a degree
    std::optional<Real> infimum;  ///< none: the loss falls for ever
    bool attained = true;         ///< the infimum, at finite weights
    int degree = 0;               ///< of H, 0 where it is not known: ||H|| is then that of the reference
  };
  explicit FunctionScale(const Options& options);

  Real reference() const override { return options_.reference; }
  Real excess(Real loss) const override { return (loss - infimum_) / height_; }
  ProximityScale proximity(const ProximityTerms& terms) const override;

 private:
  struct Outputs {
    Real size, by_loss, by_radial;
  };
  Outputs outputs(const ProximityTerms& terms) const;
  struct Residual {
    Real size, by_loss;
  };
  Residual residual(Real loss) const;

  Options options_;
  Real infimum_, height_;
};

}  // namespace saddleflow

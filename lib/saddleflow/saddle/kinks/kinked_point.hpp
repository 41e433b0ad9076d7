// Critical points of networks with kinks (p = 1, alpha != 1): on which kinks they lie, whether zero is in
// Clarke's subdifferential, whether the loss falls to one side of a kink, and what it does along the surface
// of the kinks.
#pragma once

#include "saddleflow/saddle/kinks/kinked_refine.hpp"
#include "saddleflow/saddle/kinks/one_sided.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/saddle/zero_modes.hpp"

namespace saddleflow {

/// One-sided derivatives up to this, in gradient units, are zero: points are on their kinks to
/// kKinkTolerance, and this is ten times that.
inline constexpr Real kNoDerivative = Real(1e-8);

/// What is known to first order at a point whose gradient on the surface vanishes.
struct KinkedFirstOrder {
  std::vector<Kink> kinks;         ///< held
  Index codimension = 0;           ///< rank of their normals
  Index idle = 0;                  ///< further kinks there, without influence to first order
  std::vector<Kink> loose;         ///< further ones with a slope at its bound
  ActivationPattern pattern;       ///< branches and slopes of all units
  Vector slopes;                   ///< in [alpha, 1], one a kink: the certificate
  Vector back;                     ///< b_k = dL/da_k with these slopes: > 0 attracts the flow, < 0 repels it
  Vector gradient;                 ///< with these slopes
  Real clarke_residual = 0;        ///< its norm in units of gradient_unit()
  bool clarke_stationary = false;  ///< residual up to kNoDerivative
  Real margin = 0;  ///< least distance of a slope from its bounds, over 1 - alpha: 0 degenerate; 1/2 without
  OneSidedResult one_sided;
  Real unit = 0;  ///< gradient_unit()
  bool grows() const { return one_sided.sign_is_exact && one_sided.least > kNoDerivative * unit; }
  bool falls() const { return one_sided.least < -kNoDerivative * unit; }
};

/// First order at w, in the surface's mode, which it keeps. `loose`, `idle`: see KinkedRefinement.
KinkedFirstOrder first_order_at(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose,
                                Index idle, const OneSidedOptions& options = {});
/// Spectrum and zero modes there; not more where it is not complete.
void second_order_at(KinkedSurface& surface, const Vector& w, SpectrumOptions options, Spectrum& spectrum,
                     ZeroModes& zero_modes);

/// The sign with which a move along the unit vector v leaves the branches of all `loose` kinks as they are:
/// +1, -1, or 0 where neither does. Beyond a loose kink the loss is above the mode's continuation.
int open_side(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose, const Vector& v);

}  // namespace saddleflow

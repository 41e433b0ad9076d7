// Critical points of networks with kinks (p = 1, alpha != 1): on which kinks they lie, whether zero is in
// Clarke's subdifferential, whether the loss falls to one side of a kink, and what it does along the surface
// of the kinks.
#pragma once

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/saddle/kinks/kinked_refine.hpp"
#include "saddleflow/saddle/kinks/one_sided.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/saddle/zero_modes.hpp"

namespace saddleflow {

enum class KinkedVerdict {
  minimum,  ///< L grows linearly off the surface, on it the Hessian is positive but for explained zero modes;
            ///< or the loss is zero
  saddle,   ///< it falls: to first order off the surface, or along a negative eigenvalue on it
  degenerate,  ///< neither is shown by first order off the surface and second order on it
  unresolved,  ///< not critical on the surface, or zero is not in Clarke's subdifferential
};

template <>
inline constexpr auto enum_table<KinkedVerdict> =
    named_enum<KinkedVerdict>("kind of point on kinks", {{KinkedVerdict::minimum, "minimum"},
                                                         {KinkedVerdict::saddle, "saddle"},
                                                         {KinkedVerdict::degenerate, "degenerate"},
                                                         {KinkedVerdict::unresolved, "unresolved"}});

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

struct KinkedPoint {
  KinkedRefinement refinement;
  KinkedFirstOrder first_order;
  Spectrum spectrum;     ///< of the Hessian on the surface, zero across it; with vectors
  ZeroModes zero_modes;  ///< where the spectrum is complete
  KinkedVerdict verdict = KinkedVerdict::unresolved;
  /// Unit vector along which the loss falls (verdict saddle), and by how much: L' < 0 to first order, or else
  /// the eigenvalue.
  Vector descent;
  Real descent_rate = 0;
  bool descent_is_first_order = false;

  const Vector& point() const { return refinement.refinement.point; }
  Index index() const { return spectrum.negative; }
};

struct KinkedPointOptions {
  RefineOptions refine;
  SpectrumOptions spectrum;
  OneSidedOptions one_sided;
  Real kink_tolerance = kKinkTolerance;  ///< of KinkedSurface::mode_at
};

/// First order at w, in the surface's mode, which it keeps. `loose`, `idle`: see KinkedRefinement.
KinkedFirstOrder first_order_at(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose,
                                Index idle, const OneSidedOptions& options = {});
/// Spectrum and zero modes there; not more where it is not complete.
void second_order_at(KinkedSurface& surface, const Vector& w, SpectrumOptions options, Spectrum& spectrum,
                     ZeroModes& zero_modes);

/// The critical point near w. Of neurons that are zero nothing is said (see neuron_ncfs): the verdict is that
/// of the others. InputError for other networks, w of another size, and w = 0. The objective has no mode
/// afterwards.
KinkedPoint analyse_kinked_point(Objective& objective, const Vector& w,
                                 const KinkedPointOptions& options = {});

}  // namespace saddleflow

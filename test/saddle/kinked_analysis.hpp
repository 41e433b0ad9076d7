// A critical point on kinks and its verdict from first and second order alone: beside the library's
// classification, which looks at the neurons that are zero as well (analyse_critical_point).
#pragma once

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/saddle/kinks/kinked_point.hpp"
#include "saddleflow/saddle/kinks/kinked_refine.hpp"

namespace saddleflow {
namespace test {

enum class KinkedVerdict {
  minimum,  ///< L grows linearly off the surface, on it the Hessian is positive but for explained zero modes;
            ///< or the loss is zero
  saddle,   ///< it falls: to first order off the surface, or along a negative eigenvalue on it
  degenerate,  ///< neither is shown by first order off the surface and second order on it
  unresolved,  ///< not critical on the surface, or zero is not in Clarke's subdifferential
};

}  // namespace test

template <>
inline constexpr auto enum_table<test::KinkedVerdict> = named_enum<test::KinkedVerdict>(
    "kind of point on kinks", {{test::KinkedVerdict::minimum, "minimum"},
                               {test::KinkedVerdict::saddle, "saddle"},
                               {test::KinkedVerdict::degenerate, "degenerate"},
                               {test::KinkedVerdict::unresolved, "unresolved"}});

namespace test {

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

/// The critical point near w. Of neurons that are zero nothing is said (see neuron_ncfs): the verdict is that
/// of the others. InputError for other networks, w of another size, and w = 0. The objective has no mode
/// afterwards.
KinkedPoint analyse_kinked_point(Objective& objective, const Vector& w,
                                 const KinkedPointOptions& options = {});

}  // namespace test
}  // namespace saddleflow

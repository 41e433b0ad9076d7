// From a point near a critical point of a network with kinks to the point itself, and the kinks that it lies
// on.
#pragma once

#include "saddleflow/saddle/kinks/kinked_surface.hpp"
#include "saddleflow/saddle/refine.hpp"

namespace saddleflow {

struct KinkedRefinement {
  Refinement refinement;  ///< of the loss on the surface of `mode`: gradients are those along it
  Mode mode;              ///< held: the kinks that the point lies on and that the gradient depends on
  /// Kinks that it lies on with a slope at its bound: on the side of that bound, where the loss does not
  /// change to first order; to the other it grows, and is above the smooth function of the mode.
  std::vector<Kink> loose;
  Index idle = 0;           ///< kinks that it lies on, without influence to first order
  bool consistent = false;  ///< no pre-activation is on the other side of its kink than the mode says
  int rounds = 0;           ///< refinements made
};

/// Refines w on M, M found by trial: first that of the kinks on which w lies (KinkedSurface::mode_at with
/// `kink_tolerance`); then, as long as the refined point contradicts the mode, again from w, where a
/// pre-activation that went to the other side is put there, one that came back as well is held, and a held
/// one whose kink the loss falls away from on one side only is let go to that side. One from which it falls
/// to both sides (a concave kink) stays held: such points are Clarke stationary. The surface is in the mode
/// found.
KinkedRefinement refine_on_kinks(KinkedSurface& surface, const Vector& w, const RefineOptions& options,
                                 Real kink_tolerance);

/// ||X|| prod ||W_l|| (||l'(H)|| + 1e-4 ||l'(0)||) / ||w||: what gradients of the loss of a network with p =
/// 1 are to be compared with, the bound for that of each layer; not zero where the outputs vanish.
Real gradient_unit(Objective& objective, const Vector& w);

}  // namespace saddleflow

// From the end of a minimisation to the bottom: a trust region on the loss itself.
#pragma once

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

struct EndgameOptions {
  Real tolerance = kRestProximity;  ///< on the proximity r, see Probe
  Real loss = 0;                    ///< enough
  Real radius = Real(0.01);  ///< of the first step, relative to ||w||; no step is longer than ten times that
  int iterations = 5000;     ///< a valley is crossed in steps of a tenth of the weights; by judgement
  Index dense_limit = kDenseSpectrum;  ///< more weights than this: no endgame
};

struct Endgame {
  Vector weights;
  Real loss = 0;
  Real proximity = 0;  ///< r there
  int iterations = 0;
  bool converged = false;  ///< to the tolerance, without a negative eigenvalue, or to the loss
};

/// argmin of the quadratic model within the radius (More and Sorensen), on an eigendecomposition of the
/// Hessian; the loss never rises. Valleys in which the flow creeps are crossed, saddles left. For networks
/// with a Lipschitz gradient; one gradient and at most one Hessian an iteration.
Endgame trust_region_descent(Objective& objective, const Vector& w, const EndgameOptions& options = {});

}  // namespace saddleflow

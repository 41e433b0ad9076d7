// The analysis of one critical point: its refinement, its index, the causes of its zero modes, and the ways
// down.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/saddle/kinks/kinked_point.hpp"
#include "saddleflow/saddle/linear_basis.hpp"
#include "saddleflow/saddle/neuron_ncf.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/saddle/zero_modes.hpp"

namespace saddleflow {

/// A way down.
struct EscapeDirection {
  using Kind = EscapeKind;
  Kind kind = Kind::eigenvector;
  Vector direction;      ///< unit vector of the whole network's weights
  Real value = 0;        ///< -lambda, N, or -L'
  int degree = 2;        ///< of the growth: 2 exponential, above it blow-up; 1 at a finite speed
  int layer = -1;        ///< hidden layer of the neuron that grows; -1: several grow together
  Index neuron = -1;     ///< the first of those it may be, in Network::neurons()
  Real basin_share = 0;  ///< of random directions of such a neuron
};

/// For a linear network everything refers to `basis`, in which the inactive modes are neurons.
struct CriticalPoint {
  CriticalKind kind = CriticalKind::unresolved;
  Refinement refinement;
  Real proximity = 0;  ///< r at the refined point, see Probe; critical points are below 1e-8
  HiddenBasis basis;
  InactiveNeurons
      inactive;  ///< neurons that are exactly zero at the point, and what told them from the others
  /// For critical points of networks with kinks (PiecewiseFlow::applies_to): the kinks on which the point
  /// lies. Refinement and spectrum are then those of the loss restricted to the surface of these kinks; the
  /// eigenvalues across the surface are set to zero.
  std::optional<KinkedFirstOrder> kinks;
  Spectrum spectrum;     ///< of the Hessian
  ZeroModes zero_modes;  ///< nothing where the spectrum has no null_space()
  std::vector<NeuronNcf> ncfs;
  /// Zero neurons whose correlation function is not available (has_neuron_ncf()). Only the Hessian then shows
  /// whether they can grow, and `kind` = minimum means no more than that.
  std::vector<Index> unknown_ncfs;
  std::vector<EscapeDirection> escapes;  ///< by kind, steepest first
  std::vector<Index> active_neurons;     ///< per hidden layer
  bool decays = false;                   ///< of a loss with weight decay
  WorkCounters work;                     ///< of the analysis, searches for KKT points included

  const Vector& point() const { return refinement.point; }
  /// Whether zero_modes explains all zero eigenvalues that there are.
  bool knows_zero_modes() const { return spectrum.counted && zero_modes.total() == spectrum.zero; }
  bool is_critical() const { return refinement.converged; }
};

struct CriticalPointOptions {
  RefineOptions refine;
  SpectrumOptions spectrum;
  KktSearchOptions search{};     ///< for the correlation functions
  bool search_at_origin = true;  ///< for KKT points of networks of several hidden layers: n weights at once
  Real kink_tolerance = kKinkTolerance;  ///< of KinkedSurface::mode_at
  Real inactive_gap = kInactiveGap;      ///< neurons below a gap of this much are tried at zero
};

/// Refines w twice: with its inactive neurons set to zero, and as it is. The second result is used if the
/// first refinement does not converge, ends much farther away, or ends near the same point with small neurons
/// remaining. Then computes spectrum, zero modes and ways down. w = 0 is the origin. For a network with kinks
/// the objective is in no mode afterwards. Throws InputError if w has another size or entries that are not
/// finite, and NumericalError if the spectrum of a large network does not converge.
CriticalPoint analyse_critical_point(Objective& objective, const Vector& w,
                                     const CriticalPointOptions& options = {});

}  // namespace saddleflow

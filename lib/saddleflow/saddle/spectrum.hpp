// The spectrum of the Hessian at a point of a trajectory, and how far the nearest critical point is.
#pragma once

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// Eigenvalues of Hess L at one weight vector.
struct Spectrum {
  Vector eigenvalues;  ///< ascending; all of them, or both ends when !complete
  bool complete = true;
  Real zero_threshold = 0;                     ///< |lambda| up to this counts as zero
  Index negative = 0, zero = 0, positive = 0;  ///< counts among `eigenvalues`
  /// ||H^+ grad L|| / ||w||, H^+ without the zero eigenvalues: relative distance to the critical point that
  /// Newton's method would step to. NaN when !complete. An ill-conditioned valley has small gradients and a
  /// large one.
  Real newton_distance = 0;
  /// The smallest magnitude that counts as not zero over the largest that counts as zero (over rounding,
  /// epsilon ||H||, where none does): what the counts rest on. Infinite where all are zero.
  Real gap = 0;
  /// ||H v - lambda v|| of each: an eigenvalue of H lies within. Rounding alone when complete.
  Real residual_bound = 0;
  Matrix vectors;  ///< columns, in the order of `eigenvalues`; empty unless asked for

  Real min() const { return eigenvalues[0]; }
  Real max() const { return eigenvalues[eigenvalues.size() - 1]; }
};

struct SpectrumOptions {
  Index dense_limit = kDenseSpectrum;  ///< up to this many weights all eigenvalues, by Eigen
  Index ends = 10;  ///< above it this many at both ends together, by Lanczos (Spectra); by judgement
  /// An eigenvalue is zero below this times the largest magnitude, or below ||grad L|| / ||w||: relative to
  /// the largest one this is the distance to a critical point along the stiffest direction, by which
  /// eigenvalues move at least. The rounding of a Hessian's eigenvalues is far below it.
  Real relative_zero = Real(1e-10);
  /// Or below this: by how much the Hessian may be off (of an Objective at least what its kernel says).
  Real hessian_error = 0;
  /// Above dense_limit, how exact: residuals below this times the largest magnitude. 0: below 1e-8 of each
  /// eigenvalue, which takes many times as many products where some are close to zero.
  Real residual = 0;
  bool vectors = false;  ///< keep the eigenvectors
};

/// One gradient, and one Hessian (dense) or some dozens of Hessian-vector products (Lanczos).
/// Throws NumericalError when Lanczos does not converge.
Spectrum hessian_spectrum(const Potential& potential, const Vector& w, const SpectrumOptions& options = {});
/// Of the loss.
Spectrum hessian_spectrum(Objective& objective, const Vector& w, const SpectrumOptions& options = {});

/// How many eigenvalues hessian_spectrum() returns for n weights.
Index spectrum_size(Index n, const SpectrumOptions& options = {});

}  // namespace saddleflow

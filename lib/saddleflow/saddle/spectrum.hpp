// The spectrum of the Hessian at a point of a trajectory, and how far the nearest critical point is.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/null_part.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// Eigenvalues of Hess L at one weight vector.
struct Spectrum {
  Vector eigenvalues;  ///< ascending; all of them, or both ends when !complete
  bool complete = true;
  /// The counts are those of all eigenvalues, whether `eigenvalues` has them all or not.
  bool counted = true;
  Real zero_threshold = 0;                     ///< |lambda| up to this counts as zero
  Index negative = 0, zero = 0, positive = 0;  ///< where !counted, among `eigenvalues`
  /// ||H^+ grad L|| / ||w||, H^+ without the zero eigenvalues: relative distance to the critical point that
  /// Newton's method would step to. NaN where the eigenvectors are not known. An ill-conditioned valley has
  /// small gradients and a large one.
  Real newton_distance = 0;
  /// The smallest magnitude that counts as not zero over the largest that counts as zero (over rounding,
  /// epsilon ||H||, where none does): what the counts rest on. Infinite where all are zero, NaN where the
  /// counts are those of eigenvalues that are not known.
  Real gap = 0;
  /// ||H v - lambda v|| of each: an eigenvalue of H lies within. Rounding alone when all are known.
  Real residual_bound = 0;
  Matrix vectors;  ///< columns, in the order of `eigenvalues`; empty unless asked for
  /// Eigenvectors of all zero eigenvalues, where vectors are asked for, !complete and they are known.
  std::vector<NullPart> zero_parts;

  Real min() const { return eigenvalues[0]; }
  Real max() const { return eigenvalues[eigenvalues.size() - 1]; }
  /// Negative ones among `eigenvalues`: the first.
  Index known_negative() const { return (eigenvalues.array() < -zero_threshold).count(); }
  /// Orthonormal eigenvectors of all zero eigenvalues; empty where they are not known.
  std::optional<std::vector<NullPart>> null_parts() const;
  /// The same, one a column.
  std::optional<Matrix> null_space() const;
};

struct SpectrumOptions {
  /// Up to this many weights all eigenvalues, by Eigen.
  Index dense_limit = kDenseSpectrum;
  /// Above it this many at both ends together: of all eigenvalues where the Hessian falls into parts that are
  /// no larger than dense_limit (see HessianPart), else by Lanczos (Spectra); by judgement.
  Index ends = 10;
  /// An eigenvalue is zero below this times the largest magnitude, or below ||grad L|| / ||w||: relative to
  /// the largest one this is the distance to a critical point along the stiffest direction, by which
  /// eigenvalues move at least. The rounding of a Hessian's eigenvalues is far below it.
  Real relative_zero = Real(1e-10);
  /// Or below this: by how much the Hessian may be off (of an Objective at least what its kernel says).
  Real hessian_error = 0;
  /// Of Lanczos, how exact: residuals below this times the largest magnitude. (Below a part of each
  /// eigenvalue itself takes many times as many products where some are close to zero.)
  Real residual = Real(1e-8);
  bool vectors = false;  ///< keep the eigenvectors
  /// Above dense_limit, the counts of all eigenvalues by count_signs(), where it can, or all eigenvalues
  /// where the Hessian falls into small parts. Without, both ends alone.
  bool counts = true;
};

/// One gradient, and one Hessian (dense), or some dozens of Hessian-vector products (Lanczos) and what
/// count_signs() takes.
/// Throws NumericalError when Lanczos does not converge.
Spectrum hessian_spectrum(const Potential& potential, const Vector& w, const SpectrumOptions& options = {});
/// Of the loss.
Spectrum hessian_spectrum(Objective& objective, const Vector& w, const SpectrumOptions& options = {});

/// How many eigenvalues hessian_spectrum() returns for n weights.
Index spectrum_size(Index n, const SpectrumOptions& options = {});

}  // namespace saddleflow

// Solutions with a Hessian in the form of its neurons, and the signs of its eigenvalues.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/symmetric_factors.hpp"
#include "saddleflow/problem/neuron_form.hpp"

namespace saddleflow {

/// A NeuronForm in the eigenvectors of its blocks: H = V (Lambda + J^T diag(signs) J) V^T. Those of
/// eigenvalue zero, which are many where few samples reach a neuron, are turned so that at most m of them
/// have a part in J: the others are eigenvectors of H.
class NeuronEigenform {
 public:
  explicit NeuronEigenform(NeuronForm form);

  Index size() const { return form_.size(); }
  Index outputs() const { return form_.signs.size(); }
  const Vector& values() const { return values_; }  ///< Lambda, one a row of V^T
  const Matrix& jacobian() const {
    return form_.jacobian;
  }  ///< J V, of the values that may have a part in it
  const std::vector<Index>& coordinates() const { return coordinates_; }  ///< of its columns: their values
  const std::vector<Index>& others() const { return others_; }  ///< values of eigenvectors without a part
  const Vector& signs() const { return form_.signs; }
  /// A bound of |J|^2 and of the largest magnitude of an eigenvalue of H.
  Real curvature_size() const { return curvature_size_; }
  Real largest() const { return curvature_size_ + values_.cwiseAbs().maxCoeff(); }
  /// V^T b and V x; in and out in the order of the parameters and of values().
  Vector to_eigenvectors(const Vector& b) const;
  Vector from_eigenvectors(const Vector& x) const;

 private:
  void turn_zeros();

  NeuronForm form_;
  std::vector<Matrix> vectors_;  // of the blocks
  Vector values_;
  std::vector<Index> coordinates_, others_;
  std::vector<Index> zeros_, zero_columns_;  // rows that are turned among themselves, and their columns of J
  std::optional<PivotedQr> turn_;
  Real curvature_size_ = 0;
};

/// H - shift of a form. Coordinates whose value lies far from the shift are eliminated, at most 2 m others
/// stay beside the outputs in a matrix that has factors of its own (a border, by which no pivot is small):
/// with D = diag(signs) and the values that are eliminated in G = J (Lambda - shift)^{-1} J^T,
///
///   [Lambda_b - shift   J_b^T  ]       neg(H - shift) = neg(Lambda_e - shift) + neg(this) - #(signs > 0)
///   [J_b              -(D + G) ],
///
/// by the inertia of Schur complements (E. V. Haynsworth, Linear Algebra Appl. 1 (1968) 73), twice; solutions
/// are those of Woodbury's formula. `form` must outlive it.
class NeuronFactors {
 public:
  /// As many coordinates are kept in the border as it takes for an error() of `accuracy`, or 2 m.
  NeuronFactors(const NeuronEigenform& form, Real shift, Real accuracy);

  /// Of H - shift.
  SignCounts inertia() const;
  /// By how much an eigenvalue of H may be off that the counts rest on: one farther from the shift than this
  /// is on its side. An estimate from the size of the border and of the eigenvectors, in roundings.
  Real error() const { return error_; }
  /// (H - shift)^{-1} b. NumericalError where H - shift is exactly singular.
  Vector solve(const Vector& b) const;

 private:
  void choose_border(Real accuracy);
  void make_border();
  void estimate_error(const Matrix& outputs_block);

  const NeuronEigenform& form_;
  Real shift_;
  std::vector<Index> border_, eliminated_;        // columns of J
  std::vector<Index> border_at_, eliminated_at_;  // their coordinates
  Matrix eliminated_jacobian_;
  Vector inverse_, others_inverse_;  // of the eliminated values less the shift, and of those without a part
  Real scale_ = 1;                   // of the outputs in the border, which makes its parts of one size
  SymmetricFactors factors_;
  Real error_ = 0;
};

/// Operations of a form, of its eigenvectors and of one NeuronFactors, of n weights at most.
Real neuron_factor_operations(Index n, const NeuronFormSize& size);
Real neuron_eigenform_operations(Index n, const NeuronFormSize& size);

}  // namespace saddleflow

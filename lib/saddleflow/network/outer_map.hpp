// From the activations of a convolution to its outputs, and back.
#pragma once

#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/outer_layer.hpp"

namespace saddleflow {

/// What becomes of the matrix that a product is written to.
enum class WriteMode { replace, add };

/// The linear map H = sum_q V_q A_q with A_q the columns n q ... n q + n - 1 of the activations A (K x n Q),
/// V_q (outputs x K) a block of the outer weights; or H = V (1/Q) sum_q A_q. It is linear in V and in A: with
/// tangents for either it gives the tangents of the outputs.
class OuterMap {
 public:
  OuterMap(const ConvolutionShape& shape, const Layout& layout, Index samples);

  /// Outputs x n.
  void apply(const Vector& w, const Matrix& activations, WriteMode mode, Matrix& outputs);
  /// To the part of `out` (parameters) that V is: dF/dV for F = <delta, H>, delta outputs x n.
  void gradient(const Matrix& delta, const Matrix& activations, WriteMode mode, Vector& out);
  /// dF/dA, K x n Q.
  void pull_back(const Vector& w, const Matrix& delta, WriteMode mode, Matrix& back);

  /// dH/dA_q is scale() times this block of V.
  ConstMatrixView block(const Vector& w, Index patch) const;
  Real scale() const { return is_pooled() ? Real(1) / static_cast<Real>(patches_) : Real(1); }
  /// The number of the parameter V_{output,k} of the block that belongs to the patch.
  Index parameter(Index output, Index k, Index patch) const {
    return offset_ + output + outputs_ * (k + kernels_ * block_of(patch));
  }
  Index block_count() const { return blocks_; }
  Index block_of(Index patch) const { return is_pooled() ? 0 : patch; }
  Index patch_count() const { return patches_; }
  Index sample_count() const { return samples_; }

 private:
  /// One patch needs no average.
  bool is_pooled() const { return blocks_ < patches_; }
  /// Activations block by block, K x n block_count(): as they are, or their average.
  const Matrix& collect(const Matrix& activations);

  Index kernels_, outputs_, patches_, blocks_, samples_, offset_;
  Matrix pooled_;  // K x n, or nothing
};

/// The map as an OuterLayer: a column a sample and patch.
std::shared_ptr<const OuterLayer> outer_layer_of(const OuterMap& map);

}  // namespace saddleflow

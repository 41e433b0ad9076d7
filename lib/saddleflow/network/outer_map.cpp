#include "saddleflow/network/outer_map.hpp"

namespace saddleflow {
namespace {

ConstMatrixView columns_of_patch(const Matrix& m, Index samples, Index patch) {
  return {m.data() + m.rows() * samples * patch, m.rows(), samples};
}

MatrixView columns_of_patch(Matrix& m, Index samples, Index patch) {
  return {m.data() + m.rows() * samples * patch, m.rows(), samples};
}

}  // namespace

OuterMap::OuterMap(const ConvolutionShape& shape, const Layout& layout, Index samples)
    : kernels_(shape.kernels),
      outputs_(shape.outputs),
      patches_(shape.patches.patch_count()),
      blocks_(shape.outer_blocks()),
      samples_(samples),
      offset_(layout.layer(1).offset) {
  if (is_pooled()) pooled_.setZero(kernels_, samples);
}

ConstMatrixView OuterMap::block(const Vector& w, Index patch) const {
  return {w.data() + parameter(0, 0, patch), outputs_, kernels_};
}

const Matrix& OuterMap::collect(const Matrix& activations) {
  if (!is_pooled()) return activations;
  pooled_ = columns_of_patch(activations, samples_, 0);
  for (Index q = 1; q < patches_; ++q) pooled_ += columns_of_patch(activations, samples_, q);
  pooled_ *= scale();
  return pooled_;
}

void OuterMap::apply(const Vector& w, const Matrix& activations, WriteMode mode, Matrix& outputs) {
  const Matrix& a = collect(activations);
  for (Index q = 0; q < blocks_; ++q) {
    if (q == 0 && mode == WriteMode::replace)
      outputs.noalias() = block(w, q) * columns_of_patch(a, samples_, q);
    else
      outputs.noalias() += block(w, q) * columns_of_patch(a, samples_, q);
  }
}

void OuterMap::gradient(const Matrix& delta, const Matrix& activations, WriteMode mode, Vector& out) {
  const Matrix& a = collect(activations);
  for (Index q = 0; q < blocks_; ++q) {
    MatrixView block_gradient(out.data() + parameter(0, 0, q), outputs_, kernels_);
    if (mode == WriteMode::replace)
      block_gradient.noalias() = delta * columns_of_patch(a, samples_, q).transpose();
    else
      block_gradient.noalias() += delta * columns_of_patch(a, samples_, q).transpose();
  }
}

void OuterMap::pull_back(const Vector& w, const Matrix& delta, WriteMode mode, Matrix& back) {
  for (Index q = 0; q < blocks_; ++q) {
    Matrix& sum = is_pooled() ? pooled_ : back;
    MatrixView target = columns_of_patch(sum, samples_, q);
    if (is_pooled() || mode == WriteMode::replace)
      target.noalias() = block(w, q).transpose() * delta;
    else
      target.noalias() += block(w, q).transpose() * delta;
  }
  if (!is_pooled()) return;
  for (Index q = 0; q < patches_; ++q) {
    if (mode == WriteMode::replace)
      columns_of_patch(back, samples_, q) = scale() * pooled_;
    else
      columns_of_patch(back, samples_, q) += scale() * pooled_;
  }
}

}  // namespace saddleflow

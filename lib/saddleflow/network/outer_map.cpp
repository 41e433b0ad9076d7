#include "saddleflow/network/outer_map.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/base/product.hpp"

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
    const bool first = q == 0 && mode == WriteMode::replace;
    product(block(w, q), columns_of_patch(a, samples_, q), outputs, first ? Sum::replace : Sum::add);
  }
}

void OuterMap::gradient(const Matrix& delta, const Matrix& activations, WriteMode mode, Vector& out) {
  const Matrix& a = collect(activations);
  for (Index q = 0; q < blocks_; ++q) {
    MatrixView block_gradient(out.data() + parameter(0, 0, q), outputs_, kernels_);
    product_transposed(delta, columns_of_patch(a, samples_, q), block_gradient,
                       mode == WriteMode::replace ? Sum::replace : Sum::add);
  }
}

void OuterMap::pull_back(const Vector& w, const Matrix& delta, WriteMode mode, Matrix& back) {
  for (Index q = 0; q < blocks_; ++q) {
    Matrix& sum = is_pooled() ? pooled_ : back;
    MatrixView target = columns_of_patch(sum, samples_, q);
    const bool first = is_pooled() || mode == WriteMode::replace;
    transposed_product(block(w, q), delta, target, first ? Sum::replace : Sum::add);
  }
  if (!is_pooled()) return;
  for (Index q = 0; q < patches_; ++q) {
    if (mode == WriteMode::replace)
      columns_of_patch(back, samples_, q) = scale() * pooled_;
    else
      columns_of_patch(back, samples_, q) += scale() * pooled_;
  }
}

namespace {

/// With one patch all results are those of the matrix of a feed-forward network bit by bit: the same products
/// in the same order.
class ConvolutionOuterLayer final : public OuterLayer {
 public:
  explicit ConvolutionOuterLayer(const OuterMap& map) : map_(map) {}

  Matrix outputs(const Vector& w, const Matrix& a) const override {
    Matrix h(outputs_count(w), map_.sample_count());
    map_.apply(w, a, WriteMode::replace, h);
    return h;
  }
  Real derivative(const Matrix& r, const Vector& w, const Vector& v, const Matrix& a,
                  const Matrix& da) const override {
    Matrix change(r.rows(), r.cols());
    map_.apply(v, a, WriteMode::replace, change);
    map_.apply(w, da, WriteMode::add, change);
    return r.cwiseProduct(change).sum();
  }
  Matrix pull_back(const Vector& w, const Matrix& r) const override {
    Matrix back(map_.block(w, 0).cols(), columns());
    map_.pull_back(w, r, WriteMode::replace, back);
    return back;
  }
  void gradient(const Matrix& r, const Matrix& a, Vector& out) const override {
    map_.gradient(r, a, WriteMode::replace, out);
  }

  Matrix pull_back_size(const Vector& w, const Matrix& size) const override {
    return pull_back(w.cwiseAbs(), size);
  }
  Vector pull_back_size(const Vector& w, const Matrix& size, Index column) const override {
    const Matrix absolute = map_.scale() * map_.block(w, patch_of(column)).cwiseAbs();
    return absolute.transpose() * Vector(size.col(sample_of(column)));
  }
  Real norm(const Vector& w) const override {
    Real largest = 0;
    for (Index q = 0; q < map_.block_count(); ++q) largest = std::max(largest, map_.block(w, q).norm());
    return map_.scale() * largest;
  }
  /// Patch by patch, as if each had weights of its own: no less than that of the average.
  Real gradient_size(const Matrix& size, const Matrix& a) const override {
    Real sum = 0;
    for (Index q = 0; q < map_.patch_count(); ++q)
      sum += Vector(size * columns_of_patch(a, map_.sample_count(), q).colwise().norm().transpose()).sum();
    return map_.scale() * sum;
  }

  bool has_weights() const override { return true; }
  Real outgoing_norm(const Vector& w, Index neuron) const override {
    Real squared = 0;
    for (Index q = 0; q < map_.block_count(); ++q) squared += map_.block(w, q).col(neuron).squaredNorm();
    return std::sqrt(squared);
  }

  Index patch_count() const override { return map_.patch_count(); }
  Index sample_of(Index column) const override { return column % map_.sample_count(); }
  Index patch_of(Index column) const override { return column / map_.sample_count(); }

 private:
  Index outputs_count(const Vector& w) const { return map_.block(w, 0).rows(); }
  Index columns() const { return map_.sample_count() * map_.patch_count(); }

  mutable OuterMap map_;  // with a workspace of its own
};

}  // namespace

std::shared_ptr<const OuterLayer> outer_layer_of(const OuterMap& map) {
  return std::make_shared<ConvolutionOuterLayer>(map);
}

}  // namespace saddleflow

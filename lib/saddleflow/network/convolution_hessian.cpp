#include "saddleflow/network/convolution_hessian.hpp"

#include <algorithm>
#include <utility>

#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

// As in FeedForwardHessian.
constexpr Index kLargestConvolutionBatch = 128;

}  // namespace

ConvolutionHessian::ConvolutionHessian(const ConvolutionShape& shape, const Layout& layout,
                                       Activation activation, Index samples)
    : shape_(shape),
      layout_(layout),
      outer_(shape, layout, samples),
      has_curvature_(activation.power() > 1),
      samples_(samples),
      patches_(shape.patches.patch_count()) {
  const Index batches = (samples + kLargestConvolutionBatch - 1) / kLargestConvolutionBatch;
  batch_ = (samples + batches - 1) / batches;
  const Index size = shape.patches.patch_size(), kernels = shape.kernels;
  back_.resize(kernels, samples * patches_);
  input_.resize(batch_ * patches_, size);
  scaled_.resize(batch_ * patches_, std::max(size, kernels));
  for (Matrix* m : {&slope_, &activation_, &weight_}) m->resize(batch_ * patches_, kernels);
  for (Matrix* m : {&residual_, &curvature_}) m->resize(batch_, shape.outputs);
  const Index weights = first_layer() + kernels * outer_.block_count();
  for (Matrix* m : {&jacobian_, &weighted_jacobian_}) m->resize(batch_, weights);
  if (shape.outputs > 1) gram_.resize(weights, weights);
  block_.resize(size, size);
  products_.resize(kernels, size);
}

void ConvolutionHessian::assemble(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c,
                                  Matrix& out) {
  out.setZero(layout_.size(), layout_.size());
  if (has_curvature_) {
    outer_.pull_back(state.w, r, WriteMode::replace, back_);
    back_.array() *= state.hidden.front().curvature.array();
  }
  for (Index first = 0; first < samples_; first += batch_) {
    load(state, r, c, first);
    for (Index o = 0; o < shape_.outputs; ++o) {
      if (!curvature_.col(o).isZero(0)) {
        fill_jacobian(state.w, o, jacobian_);
        add_curvature(o, out);
      }
      add_mixed_blocks(o, out);
    }
    if (!c.is_diagonal()) add_pairs(state.w, c, first, out);
    if (has_curvature_) add_kernel_blocks(out);
  }
  mirror_upper(out);
}

/// Rows beyond the last sample become zero and add nothing.
void ConvolutionHessian::load_patches(const Matrix& from, Index first, Matrix& to) const {
  const Index count = std::min(batch_, samples_ - first);
  for (Index q = 0; q < patches_; ++q) {
    auto target = rows(to, q);
    target.topRows(count) = from.middleCols(samples_ * q + first, count).transpose();
    target.bottomRows(batch_ - count).setZero();
  }
}

void ConvolutionHessian::load(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c,
                              Index first) {
  const HiddenState& hidden = state.hidden.front();
  load_patches(state.inputs, first, input_);
  load_patches(hidden.slope, first, slope_);
  load_patches(hidden.a, first, activation_);
  if (has_curvature_) load_patches(back_, first, weight_);
  const Index count = std::min(batch_, samples_ - first);
  for (const auto& [from, to] : {std::pair(&r, &residual_), std::pair(&c.diagonal, &curvature_)}) {
    to->topRows(count) = from->middleCols(first, count).transpose();
    to->bottomRows(batch_ - count).setZero();
  }
}

/// Columns: the kernels as in the layout, then k + K block of the outer weights.
void ConvolutionHessian::fill_jacobian(const Vector& w, Index output, Matrix& jacobian) {
  const Index kernels = shape_.kernels, size = input_.cols();
  jacobian.setZero();
  for (Index q = 0; q < patches_; ++q) {
    auto through = rows(scaled_, q).leftCols(kernels);
    const ConstMatrixView outer = outer_.block(w, q);
    for (Index k = 0; k < kernels; ++k)
      through.col(k) = (outer_.scale() * outer(output, k)) * rows(slope_, q).col(k);
    for (Index j = 0; j < size; ++j)
      jacobian.middleCols(kernels * j, kernels).array() +=
          through.array().colwise() * rows(input_, q).col(j).array();
    jacobian.middleCols(first_layer() + kernels * outer_.block_of(q), kernels) +=
        outer_.scale() * rows(activation_, q);
  }
}

void ConvolutionHessian::add_curvature(Index output, Matrix& out) {
  if (shape_.outputs == 1) {
    add_weighted_gram(jacobian_, curvature_.col(output), weighted_jacobian_, out);
    return;
  }
  gram_.setZero();
  add_weighted_gram(jacobian_, curvature_.col(output), weighted_jacobian_, gram_);
  const Index first = first_layer();
  for (Index y = 0; y < gram_.cols(); ++y) {
    const Index column = place(y, output);
    out.col(column).head(std::min(y + 1, first)) += gram_.col(y).head(std::min(y + 1, first));
    for (Index x = first; x <= y; ++x) out(place(x, output), column) += gram_(x, y);
  }
}

Index ConvolutionHessian::place(Index x, Index output) const {
  const Index rest = x - first_layer();
  return rest < 0 ? x : layout_.layer(1).offset + output + shape_.outputs * rest;
}

void ConvolutionHessian::add_pairs(const Vector& w, const OutputCurvature& c, Index first, Matrix& out) {
  const Index count = std::min(batch_, samples_ - first);
  other_jacobian_.resizeLike(jacobian_);
  for (Index a = 0; a < shape_.outputs; ++a) {
    fill_jacobian(w, a, jacobian_);
    for (Index b = a + 1; b < shape_.outputs; ++b) {
      fill_jacobian(w, b, other_jacobian_);
      const auto pair = c.off_diagonal.row(pair_row(a, b, shape_.outputs)).segment(first, count);
      weighted_jacobian_.setZero();
      weighted_jacobian_.topRows(count) =
          jacobian_.topRows(count).array().colwise() * pair.transpose().array();
      gram_.noalias() = weighted_jacobian_.transpose() * other_jacobian_;
      add_pair(a, b, out);
    }
  }
}

/// gram_ and its transpose, above the diagonal of `out`.
void ConvolutionHessian::add_pair(Index a, Index b, Matrix& out) {
  for (Index y = 0; y < gram_.cols(); ++y)
    for (Index x = 0; x < gram_.rows(); ++x) {
      const Index row = place(x, a), column = place(y, b);
      out(std::min(row, column), std::max(row, column)) += (row == column ? 2 : 1) * gram_(x, y);
    }
}

void ConvolutionHessian::add_mixed_blocks(Index output, Matrix& out) {
  const Index kernels = shape_.kernels;
  for (Index q = 0; q < patches_; ++q) {
    auto driven = rows(scaled_, q).leftCols(kernels);
    driven = (outer_.scale() * rows(slope_, q)).array().colwise() * residual_.col(output).array();
    products_.noalias() = driven.transpose() * rows(input_, q);
    for (Index j = 0; j < products_.cols(); ++j)
      for (Index k = 0; k < kernels; ++k)
        out(k + kernels * j, outer_.parameter(output, k, q)) += products_(k, j);
  }
}

void ConvolutionHessian::add_kernel_blocks(Matrix& out) {
  const Index kernels = shape_.kernels, size = input_.cols();
  auto weighted = scaled_.leftCols(size);
  for (Index k = 0; k < kernels; ++k) {
    weighted = input_.array().colwise() * weight_.col(k).array();
    block_.noalias() = weighted.transpose() * input_;
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i <= j; ++i) out(k + kernels * i, k + kernels * j) += block_(i, j);
  }
}

}  // namespace saddleflow

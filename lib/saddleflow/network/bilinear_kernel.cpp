#include "saddleflow/network/bilinear_kernel.hpp"

#include <algorithm>

#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

// Enough samples for products to be efficient, few enough that a batch of gradients stays small.
constexpr Index kLargestBilinearBatch = 128;

using StridedColumns = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
using ConstStridedColumns = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

}  // namespace

BilinearKernel::BilinearKernel(const BilinearPlaces& places, const Matrix& inputs)
    : places_(places), inputs_(inputs) {
  const Index rows = places_.rows(), columns = places_.columns(), width = places_.width();
  for (BilinearFactors* f : {&w_, &v_, &gradient_}) *f = places_.factors();
  for (Matrix* x : {&product_, &sum_, &sum_tangent_}) x->setZero(rows, columns);
  for (Matrix* x : {&b_sum_, &b_sum_tangent_}) x->setZero(width, rows);
  for (Matrix* x : {&scaled_b_, &scaled_tangent_, &a_sum_, &a_sum_tangent_}) x->setZero(width, columns);
  for (Matrix* x : {&outputs_, &output_tangent_}) x->setZero(1, inputs.cols());
}

/// outputs_i = <C, M_i>.
void BilinearKernel::pair(const Matrix& c, Matrix& outputs) const {
  outputs.noalias() = ConstVectorView(c.data(), c.size()).transpose() * inputs_;
}

/// sum_i r_i M_i.
void BilinearKernel::sum_samples(const Matrix& r, Matrix& sum) const {
  VectorView(sum.data(), sum.size()).noalias() = inputs_ * ConstVectorView(r.data(), r.size());
}

const Matrix& BilinearKernel::forward(const Vector& w) {
  places_.read(w, 1, w_);
  scaled_b_ = w_.v.asDiagonal() * w_.b;
  product_.noalias() = w_.a.transpose() * scaled_b_;
  pair(product_, outputs_);
  return outputs_;
}

void BilinearKernel::backward(const Matrix& r, Vector& out) {
  out.resize(places_.layout().size());
  sum_samples(r, sum_);
  b_sum_.noalias() = w_.b * sum_.transpose();
  a_sum_.noalias() = w_.a * sum_;
  gradient_.a = w_.v.asDiagonal() * b_sum_;
  gradient_.b = w_.v.asDiagonal() * a_sum_;
  gradient_.v = w_.a.cwiseProduct(b_sum_).rowwise().sum();
  places_.write(gradient_, out);
}

const Matrix& BilinearKernel::tangent(const Vector& v) {
  places_.read(v, 0, v_);
  scaled_tangent_ = w_.v.asDiagonal() * v_.b;
  scaled_tangent_ += v_.v.asDiagonal() * w_.b;
  product_.noalias() = v_.a.transpose() * scaled_b_;
  product_.noalias() += w_.a.transpose() * scaled_tangent_;
  pair(product_, output_tangent_);
  return output_tangent_;
}

void BilinearKernel::tangent_backward(const Matrix& dr, Vector& out) {
  out.resize(places_.layout().size());
  sum_samples(dr, sum_tangent_);
  b_sum_tangent_.noalias() = v_.b * sum_.transpose();
  b_sum_tangent_.noalias() += w_.b * sum_tangent_.transpose();
  a_sum_tangent_.noalias() = v_.a * sum_;
  a_sum_tangent_.noalias() += w_.a * sum_tangent_;
  gradient_.a = w_.v.asDiagonal() * b_sum_tangent_;
  gradient_.a += v_.v.asDiagonal() * b_sum_;
  gradient_.b = w_.v.asDiagonal() * a_sum_tangent_;
  gradient_.b += v_.v.asDiagonal() * a_sum_;
  gradient_.v = w_.a.cwiseProduct(b_sum_tangent_).rowwise().sum();
  gradient_.v += v_.a.cwiseProduct(b_sum_).rowwise().sum();
  places_.write(gradient_, out);
}

void BilinearKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  require_diagonal(c, "bilinear");
  const Index size = places_.layout().size();
  out.setZero(size, size);
  if (!c.is_zero()) {
    make_workspace();
    for (Index first = 0; first < inputs_.cols(); first += samples_.rows()) {
      load(c.diagonal, first);
      fill_jacobian();
      add_weighted_gram(jacobian_, curvature_, scaled_, out);
    }
  }
  sum_samples(r, sum_tangent_);
  b_sum_tangent_.noalias() = w_.b * sum_tangent_.transpose();
  a_sum_tangent_.noalias() = w_.a * sum_tangent_;
  add_frozen(out);
  mirror_upper(out);
}

void BilinearKernel::make_workspace() {
  const Index samples = inputs_.cols();
  const Index batches = (samples + kLargestBilinearBatch - 1) / kLargestBilinearBatch;
  const Index batch = (samples + batches - 1) / batches;
  samples_.resize(batch, inputs_.rows());
  jacobian_.resize(batch, places_.layout().size());
  scaled_.resizeLike(jacobian_);
  curvature_.resize(batch);
}

/// Samples as rows; rows beyond the last sample become zero and add nothing.
void BilinearKernel::load(const Matrix& c, Index first) {
  const Index count = std::min(samples_.rows(), inputs_.cols() - first);
  samples_.topRows(count) = inputs_.middleCols(first, count).transpose();
  samples_.bottomRows(samples_.rows() - count).setZero();
  curvature_.setZero();
  curvature_.head(count) = c.row(0).segment(first, count).transpose();
}

// First M b_k, of which the derivatives along v follow, and M^T a_k.
void BilinearKernel::fill_jacobian() {
  const Index rows = places_.rows(), columns = places_.columns(), width = places_.width();
  const Index batch = samples_.rows();
  for (Index i = 0; i < rows; ++i)
    jacobian_.middleCols(places_.a(0, i), width).noalias() =
        ConstStridedColumns(samples_.col(i).data(), batch, columns, Eigen::OuterStride<>(rows * batch)) *
        w_.b.transpose();
  const Index step = places_.b(1, 0) - places_.b(0, 0);
  for (Index j = 0; j < columns; ++j)
    StridedColumns(jacobian_.col(places_.b(0, j)).data(), batch, width, Eigen::OuterStride<>(step * batch))
        .noalias() = samples_.middleCols(rows * j, rows) * w_.a.transpose();
  if (!places_.has_outer()) return;
  for (Index k = 0; k < width; ++k) {
    auto along_v = jacobian_.col(places_.v(k));
    along_v.setZero();
    for (Index i = 0; i < rows; ++i) {
      along_v += w_.a(k, i) * jacobian_.col(places_.a(k, i));
      jacobian_.col(places_.a(k, i)) *= w_.v[k];
    }
    for (Index j = 0; j < columns; ++j) jacobian_.col(places_.b(k, j)) *= w_.v[k];
  }
}

void BilinearKernel::add_frozen(Matrix& out) const {
  for (Index k = 0; k < places_.width(); ++k) {
    for (Index j = 0; j < places_.columns(); ++j)
      for (Index i = 0; i < places_.rows(); ++i)
        out(places_.a(k, i), places_.b(k, j)) += w_.v[k] * sum_tangent_(i, j);
    if (!places_.has_outer()) continue;
    for (Index i = 0; i < places_.rows(); ++i) out(places_.a(k, i), places_.v(k)) += b_sum_tangent_(k, i);
    for (Index j = 0; j < places_.columns(); ++j) out(places_.b(k, j), places_.v(k)) += a_sum_tangent_(k, j);
  }
}

}  // namespace saddleflow

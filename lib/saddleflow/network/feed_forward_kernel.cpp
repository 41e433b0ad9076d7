#include "saddleflow/network/feed_forward_kernel.hpp"

#include "saddleflow/base/error.hpp"

namespace saddleflow {
FeedForwardKernel::FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs)
    : layout_(layout), activation_(activation) {
  const Index samples = inputs.cols();
  state_.inputs = inputs;
  state_.outer = dense_outer_layer(layout_);
  state_.w.setZero(layout_.size());
  state_.hidden.resize(static_cast<std::size_t>(depth() - 1));
  for (int l = 0; l + 1 < depth(); ++l) {
    HiddenState& h = state_.layer(l);
    for (Matrix* m :
         {&h.z, &h.a, &h.slope, &h.curvature, &h.back, &h.delta, &h.dz, &h.da, &h.dback, &h.ddelta})
      m->setZero(layout_.layer(l).rows, samples);
  }
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_})
    m->setZero(layout_.layer(depth() - 1).rows, samples);
  v_.setZero(layout_.size());
}

const Matrix& FeedForwardKernel::forward(const Vector& w) {
  state_.w = w;
  has_slopes_ = has_curvatures_ = false;
  for (int l = 0; l + 1 < depth(); ++l) {
    HiddenState& h = state_.layer(l);
    h.z.noalias() = layout_.matrix(state_.w, l) * state_.input_of(l);
    set_activations(activation_, factors(l), h);
  }
  outputs_.noalias() = layout_.matrix(state_.w, depth() - 1) * state_.input_of(depth() - 1);
  return outputs_;
}

void FeedForwardKernel::ensure_slopes() {
  if (has_slopes_) return;
  for (int l = 0; l + 1 < depth(); ++l) set_slopes(activation_, factors(l), state_.layer(l));
  has_slopes_ = true;
}

void FeedForwardKernel::ensure_curvatures() {
  if (has_curvatures_) return;
  for (int l = 0; l + 1 < depth(); ++l) set_curvatures(activation_, factors(l), state_.layer(l));
  has_curvatures_ = true;
}

void FeedForwardKernel::backward(const Matrix& r, Vector& out) {
  ensure_slopes();
  out.resize(layout_.size());
  residual_ = r;
  for (int l = depth() - 1;; --l) {
    const Matrix& delta = delta_of(l);
    layout_.matrix(out, l).noalias() = delta * state_.input_of(l).transpose();
    if (l == 0) return;
    HiddenState& below = state_.layer(l - 1);
    below.back.noalias() = layout_.matrix(state_.w, l).transpose() * delta;
    below.delta = below.back.cwiseProduct(below.slope);
  }
}

const Matrix& FeedForwardKernel::tangent(const Vector& v) {
  ensure_slopes();
  v_ = v;
  for (int l = 0; l < depth(); ++l) {
    Matrix& dz = l + 1 == depth() ? output_tangent_ : state_.layer(l).dz;
    dz.noalias() = layout_.matrix(v_, l) * state_.input_of(l);
    if (l > 0) dz.noalias() += layout_.matrix(state_.w, l) * state_.layer(l - 1).da;
    if (l + 1 < depth()) state_.layer(l).da = state_.layer(l).slope.cwiseProduct(dz);
  }
  return output_tangent_;
}

void FeedForwardKernel::tangent_backward(const Matrix& dr, Vector& out) {
  ensure_curvatures();
  out.resize(layout_.size());
  for (int l = depth() - 1;; --l) {
    const Matrix& delta = delta_of(l);
    const Matrix& ddelta = l + 1 == depth() ? dr : state_.layer(l).ddelta;
    MatrixView dg = layout_.matrix(out, l);
    dg.noalias() = ddelta * state_.input_of(l).transpose();
    if (l == 0) return;
    HiddenState& below = state_.layer(l - 1);
    dg.noalias() += delta * below.da.transpose();
    below.dback.noalias() = layout_.matrix(v_, l).transpose() * delta;
    below.dback.noalias() += layout_.matrix(state_.w, l).transpose() * ddelta;
    below.ddelta = below.dback.cwiseProduct(below.slope) +
                   below.back.cwiseProduct(below.curvature).cwiseProduct(below.dz);
  }
}

void FeedForwardKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  ensure_slopes();
  ensure_curvatures();
  if (!hessian_) hessian_ = std::make_unique<FeedForwardHessian>(layout_, activation_, state_.inputs.cols());
  hessian_->assemble(state_, r, c, out);
}

void FeedForwardKernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern == nullptr) {
    pattern_.reset();
    return;
  }
  check_pattern(*pattern, state_);
  pattern_ = *pattern;
}

}  // namespace saddleflow

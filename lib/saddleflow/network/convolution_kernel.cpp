#include "saddleflow/network/convolution_kernel.hpp"

namespace saddleflow {

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, const Layout& layout,
                                     Activation activation, const Matrix& inputs)
    : shape_(shape), layout_(layout), activation_(activation), outer_(shape, layout, inputs.cols()) {
  state_.inputs = gather_patches(shape.patches, inputs);
  state_.outer = outer_layer_of(outer_);
  state_.w.setZero(layout_.size());
  HiddenState& h = state_.hidden.emplace_back();
  for (Matrix* m : {&h.z, &h.a, &h.slope, &h.curvature, &h.back, &h.delta, &h.dz, &h.da, &h.dback, &h.ddelta})
    m->setZero(shape.kernels, state_.inputs.cols());
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_}) m->setZero(shape.outputs, inputs.cols());
  v_.setZero(layout_.size());
}

const Matrix& ConvolutionKernel::forward(const Vector& w) {
  state_.w = w;
  has_slopes_ = has_curvatures_ = false;
  hidden().z.noalias() = layout_.matrix(state_.w, 0) * state_.inputs;
  set_activations(activation_, factors(), hidden());
  outer_.apply(state_.w, hidden().a, WriteMode::replace, outputs_);
  return outputs_;
}

void ConvolutionKernel::ensure_slopes() {
  if (has_slopes_) return;
  set_slopes(activation_, factors(), hidden());
  has_slopes_ = true;
}

void ConvolutionKernel::ensure_curvatures() {
  if (has_curvatures_) return;
  set_curvatures(activation_, factors(), hidden());
  has_curvatures_ = true;
}

void ConvolutionKernel::backward(const Matrix& r, Vector& out) {
  ensure_slopes();
  out.resize(layout_.size());
  residual_ = r;
  HiddenState& h = hidden();
  outer_.gradient(residual_, h.a, WriteMode::replace, out);
  outer_.pull_back(state_.w, residual_, WriteMode::replace, h.back);
  h.delta = h.back.cwiseProduct(h.slope);
  layout_.matrix(out, 0).noalias() = h.delta * state_.inputs.transpose();
}

const Matrix& ConvolutionKernel::tangent(const Vector& v) {
  ensure_slopes();
  v_ = v;
  HiddenState& h = hidden();
  h.dz.noalias() = layout_.matrix(v_, 0) * state_.inputs;
  h.da = h.slope.cwiseProduct(h.dz);
  outer_.apply(v_, h.a, WriteMode::replace, output_tangent_);
  outer_.apply(state_.w, h.da, WriteMode::add, output_tangent_);
  return output_tangent_;
}

void ConvolutionKernel::tangent_backward(const Matrix& dr, Vector& out) {
  ensure_curvatures();
  out.resize(layout_.size());
  HiddenState& h = hidden();
  outer_.gradient(dr, h.a, WriteMode::replace, out);
  outer_.gradient(residual_, h.da, WriteMode::add, out);
  outer_.pull_back(v_, residual_, WriteMode::replace, h.dback);
  outer_.pull_back(state_.w, dr, WriteMode::add, h.dback);
  h.ddelta = h.dback.cwiseProduct(h.slope) + h.back.cwiseProduct(h.curvature).cwiseProduct(h.dz);
  layout_.matrix(out, 0).noalias() = h.ddelta * state_.inputs.transpose();
}

// One patch is a feed-forward network, whose Hessian costs no more for many outputs than for one.
void ConvolutionKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  ensure_slopes();
  ensure_curvatures();
  if (shape_.patches.patch_count() == 1) {
    if (!one_patch_hessian_)
      one_patch_hessian_ = std::make_unique<FeedForwardHessian>(layout_, activation_, outputs_.cols());
    one_patch_hessian_->assemble(state_, r, c, out);
    return;
  }
  if (!hessian_)
    hessian_ = std::make_unique<ConvolutionHessian>(shape_, layout_, activation_, outputs_.cols());
  hessian_->assemble(state_, r, c, out);
}

void ConvolutionKernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern != nullptr) check_pattern(*pattern, state_);
  pattern_.reset();
  if (pattern != nullptr) pattern_ = *pattern;
}

}  // namespace saddleflow

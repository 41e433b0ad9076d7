#include "saddleflow/network/convolution_kernel.hpp"

#include "saddleflow/base/product.hpp"

namespace saddleflow {

ConvolutionKernel::ConvolutionKernel(const ConvolutionShape& shape, const Layout& layout,
                                     Activation activation, const Matrix& inputs)
    : PreActivationKernel(layout, activation, 1, gather_patches(shape.patches, inputs)),
      shape_(shape),
      outer_(shape, layout, inputs.cols()) {
  show_outer(outer_layer_of(outer_));
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_}) m->setZero(shape.outputs, inputs.cols());
  v_.setZero(layout.size());
}

const Matrix& ConvolutionKernel::forward(const Vector& w) {
  begin_pass(w);
  product(weights(0), input_of(0), hidden().z);
  activate();
  outer_.apply(state().w, hidden().a, WriteMode::replace, outputs_);
  return outputs_;
}

void ConvolutionKernel::backward(const Matrix& r, Vector& out) {
  ensure_slopes();
  out.resize(layout().size());
  residual_ = r;
  HiddenState& h = hidden();
  outer_.gradient(residual_, h.a, WriteMode::replace, out);
  outer_.pull_back(state().w, residual_, WriteMode::replace, h.back);
  h.delta = h.back.cwiseProduct(h.slope);
  product_transposed(h.delta, input_of(0), layout().matrix(out, 0));
}

const Matrix& ConvolutionKernel::tangent(const Vector& v) {
  ensure_tangents();
  v_ = v;
  HiddenState& h = hidden();
  product(layout().matrix(v_, 0), input_of(0), h.dz);
  h.da = h.slope.cwiseProduct(h.dz);
  outer_.apply(v_, h.a, WriteMode::replace, output_tangent_);
  outer_.apply(state().w, h.da, WriteMode::add, output_tangent_);
  return output_tangent_;
}

void ConvolutionKernel::tangent_backward(const Matrix& dr, Vector& out) {
  ensure_curvatures();
  out.resize(layout().size());
  HiddenState& h = hidden();
  outer_.gradient(dr, h.a, WriteMode::replace, out);
  outer_.gradient(residual_, h.da, WriteMode::add, out);
  outer_.pull_back(v_, residual_, WriteMode::replace, h.dback);
  outer_.pull_back(state().w, dr, WriteMode::add, h.dback);
  h.ddelta = h.dback.cwiseProduct(h.slope) + h.back.cwiseProduct(h.curvature).cwiseProduct(h.dz);
  product_transposed(h.ddelta, input_of(0), layout().matrix(out, 0));
}

// One patch is a feed-forward network, whose Hessian costs no more for many outputs than for one.
void ConvolutionKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  ensure_slopes();
  ensure_curvatures();
  if (shape_.patches.patch_count() == 1) {
    if (!one_patch_hessian_)
      one_patch_hessian_ = std::make_unique<FeedForwardHessian>(layout(), activation(), outputs_.cols());
    one_patch_hessian_->assemble(state(), r, c, out);
    return;
  }
  if (!hessian_)
    hessian_ = std::make_unique<ConvolutionHessian>(shape_, layout(), activation(), outputs_.cols());
  hessian_->assemble(state(), r, c, out);
}

}  // namespace saddleflow

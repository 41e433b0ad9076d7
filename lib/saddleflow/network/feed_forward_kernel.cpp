#include "saddleflow/network/feed_forward_kernel.hpp"

namespace saddleflow {

FeedForwardKernel::FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs)
    : PreActivationKernel(layout, activation, layout.layer_count() - 1, inputs) {
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_})
    m->setZero(layout.layer(depth() - 1).rows, inputs.cols());
  v_.setZero(layout.size());
}

const Matrix& FeedForwardKernel::forward(const Vector& w) {
  begin_pass(w);
  for (int l = 0; l + 1 < depth(); ++l) {
    hidden(l).z.noalias() = weights(l) * input_of(l);
    activate(l);
  }
  outputs_.noalias() = weights(depth() - 1) * input_of(depth() - 1);
  return outputs_;
}

void FeedForwardKernel::backward(const Matrix& r, Vector& out) {
  ensure_slopes();
  out.resize(layout().size());
  residual_ = r;
  for (int l = depth() - 1;; --l) {
    const Matrix& delta = delta_of(l);
    layout().matrix(out, l).noalias() = delta * input_of(l).transpose();
    if (l == 0) return;
    HiddenState& below = hidden(l - 1);
    below.back.noalias() = weights(l).transpose() * delta;
    below.delta = below.back.cwiseProduct(below.slope);
  }
}

const Matrix& FeedForwardKernel::tangent(const Vector& v) {
  ensure_slopes();
  v_ = v;
  for (int l = 0; l < depth(); ++l) {
    Matrix& dz = l + 1 == depth() ? output_tangent_ : hidden(l).dz;
    dz.noalias() = layout().matrix(v_, l) * input_of(l);
    if (l > 0) dz.noalias() += weights(l) * hidden(l - 1).da;
    if (l + 1 < depth()) hidden(l).da = hidden(l).slope.cwiseProduct(dz);
  }
  return output_tangent_;
}

void FeedForwardKernel::tangent_backward(const Matrix& dr, Vector& out) {
  ensure_curvatures();
  out.resize(layout().size());
  for (int l = depth() - 1;; --l) {
    const Matrix& delta = delta_of(l);
    const Matrix& ddelta = l + 1 == depth() ? dr : hidden(l).ddelta;
    MatrixView dg = layout().matrix(out, l);
    dg.noalias() = ddelta * input_of(l).transpose();
    if (l == 0) return;
    HiddenState& below = hidden(l - 1);
    dg.noalias() += delta * below.da.transpose();
    below.dback.noalias() = layout().matrix(v_, l).transpose() * delta;
    below.dback.noalias() += weights(l).transpose() * ddelta;
    below.ddelta = below.dback.cwiseProduct(below.slope) +
                   below.back.cwiseProduct(below.curvature).cwiseProduct(below.dz);
  }
}

void FeedForwardKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  ensure_slopes();
  ensure_curvatures();
  if (!hessian_) hessian_ = std::make_unique<FeedForwardHessian>(layout(), activation(), outputs_.cols());
  hessian_->assemble(state(), r, c, out);
}

}  // namespace saddleflow

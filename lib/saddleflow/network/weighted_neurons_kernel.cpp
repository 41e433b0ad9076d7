#include "saddleflow/network/weighted_neurons_kernel.hpp"

#include <utility>

#include "saddleflow/base/product.hpp"

namespace saddleflow {
namespace {

/// W_2 diag(c): the matrix of the layout, applied to activations times the factors.
class WeightedOuterLayer final : public OuterLayer {
 public:
  WeightedOuterLayer(const Layout& layout, Vector factors)
      : layout_(layout), plain_(dense_outer_layer(layout)), factors_(std::move(factors)) {}

  Matrix outputs(const Vector& w, const Matrix& a) const override { return plain_->outputs(w, scaled(a)); }
  Real derivative(const Matrix& r, const Vector& w, const Vector& v, const Matrix& a,
                  const Matrix& da) const override {
    return plain_->derivative(r, w, v, scaled(a), scaled(da));
  }
  Matrix pull_back(const Vector& w, const Matrix& r) const override {
    return scaled(plain_->pull_back(w, r));
  }
  void gradient(const Matrix& r, const Matrix& a, Vector& out) const override {
    plain_->gradient(r, scaled(a), out);
  }

  Matrix pull_back_size(const Vector& w, const Matrix& size) const override {
    return scaled(plain_->pull_back_size(w, size));
  }
  Vector pull_back_size(const Vector& w, const Matrix& size, Index column) const override {
    return factors_.cwiseProduct(plain_->pull_back_size(w, size, column));
  }
  Real norm(const Vector& w) const override { return (layout_.matrix(w, 1) * factors_.asDiagonal()).norm(); }
  Real gradient_size(const Matrix& size, const Matrix& a) const override {
    return plain_->gradient_size(size, scaled(a));
  }

  bool has_weights() const override { return true; }
  Real outgoing_norm(const Vector& w, Index neuron) const override {
    return plain_->outgoing_norm(w, neuron);
  }

 private:
  Matrix scaled(const Matrix& a) const { return factors_.asDiagonal() * a; }

  Layout layout_;
  std::shared_ptr<const OuterLayer> plain_;
  Vector factors_;
};

}  // namespace

WeightedNeuronsKernel::WeightedNeuronsKernel(const Layout& layout, Activation activation,
                                             const Matrix& inputs, Vector factors,
                                             std::unique_ptr<Kernel> plain)
    : PreActivationKernel(layout, activation, 1, inputs),
      factors_(std::move(factors)),
      plain_(std::move(plain)) {
  const LayerShape& outer = layout.layer(1);
  scaled_.setZero(outer.cols, inputs.cols());
  scaled_tangent_ = scaled_;
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_}) m->setZero(outer.rows, inputs.cols());
  v_.setZero(layout.size());
  scales_.setOnes(layout.size());
  layout.matrix(scales_, 1) *= factors_.asDiagonal();
  show_outer(std::make_shared<WeightedOuterLayer>(layout, factors_));
}

void WeightedNeuronsKernel::set_pattern(const ActivationPattern* pattern) {
  PreActivationKernel::set_pattern(pattern);
  plain_->set_pattern(pattern);
}

const Matrix& WeightedNeuronsKernel::forward(const Vector& w) {
  begin_pass(w);
  product(weights(0), input_of(0), hidden().z);
  activate();
  scaled_ = factors_.asDiagonal() * hidden().a;
  product(weights(1), scaled_, outputs_);
  return outputs_;
}

void WeightedNeuronsKernel::backward(const Matrix& r, Vector& out) {
  ensure_slopes();
  out.resize(layout().size());
  residual_ = r;
  HiddenState& h = hidden();
  product_transposed(residual_, scaled_, layout().matrix(out, 1));
  transposed_product(weights(1), residual_, h.back);
  h.back = factors_.asDiagonal() * h.back;
  h.delta = h.back.cwiseProduct(h.slope);
  product_transposed(h.delta, input_of(0), layout().matrix(out, 0));
}

const Matrix& WeightedNeuronsKernel::tangent(const Vector& v) {
  ensure_tangents();
  v_ = v;
  HiddenState& h = hidden();
  product(layout().matrix(v_, 0), input_of(0), h.dz);
  h.da = h.slope.cwiseProduct(h.dz);
  scaled_tangent_ = factors_.asDiagonal() * h.da;
  product(layout().matrix(v_, 1), scaled_, output_tangent_);
  product(weights(1), scaled_tangent_, output_tangent_, Sum::add);
  return output_tangent_;
}

void WeightedNeuronsKernel::tangent_backward(const Matrix& dr, Vector& out) {
  ensure_curvatures();
  out.resize(layout().size());
  HiddenState& h = hidden();
  product_transposed(dr, scaled_, layout().matrix(out, 1));
  product_transposed(residual_, scaled_tangent_, layout().matrix(out, 1), Sum::add);
  transposed_product(layout().matrix(v_, 1), residual_, h.dback);
  transposed_product(weights(1), dr, h.dback, Sum::add);
  h.dback = factors_.asDiagonal() * h.dback;
  h.ddelta = h.dback.cwiseProduct(h.slope) + h.back.cwiseProduct(h.curvature).cwiseProduct(h.dz);
  product_transposed(h.ddelta, input_of(0), layout().matrix(out, 0));
}

void WeightedNeuronsKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  plain_->forward(state().w.cwiseProduct(scales_));
  plain_->hessian(r, c, out);
  // Products of two scales first: the matrix stays symmetric to the last bit.
  for (Index j = 0; j < out.cols(); ++j) out.col(j).array() *= scales_.array() * scales_[j];
}

}  // namespace saddleflow

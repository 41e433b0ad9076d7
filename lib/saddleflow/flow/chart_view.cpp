#include "saddleflow/flow/chart_view.hpp"

namespace saddleflow {

void CartesianView::look(const Vector& x) {
  w_ = flow_.weights(x);
  energy_ = x[w_.size()];
}

void PolarView::look(const Vector& x) {
  u_ = flow_->look(x);
  log_norm_ = flow_->log_norm(x);
  energy_ = flow_->energy(x);
}

Real PolarView::loss() {
  Correlation& correlation = flow_->correlation();
  scaled_ = correlation.output_scale() * correlation.outputs(u_);
  return correlation.loss().value(scaled_, correlation.data().targets);
}

void PolarView::gradient(Vector& g) {
  flow_->correlation().gradient(u_, g);
  g = -g;
}

void PolarView::hessian_vector(const Vector& v, Vector& out) {
  flow_->correlation().hessian_vector(u_, v, out);
  out = -out;
}

}  // namespace saddleflow

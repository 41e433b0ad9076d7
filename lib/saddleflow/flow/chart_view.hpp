// A state of either chart as the probe sees it: everything in units of the chart, so that nothing underflows.
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/polar_flow.hpp"

namespace saddleflow {

/// With the unit 1 (Cartesian chart) or rho (polar): point = w / unit, outputs = H / unit^D, gradient = grad
/// L / unit^{D-1}, hessian_vector = Hess L v / unit^{D-2}. References stay valid until the next look().
class ChartView {
 public:
  virtual ~ChartView() = default;

  virtual void look(const Vector& x) = 0;
  virtual const Vector& point() const = 0;
  virtual Real log_unit() const = 0;
  virtual Real energy() const = 0;  ///< int |grad L|^2 dt so far
  virtual Real loss() = 0;
  virtual void gradient(Vector& g) = 0;
  virtual void hessian_vector(const Vector& v, Vector& out) = 0;
  virtual const Matrix& outputs() = 0;
  virtual const Matrix& output_tangent(const Vector& v) = 0;
  /// unit^D.
  virtual Real output_unit() const = 0;

 protected:
  ChartView() = default;
  ChartView(const ChartView&) = default;
  ChartView& operator=(const ChartView&) = default;
};

class CartesianView final : public ChartView {
 public:
  explicit CartesianView(GradientFlow& flow) : flow_(flow) {}
  void look(const Vector& x) override;
  const Vector& point() const override { return w_; }
  Real log_unit() const override { return 0; }
  Real energy() const override { return energy_; }
  Real loss() override { return flow_.objective().value(w_); }
  void gradient(Vector& g) override { flow_.objective().gradient(w_, g); }
  void hessian_vector(const Vector& v, Vector& out) override { flow_.objective().hessian_vector(w_, v, out); }
  const Matrix& outputs() override { return flow_.objective().outputs(w_); }
  const Matrix& output_tangent(const Vector& v) override { return flow_.objective().output_tangent(w_, v); }
  Real output_unit() const override { return 1; }

 private:
  GradientFlow& flow_;
  Vector w_;
  Real energy_ = 0;
};

class PolarView final : public ChartView {
 public:
  /// Without a flow it must not be looked at.
  explicit PolarView(PolarFlow* flow) : flow_(flow) {}
  void look(const Vector& x) override;
  const Vector& point() const override { return u_; }
  Real log_unit() const override { return log_norm_; }
  Real energy() const override { return energy_; }
  Real loss() override;
  void gradient(Vector& g) override;
  void hessian_vector(const Vector& v, Vector& out) override;
  const Matrix& outputs() override { return flow_->correlation().outputs(u_); }
  const Matrix& output_tangent(const Vector& v) override {
    return flow_->correlation().output_tangent(u_, v);
  }
  Real output_unit() const override { return flow_->correlation().output_scale(); }

 private:
  PolarFlow* flow_;
  Vector u_;
  Matrix scaled_;
  Real log_norm_ = 0, energy_ = 0;
};

}  // namespace saddleflow

// What is asked of a chart to find the kinks that a step passes over.
#pragma once

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/polar_flow.hpp"
#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {

/// Whether an evaluation counts as work: not where it has been made before.
enum class Counting { counted, uncounted };

/// A chart of the gradient flow whose points are weights of a feed-forward network up to a positive factor
/// e^{log_scale}.
class KinkChart {
 public:
  virtual ~KinkChart() = default;
  virtual const Network& network() const = 0;
  /// Whether there is a FeedForwardState to look at.
  virtual bool has_state() = 0;
  /// The passes forward and back at the weights of x, as far as the kernel keeps them (Kernel). Valid until
  /// the chart's objective is asked for anything else.
  virtual const FeedForwardState& evaluate(const Vector& x, Counting counting) = 0;
  /// At the x of the last evaluate(): the velocity of the weights, both without the factor.
  virtual const Vector& velocity() const = 0;
  /// There: dL/d outputs up to its sign, made where the kernel does not keep what comes back to the neurons.
  virtual const Matrix& residual() const = 0;
  virtual Real log_scale() const = 0;
  /// Bounds of the change of the rates of x when each component of minus the gradient changes by at most so
  /// much.
  virtual void lift(const Vector& change, Vector& rates) const = 0;
};

class CartesianKinkChart final : public KinkChart {
 public:
  explicit CartesianKinkChart(GradientFlow& flow) : flow_(flow) {}
  const Network& network() const override { return flow_.objective().network(); }
  bool has_state() override;
  const FeedForwardState& evaluate(const Vector& x, Counting counting) override;
  const Vector& velocity() const override { return velocity_; }
  const Matrix& residual() const override { return residual_; }
  Real log_scale() const override { return 0; }
  void lift(const Vector& change, Vector& rates) const override;

 private:
  GradientFlow& flow_;
  Vector velocity_;
  Matrix residual_;
};

class PolarKinkChart final : public KinkChart {
 public:
  explicit PolarKinkChart(PolarFlow& flow) : flow_(flow) {}
  const Network& network() const override { return flow_.correlation().network(); }
  bool has_state() override;
  const FeedForwardState& evaluate(const Vector& x, Counting counting) override;
  const Vector& velocity() const override { return velocity_; }
  const Matrix& residual() const override { return residual_; }
  Real log_scale() const override { return log_scale_; }
  void lift(const Vector& change, Vector& rates) const override { flow_.bound_rates(change, rates); }

 private:
  PolarFlow& flow_;
  Vector velocity_, unit_;
  Matrix residual_;
  Real log_scale_ = 0;
};

}  // namespace saddleflow

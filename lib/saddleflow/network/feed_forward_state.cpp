#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {
namespace {

/// s^n for a small n >= 0.
struct SmallPower {
  int n;
  Real operator()(Real s) const {
    Real product = 1;
    for (int i = 0; i < n; ++i) product *= s;
    return product;
  }
};

}  // namespace

void set_activations(const Activation& activation, const Matrix* factors, HiddenState& layer) {
  if (factors != nullptr)
    layer.a = factors->cwiseProduct(layer.z).unaryExpr(SmallPower{activation.power()});
  else
    activation.value(layer.z, layer.a);
}

void set_slopes(const Activation& activation, const Matrix* factors, HiddenState& layer) {
  const int p = activation.power();
  if (factors == nullptr)
    activation.derivative(layer.z, layer.slope);
  else if (p == 1)
    layer.slope = *factors;
  else
    layer.slope = static_cast<Real>(p) *
                  factors->cwiseProduct(factors->cwiseProduct(layer.z).unaryExpr(SmallPower{p - 1}));
}

void set_curvatures(const Activation& activation, const Matrix* factors, HiddenState& layer) {
  const int p = activation.power();
  if (factors == nullptr)
    activation.second_derivative(layer.z, layer.curvature);
  else if (p == 1)
    layer.curvature.setZero();
  else
    layer.curvature =
        static_cast<Real>(p * (p - 1)) *
        factors->cwiseAbs2().cwiseProduct(factors->cwiseProduct(layer.z).unaryExpr(SmallPower{p - 2}));
}

}  // namespace saddleflow

#include "saddleflow/network/feed_forward_state.hpp"

#include <utility>

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

void set_activations(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                     HiddenState& layer) {
  const auto z = flat(std::as_const(layer.z), range);
  auto a = flat(layer.a, range);
  if (factors != nullptr)
    a = (flat(*factors, range) * z).unaryExpr(SmallPower{activation.power()});
  else
    activation.value(z.data(), z.size(), a.data());
}

void set_slopes(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                HiddenState& layer) {
  const int p = activation.power();
  const auto z = flat(std::as_const(layer.z), range);
  auto slope = flat(layer.slope, range);
  if (factors == nullptr) {
    activation.derivative(z.data(), z.size(), slope.data());
    return;
  }
  const auto factor = flat(*factors, range);
  if (p == 1)
    slope = factor;
  else
    slope = static_cast<Real>(p) * (factor * (factor * z).unaryExpr(SmallPower{p - 1}));
}

void set_curvatures(const Activation& activation, const Matrix* factors, const ColumnRange& range,
                    const HiddenState& layer, Real* out) {
  const int p = activation.power();
  const auto z = flat(layer.z, range);
  if (factors == nullptr) {
    activation.second_derivative(z.data(), z.size(), out);
    return;
  }
  Eigen::Map<Eigen::Array<Real, Eigen::Dynamic, 1>> curvature(out, z.size());
  const auto factor = flat(*factors, range);
  if (p == 1)
    curvature.setZero();
  else
    curvature =
        static_cast<Real>(p * (p - 1)) * (factor.square() * (factor * z).unaryExpr(SmallPower{p - 2}));
}

}  // namespace saddleflow

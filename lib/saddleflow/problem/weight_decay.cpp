#include "saddleflow/problem/weight_decay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

WeightDecay::WeightDecay(const Layout& layout, const std::vector<Real>& by_layer) {
  const auto given = static_cast<int>(by_layer.size());
  const int layers = layout.layer_count();
  if (given != 1 && given != layers)
    throw InputError(fmt::format(
        "found {} numbers, expected one, or one for each of the {} layers of weights", given, layers));
  for (const Real lambda : by_layer)
    if (!(lambda >= 0) || !std::isfinite(lambda))
      throw InputError(
          fmt::format("found {}, expected finite numbers of at least 0", static_cast<double>(lambda)));
  if (std::ranges::all_of(by_layer, [](Real lambda) { return lambda == 0; })) return;
  coefficients_.resize(layout.size());
  for (int l = 0; l < layers; ++l)
    layout.matrix(coefficients_, l).setConstant(by_layer[static_cast<std::size_t>(given == 1 ? 0 : l)]);
}

WeightDecay WeightDecay::scaled(const Vector& factors) const {
  WeightDecay result = *this;
  if (!empty()) result.coefficients_ = coefficients_.cwiseProduct(factors);
  return result;
}

Real WeightDecay::value(const Vector& w) const {
  return empty() ? Real(0) : coefficients_.cwiseProduct(w).dot(w) / 2;
}

void WeightDecay::add_product(const Vector& w, Vector& g) const {
  if (!empty()) g += coefficients_.cwiseProduct(w);
}

std::optional<Real> WeightDecay::common(const std::vector<Index>& weights) const {
  if (empty() || weights.empty()) return Real(0);
  const Real first = coefficients_[weights.front()];
  if (!std::ranges::all_of(weights, [&](Index i) { return coefficients_[i] == first; })) return std::nullopt;
  return first;
}

}  // namespace saddleflow

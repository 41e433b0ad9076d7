#include "network/slow_network.hpp"

#include <algorithm>

namespace saddleflow::test {
namespace {

HyperDual slow_activation(const HyperDual& s, const Activation& activation, long double& kink_distance) {
  kink_distance = std::min(kink_distance, std::abs(s.value));
  const HyperDual t = s.value > 0 ? s : HyperDual(activation.slope()) * s;
  HyperDual power(1);
  for (int k = 0; k < activation.power(); ++k) power = power * t;
  return power;
}

/// Outputs for one sample. `kink_distance` is lowered to the smallest |pre-activation| met.
Numbers slow_outputs(const Network& network, const Numbers& w, const Numbers& x, long double& kink_distance) {
  if (network.kind() == "diagonal_linear") {
    HyperDual sum;
    for (std::size_t j = 0; j < x.size(); ++j) sum = sum + w[j] * w[x.size() + j] * x[j];
    return {sum};
  }
  const std::vector<Index> sizes = network.layer_sizes();
  const bool outer_weights = network.kind() == "feed_forward";
  Numbers activations = x;
  std::size_t offset = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    const auto rows = static_cast<std::size_t>(sizes[l]);
    const bool last = l + 1 == sizes.size();
    Numbers next(rows);
    for (std::size_t a = 0; a < rows; ++a)
      for (std::size_t b = 0; b < activations.size(); ++b)
        next[a] =
            next[a] + (last && !outer_weights ? HyperDual(1) : w[offset + a + b * rows]) * activations[b];
    offset += rows * activations.size();
    if (!last)
      for (HyperDual& s : next) s = slow_activation(s, network.activation(), kink_distance);
    activations = next;
  }
  return activations;
}

HyperDual slow_output_loss(const HyperDual& output, long double y, SlowProblem::Kind kind) {
  const HyperDual minus_margin = HyperDual(-y) * output;
  if (kind == SlowProblem::Kind::weighted) return HyperDual(y) * output;
  if (kind == SlowProblem::Kind::exponential) return exp(minus_margin);
  if (kind == SlowProblem::Kind::logistic) return HyperDual(2) * log(HyperDual(1) + exp(minus_margin));
  const HyperDual difference = output + HyperDual(-y);
  return HyperDual(0.5L) * difference * difference;
}

/// k/(k-1) (ln sum_j e^{yhat_j} - yhat_c).
HyperDual slow_cross_entropy(const Numbers& outputs, const Vector& one_hot) {
  HyperDual sum, right;
  for (std::size_t j = 0; j < outputs.size(); ++j) {
    sum = sum + exp(outputs[j]);
    if (one_hot[static_cast<Index>(j)] == 1) right = outputs[j];
  }
  const auto k = static_cast<long double>(outputs.size());
  return HyperDual(k / (k - 1)) * (log(sum) + HyperDual(-1) * right);
}

}  // namespace

HyperDual SlowProblem::operator()(const Numbers& w) const {
  HyperDual sum;
  for (Index i = 0; i < inputs.cols(); ++i) {
    Numbers x;
    for (Index j = 0; j < inputs.rows(); ++j) x.emplace_back(inputs(j, i));
    const Numbers outputs = slow_outputs(network, w, x, kink_distance);
    if (kind == Kind::softmax) {
      sum = sum + slow_cross_entropy(outputs, targets.col(i));
      continue;
    }
    for (std::size_t o = 0; o < outputs.size(); ++o)
      sum = sum + slow_output_loss(outputs[o], targets(static_cast<Index>(o), i), kind);
  }
  return reduction == Reduction::mean ? HyperDual(1.0L / static_cast<long double>(inputs.cols())) * sum : sum;
}

SlowDerivatives differentiate(const SlowProblem& problem, const Vector& w) {
  const Index size = w.size();
  SlowDerivatives result{0, LongVector(size), LongMatrix(size, size)};
  Numbers point(w.data(), w.data() + size);
  for (Index i = 0; i < size; ++i) {
    for (Index j = 0; j <= i; ++j) {
      point[static_cast<std::size_t>(i)].first = 1;
      point[static_cast<std::size_t>(j)].second = 1;
      const HyperDual f = problem(point);
      point[static_cast<std::size_t>(i)].first = 0;
      point[static_cast<std::size_t>(j)].second = 0;
      result.value = f.value;
      result.gradient[i] = f.first;
      result.hessian(i, j) = result.hessian(j, i) = f.both;
    }
  }
  return result;
}

}  // namespace saddleflow::test

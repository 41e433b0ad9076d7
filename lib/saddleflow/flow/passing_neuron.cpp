// Neurons that pass through zero.
#include <algorithm>
#include <cmath>

#include "saddleflow/flow/piecewise_flow.hpp"

namespace saddleflow {
namespace {

// Where it goes on, in units of its outgoing weights: far below every tolerance, far above rounding.
constexpr Real kBeside = Real(1e-12);
// Less than this against the start of the step is zero.
constexpr Real kVanished = Real(1e-9);
// A step that began this near (in units of kBeside) has come back at once.
constexpr Real kAtOnce = Real(1e3);

}  // namespace

bool PiecewiseFlow::pass_degenerate(const Vector& before, Vector& x, std::vector<Index>& hit, Mode& mode) {
  std::vector<Index> neurons;
  for (const Index k : hit) {
    const Kink kink = index_.kink(k);
    if (kink.layer == 0 && mode_.side(k) != Side::sliding) neurons.push_back(kink.neuron);
  }
  std::sort(neurons.begin(), neurons.end());
  neurons.erase(std::unique(neurons.begin(), neurons.end()), neurons.end());
  bool passed = false;
  for (const Index neuron : neurons) {
    if (!pass_neuron(neuron, before, x, mode)) continue;
    std::erase_if(hit, [&](Index k) {
      const Kink kink = index_.kink(k);
      return kink.layer == 0 && kink.neuron == neuron;
    });
    passed = true;
  }
  return passed;
}

bool PiecewiseFlow::pass_neuron(Index neuron, const Vector& before, Vector& x, Mode& mode) const {
  const Index n = layout().size();
  const Vector w0 = before.head(n);
  Vector w = x.head(n);
  const Vector from = layout().matrix(w0, 0).row(neuron).transpose();
  const Real out = layout().matrix(static_cast<const Vector&>(w), 1).col(neuron).norm();
  if (layout().matrix(static_cast<const Vector&>(w), 0).row(neuron).norm() > kVanished * from.norm() ||
      out == 0)
    return false;
  const bool held = from.norm() <= kAtOnce * kBeside * out;
  Vector beside = Vector::Zero(from.size());
  if (!held) beside = -kBeside * out * from.normalized();
  for (Index i = 0; i < inputs().cols(); ++i) {
    const Index k = index_({0, neuron, i});
    if (mode.side(k) == Side::sliding || input_norms_[i] == 0) continue;
    const Real z = beside.dot(inputs().col(i));
    mode.set(k, held ? Side::sliding : z > 0 ? Side::above : Side::below);
  }
  layout().matrix(w, 0).row(neuron) = beside.transpose();
  x.head(n) = w;
  return true;
}

}  // namespace saddleflow

// Which pre-activations may change their sign along a step, and their values there.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>

#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {
namespace {

/// Between Chebyshev's extrema a polynomial is at most so much larger than at them: a bound of the Lebesgue
/// constant of interpolation (L. N. Trefethen, Approximation Theory and Approximation Practice, theorem
/// 15.2). At least two nodes.
Real between_nodes(std::size_t nodes) {
  const auto degree = static_cast<Real>(nodes - 1);
  return 2 / std::numbers::pi_v<Real> * std::log(degree + 1) + 1;
}

}  // namespace

// How far each row of weights moves from where it is at the first node.
void PiecewiseFlow::bound_rows() {
  for (int l = 0; l < hidden_; ++l) {
    Vector& row = reach_[static_cast<std::size_t>(l)].row;
    row.setZero(layout().layer(l).rows);
    const MatrixView start = layout().matrix(nodes_.front(), l);
    for (std::size_t m = 1; m < nodes_.size(); ++m)
      row = row.cwiseMax((layout().matrix(nodes_[m], l) - start).rowwise().norm());
    row *= between_nodes(nodes_.size());
  }
}

// |dz_l| <= |dW_l| (|a_{l-1}| + |da_{l-1}|) + |W_l| |da_{l-1}|, neuron by neuron and sample by sample; what
// is farther from zero than that keeps its sign.
void PiecewiseFlow::near_kinks(const FeedForwardState& state, std::vector<Kink>& near) {
  near.clear();
  for (int l = 0; l < hidden_; ++l) {
    const HiddenState& hidden = state.layer(l);
    const Matrix& factors = pattern_.factors[static_cast<std::size_t>(l)];
    Reach& reach = reach_[static_cast<std::size_t>(l)];
    const Vector rows = layout().matrix(state.w, l).rowwise().norm();
    reach.activation.setZero(inputs().cols());
    for (Index i = 0; i < inputs().cols(); ++i) {
      const Real below = l == 0 ? Real(0) : reach_[static_cast<std::size_t>(l - 1)].activation[i];
      const Real size = (l == 0 ? input_norms_[i] : state.input_of(l).col(i).norm()) + below;
      for (Index j = 0; j < rows.size(); ++j) {
        const Real bound = reach.row[j] * size + rows[j] * below;
        const Real moved = factors(j, i) * bound;
        reach.activation[i] += moved * moved;
        if (std::abs(hidden.z(j, i)) <= bound && bound > 0 && mode_.side(index_({l, j, i})) != Side::sliding)
          near.push_back({l, j, i});
      }
      reach.activation[i] = std::sqrt(reach.activation[i]);
    }
  }
}

// Activations of hidden layer `layer` at one sample and node, in the mode; kept for one sample.
const Vector& PiecewiseFlow::activations_at(int layer, Index sample, std::size_t node) {
  std::vector<Vector>& kept = kept_[static_cast<std::size_t>(layer)];
  if (kept[node].size() == 0) {
    const auto weights = layout().matrix(nodes_[node], layer);
    const auto factors = pattern_.factors[static_cast<std::size_t>(layer)].col(sample);
    if (layer == 0)
      kept[node] = factors.cwiseProduct(weights * inputs().col(sample));
    else
      kept[node] = factors.cwiseProduct(weights * activations_at(layer - 1, sample, node));
  }
  return kept[node];
}

void PiecewiseFlow::path_of(const Kink& kink, std::vector<Real>& out) {
  out.resize(nodes_.size());
  if (kink.layer > 0 && kink.sample != kept_sample_) {
    for (auto& layer : kept_) layer.assign(nodes_.size(), Vector());
    kept_sample_ = kink.sample;
  }
  for (std::size_t m = 0; m < nodes_.size(); ++m) {
    const auto row = layout().matrix(nodes_[m], kink.layer).row(kink.neuron);
    out[m] = kink.layer == 0 ? row.dot(inputs().col(kink.sample))
                             : row.dot(activations_at(kink.layer - 1, kink.sample, m));
  }
}

// At rest on a kink, as limits are, a pre-activation is zero up to rounding, whose sign says nothing.
bool PiecewiseFlow::is_rounding(const Kink& kink, const std::vector<Real>& values) {
  Real largest = 0;
  for (const Real z : values) largest = std::max(largest, std::abs(z));
  const Real row = layout().matrix(nodes_.front(), kink.layer).row(kink.neuron).norm();
  const Real below =
      kink.layer == 0 ? input_norms_[kink.sample] : activations_at(kink.layer - 1, kink.sample, 0).norm();
  return largest <= kPreActivationRounding * row * below;
}

void PiecewiseFlow::paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) {
  nodes_.resize(nodes.size());
  for (std::size_t m = 0; m < nodes.size(); ++m) nodes_[m] = nodes[m].head(layout().size());
  bound_rows();
  near_kinks(*flow_.objective().state_at(nodes_.front()), near_);
  std::sort(near_.begin(), near_.end(), [](const Kink& a, const Kink& b) {
    return std::tie(a.sample, a.layer, a.neuron) < std::tie(b.sample, b.layer, b.neuron);
  });
  kept_sample_ = -1;
  out.clear();
  SwitchPath path;
  for (const Kink& kink : near_) {
    path.index = index_(kink);
    path_of(kink, path.values);
    if (!is_rounding(kink, path.values)) out.push_back(path);
  }
}

}  // namespace saddleflow

#include "saddleflow/flow/piecewise_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/gradient_rounding.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/span.hpp"
#include "saddleflow/problem/loss_rounding.hpp"

namespace saddleflow {
namespace {

// A velocity below this part of the terms that it is a sum of is measured by them: rates are asked for to
// kRateTolerance of their units at the finest. It is the part of a unit to which decisions are checked: the
// unit contains the velocity's rounding divided by it, so that no rounding contradicts a decision.
constexpr Real kLeastVelocity = kReleaseTolerance;

/// The least change of weights that takes z away to first order, with normals as columns.
Vector least_change(Matrix normals, Vector z) {
  for (Index c = 0; c < normals.cols(); ++c) {
    const Real length = normals.col(c).norm();
    if (length == 0) continue;
    normals.col(c) /= length;
    z[c] /= length;
  }
  return minimum_norm_least_squares(normals.transpose(), z, normal_tolerance());
}

/// What the gradient of a row of weights is a sum of, in absolute value.
Real terms_of_row(const FeedForwardState& state, int layer, Index neuron) {
  return state.layer(layer).delta.row(neuron).cwiseAbs().dot(state.input_of(layer).colwise().norm());
}

}  // namespace

KinkIndex::KinkIndex(const Network& network, Index columns) : offsets_{0} {
  for (int l = 0; l < network.hidden_layer_count(); ++l) {
    widths_.push_back(network.layout().layer(l).rows);
    offsets_.push_back(offsets_.back() + widths_.back() * columns);
  }
}

Index KinkIndex::operator()(const Kink& kink) const {
  const auto l = static_cast<std::size_t>(kink.layer);
  return offsets_[l] + kink.neuron + kink.sample * widths_[l];
}

Kink KinkIndex::kink(Index k) const {
  const auto above = std::upper_bound(offsets_.begin(), offsets_.end(), k) - offsets_.begin();
  const auto l = static_cast<std::size_t>(above - 1);
  const Index rest = k - offsets_[l];
  return {static_cast<int>(l), rest % widths_[l], rest / widths_[l]};
}

bool PiecewiseFlow::applies_to(const Network& network) {
  const NetworkTraits traits = network.traits();
  return traits.pre_activations && traits.kinked() && network.hidden_layer_count() > 0;
}

bool PiecewiseFlow::can_locate(const Network& network) {
  const NetworkTraits traits = network.traits();
  return applies_to(network) ||
         (traits.pre_activations && !traits.polynomial() && network.hidden_layer_count() == 1);
}

PiecewiseFlow::PiecewiseFlow(GradientFlow& flow)
    : flow_(flow),
      hidden_(flow.objective().network().hidden_layer_count()),
      index_(flow.objective().network(), inputs().cols()),
      input_norms_(inputs().colwise().norm().transpose()) {
  if (!can_locate(flow.objective().network()))
    throw InputError(
        "kinks: expected a network that shows pre-activations (trait pre_activations) with hidden layers, of "
        "power 1 and slope below 1, or with one hidden layer and an activation that is no polynomial");
  for (int l = 0; l < hidden_; ++l)
    pattern_.factors.push_back(Matrix::Zero(layout().layer(l).rows, inputs().cols()));
  reach_.resize(static_cast<std::size_t>(hidden_));
  kept_.resize(static_cast<std::size_t>(hidden_));
}

// The objective lives on: whoever asks it next means the network as it is.
PiecewiseFlow::~PiecewiseFlow() {
  if (flow_.objective().has_mode()) flow_.objective().clear_mode();
}

Real PiecewiseFlow::low() const { return flow_.objective().network().activation().slope(); }

Real PiecewiseFlow::factor(Side side) const {
  return side == Side::above ? Real(1) : side == Side::below ? low() : Real(0);
}

Index PiecewiseFlow::neurons_below() const {
  Index count = 0;
  for (int l = 0; l < hidden_; ++l)
    for (Index j = 0; j < layout().layer(l).rows; ++j) {
      bool below = true;
      for (Index i = 0; below && i < inputs().cols(); ++i)
        below = mode_.side(index_({l, j, i})) == Side::below;
      count += below ? 1 : 0;
    }
  return count;
}

void PiecewiseFlow::set_mode(const Mode& mode) {
  const bool same = mode.sides == mode_.sides && flow_.objective().has_mode();
  mode_ = mode;
  if (same) return;
  std::size_t k = 0;
  for (Matrix& factors : pattern_.factors)
    for (Index e = 0; e < factors.size(); ++e) factors.data()[e] = factor(mode_.sides[k++]);
  sliding_.clear();
  for (const Index index : mode_.sliding) sliding_.push_back(index_.kink(index));
  share_mode(flow_.objective());
}

void PiecewiseFlow::share_mode(Objective& other) const { other.set_mode(pattern_, sliding_); }

void PiecewiseFlow::values(const Vector& x, Vector& z) {
  flow_.objective().clear_mode();
  const FeedForwardState& state = *flow_.objective().state_at(flow_.weights(x));
  z.resize(index_.count());
  Index k = 0;
  for (int l = 0; l < hidden_; ++l)
    for (Index e = 0; e < state.layer(l).z.size(); ++e) z[k++] = state.layer(l).z.data()[e];
  // Never off their kink: no side to choose.
  for (Index i = 0; i < inputs().cols(); ++i)
    for (int l = 0; l < hidden_; ++l)
      if (state.input_of(l).col(i).isZero(0))
        for (Index j = 0; j < layout().layer(l).rows; ++j) z[index_({l, j, i})] = -1;
}

void PiecewiseFlow::rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) {
  Objective& objective = flow_.objective();
  const Vector& w = flow_.weights(x);
  objective.gradient(w, gradient_);
  const FeedForwardState& state = *objective.state_at(w);
  const auto count = static_cast<Index>(which.size());
  rate.resize(count);
  unit.resize(count);
  Vector normal;
  const GradientRounding rounding = gradient_rounding(
      layout(), state, derivative_rounding(objective.loss(), objective.outputs(w), objective.data().targets));
  // A velocity that the projection has left none of is rounding: against the weights' own time scale.
  const Real pace = gradient_.norm() / std::max(w.norm(), std::numeric_limits<Real>::min());
  for (Index c = 0; c < count; ++c) {
    const Kink kink = index_.kink(which[static_cast<std::size_t>(c)]);
    if (kink.layer == 0) {
      const auto row = layout().matrix(static_cast<const Vector&>(gradient_), 0).row(kink.neuron);
      rate[c] = -row.dot(inputs().col(kink.sample));
      unit[c] = (row.norm() + pace * layout().matrix(w, 0).row(kink.neuron).norm() +
                 kLeastVelocity * terms_of_row(state, 0, kink.neuron) +
                 rounding.rows.front()[kink.neuron] / kLeastVelocity) *
                input_norms_[kink.sample];
    } else {
      UnitGradient z(layout(), kink);
      z.update(state);
      z.gradient(state, normal);
      rate[c] = -normal.dot(gradient_);
      Real terms = 0;
      for (int l = 0; l <= kink.layer; ++l)
        for (Index j = 0; j < layout().layer(l).rows; ++j) terms += terms_of_row(state, l, j);
      unit[c] = normal.norm() *
                (gradient_.norm() + pace * w.norm() + kLeastVelocity * terms + rounding.all / kLeastVelocity);
    }
  }
}

void PiecewiseFlow::slopes(const Vector& x, Vector& s) {
  if (mode_.sliding.empty())
    s.resize(0);
  else
    flow_.objective().sliding_slopes(flow_.weights(x), s);
}

/// By positions among the sliding ones; empty: none.
std::vector<bool> PiecewiseFlow::trapped() const {
  std::vector<bool> list;
  if (mode_.trapped.empty()) return list;
  for (const Index k : mode_.sliding) list.push_back(mode_.is_trapped(k));
  return list;
}

Real PiecewiseFlow::margin(const Vector& x) {
  if (mode_.sliding.empty()) return std::numeric_limits<Real>::infinity();
  CutPass pass;
  return flow_.objective().on_kinks(flow_.weights(x), pass)->margin(pass, trapped());
}

std::vector<Index> PiecewiseFlow::leaving(const Vector& x, Real margin) {
  CutPass pass;
  std::vector<Index> list =
      flow_.objective().on_kinks(flow_.weights(x), pass)->leaving(pass, margin, trapped());
  for (Index& k : list) k = mode_.sliding[static_cast<std::size_t>(k)];
  return list;
}

// The least change of one neuron's weights, exact to rounding.
void PiecewiseFlow::project_neuron(Vector& w, const std::vector<Kink>& kinks) const {
  Matrix normals(inputs().rows(), static_cast<Index>(kinks.size()));
  for (Index c = 0; c < normals.cols(); ++c)
    normals.col(c) = inputs().col(kinks[static_cast<std::size_t>(c)].sample);
  const Matrix basis = orthonormal_basis(normals);
  auto row = layout().matrix(w, 0).row(kinks.front().neuron);
  // All of the space: what is left would be rounding, whose direction says nothing.
  if (basis.cols() == basis.rows())
    row.setZero();
  else
    row -= (basis * (basis.transpose() * row.transpose())).transpose();
}

// Newton's method with least changes; twice, as pre-activations of later layers are not linear.
void PiecewiseFlow::project_together(Vector& w, const std::vector<Kink>& kinks) {
  Matrix normals(w.size(), static_cast<Index>(kinks.size()));
  Vector z(normals.cols()), normal;
  for (int round = 0; round < 2; ++round) {
    Objective& objective = flow_.objective();
    objective.gradient(w, gradient_);  // with the slopes that the normals need
    const FeedForwardState& state = *objective.state_at(w);
    for (Index c = 0; c < normals.cols(); ++c) {
      const Kink& kink = kinks[static_cast<std::size_t>(c)];
      UnitGradient unit(layout(), kink);
      unit.update(state);
      unit.gradient(state, normal);
      normals.col(c) = normal;
      z[c] = state.layer(kink.layer).z(kink.neuron, kink.sample);
    }
    w -= least_change(normals, z);
  }
}

Real PiecewiseFlow::project(Vector& x, const std::vector<Index>& which) {
  std::vector<Index> all = mode_.sliding;
  for (const Index k : which)
    if (mode_.side(k) != Side::sliding) all.push_back(k);
  std::sort(all.begin(), all.end());
  std::vector<Kink> kinks;
  kinks.reserve(all.size());
  for (const Index k : all) kinks.push_back(index_.kink(k));
  const Vector before = flow_.weights(x);
  Vector w = before;
  if (!kinks.empty() && kinks.back().layer > 0) {
    project_together(w, kinks);
  } else {
    std::stable_sort(kinks.begin(), kinks.end(),
                     [](const Kink& a, const Kink& b) { return a.neuron < b.neuron; });
    for (auto first = kinks.begin(); first != kinks.end();) {
      const auto last =
          std::find_if(first, kinks.end(), [&](const Kink& k) { return k.neuron != first->neuron; });
      project_neuron(w, std::vector<Kink>(first, last));
      first = last;
    }
  }
  x.head(w.size()) = w;
  Real largest = 0;
  for (int l = 0; l < layout().layer_count(); ++l)
    for (Index j = 0; j < layout().layer(l).rows; ++j) {
      const Real moved = (layout().matrix(w, l).row(j) - layout().matrix(before, l).row(j)).norm();
      if (moved > 0) largest = std::max(largest, moved / unit_of_move(before, w, l, j));
    }
  return largest;
}

// A neuron that passes through zero leaves no weights to compare with where outer ones are no parameters:
// those that the targets ask for.
Real PiecewiseFlow::unit_of_move(const Vector& before, const Vector& after, int layer, Index neuron) const {
  const Real unit = reach(before, layer, neuron);
  if (outer().has_weights() || !layout().matrix(after, layer).row(neuron).isZero(0)) return unit;
  return std::max(unit, flow_.objective().data().targets.norm() / input_norms_.norm());
}

/// The larger of a neuron's incoming and outgoing weights; those of the largest neuron where outer weights
/// are no parameters.
Real PiecewiseFlow::reach(const Vector& w, int layer, Index neuron) const {
  if (!outer().has_weights()) return layout().matrix(w, layer).rowwise().norm().maxCoeff();
  const Real in = layout().matrix(w, layer).row(neuron).norm();
  if (layer == hidden_) return in;
  const bool last = layer + 1 == hidden_;
  return std::max(in,
                  last ? outer().outgoing_norm(w, neuron) : layout().matrix(w, layer + 1).col(neuron).norm());
}

Real PiecewiseFlow::drift(const Vector& x) {
  if (mode_.sliding.empty()) return 0;
  CutPass pass;
  return flow_.objective().on_kinks(flow_.weights(x), pass)->drift(*pass.state);
}

}  // namespace saddleflow

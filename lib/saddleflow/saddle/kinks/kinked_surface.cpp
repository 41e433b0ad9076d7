#include "saddleflow/saddle/kinks/kinked_surface.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"

namespace saddleflow {
namespace {

/// max(|in|, |out|) of the neurons of hidden layer l; |in| where outer weights are no parameters.
Vector reach_of(const Objective& objective, const Vector& w, int l) {
  const Layout& layout = objective.network().layout();
  Vector reach = layout.matrix(w, l).rowwise().norm();
  if (l + 1 < objective.network().hidden_layer_count())
    return reach.cwiseMax(layout.matrix(w, l + 1).colwise().norm().transpose());
  for (Index k = 0; k < reach.size(); ++k)
    reach[k] = std::max(reach[k], objective.outer_layer()->outgoing_norm(w, k));
  return reach;
}

/// One layer after another: activations with nothing at the held kinks, where rounding would hide that all
/// that a unit sees is on its kink.
class SideFinder {
 public:
  SideFinder(const Objective& objective, const KinkIndex& index, const Vector& w, Real low, Real tolerance)
      : objective_(objective),
        layout_(objective.network().layout()),
        hidden_(objective.network().hidden_layer_count()),
        index_(index),
        w_(w),
        low_(low),
        tolerance_(tolerance) {
    mode.sides.assign(static_cast<std::size_t>(index.count()), Side::below);
  }

  void run() {
    Matrix a = objective_.columns();
    for (int l = 0; l < hidden_; ++l) {
      const Vector reach = reach_of(objective_, w_, l);
      Matrix z = layout_.matrix(w_, l) * a;
      for (Index i = 0; i < z.cols(); ++i) {
        const Real below = a.col(i).norm();
        for (Index j = 0; j < z.rows(); ++j) z(j, i) *= settle({l, j, i}, z(j, i), reach[j], below);
      }
      a = z;
    }
  }

  Mode mode;

 private:
  /// Its slope.
  Real settle(const Kink& kink, Real z, Real reach, Real below) {
    const bool held = below > 0 ? std::abs(z) <= tolerance_ * reach * below : rests_on_kinks(kink);
    const Side side = reach > 0 && held ? Side::sliding : z > 0 ? Side::above : Side::below;
    mode.set(index_(kink), side);
    return side == Side::sliding ? Real(0) : side == Side::above ? Real(1) : low_;
  }

  /// Nothing comes from below, but something would as soon as the kinks there moved.
  bool rests_on_kinks(const Kink& kink) const {
    if (kink.layer == 0) return false;
    const ConstMatrixView weights = layout_.matrix(w_, kink.layer);
    for (Index j = 0; j < weights.cols(); ++j)
      if (weights(kink.neuron, j) != 0 &&
          mode.side(index_({kink.layer - 1, j, kink.sample})) == Side::sliding)
        return true;
    return false;
  }

  const Objective& objective_;
  const Layout& layout_;
  int hidden_;  // layers
  const KinkIndex& index_;
  const Vector& w_;
  Real low_, tolerance_;
};

}  // namespace

KinkedSurface::KinkedSurface(Objective& objective)
    : objective_(objective), flow_(objective), piecewise_(flow_) {}

Mode KinkedSurface::mode_at(const Vector& w, Real tolerance) const {
  SideFinder finder(objective_, index(), w, low(), tolerance);
  finder.run();
  return std::move(finder.mode);
}

void KinkedSurface::enter(const Mode& mode, const Vector& w) {
  mode_ = mode;
  piecewise_.set_mode(mode);
  held_.clear();
  for (const Index k : mode.sliding) held_.push_back(index().kink(k));
  pattern_.factors.clear();
  std::size_t k = 0;
  for (int l = 0; l < objective_.network().hidden_layer_count(); ++l) {
    const Vector reach = reach_of(objective_, w, l);
    Matrix factors(reach.size(), objective_.columns().cols());
    for (Index e = 0; e < factors.size(); ++e, ++k) {
      const Side side = mode.sides[k];
      const bool cut = side == Side::sliding || reach[e % reach.size()] == 0;
      factors.data()[e] = cut ? Real(0) : side == Side::above ? Real(1) : low();
    }
    pattern_.factors.push_back(std::move(factors));
  }
  objective_.set_mode(pattern_, held_);
}

void KinkedSurface::retract(Vector& w) {
  if (held_.empty()) return;
  Vector x = GradientFlow::initial_state(w);
  piecewise_.project(x, {});
  w = x.head(w.size());
}

Matrix KinkedSurface::normals(const Vector& w, const std::vector<Kink>& kinks) {
  Vector normal;
  objective_.gradient(w, normal);  // the slopes of the backward pass
  const FeedForwardState& state = *objective_.state_at(w);
  Matrix all(w.size(), static_cast<Index>(kinks.size()));
  for (Index c = 0; c < all.cols(); ++c) {
    UnitGradient unit(objective_.network().layout(), kinks[static_cast<std::size_t>(c)]);
    unit.update(state);
    unit.gradient(state, normal);
    all.col(c) = normal;
  }
  return all;
}

Potential KinkedSurface::potential() {
  Potential potential = potential_of(objective_);
  potential.retract = [this](Vector& w) { retract(w); };
  return potential;
}

KinkedSurface::Strays KinkedSurface::strays(const Vector& w, Real tolerance) {
  const FeedForwardState& state = *objective_.state_at(w);
  Strays strays;
  Index k = 0;
  for (int l = 0; l < objective_.network().hidden_layer_count(); ++l) {
    const Vector reach = reach_of(objective_, w, l);
    const Matrix& z = state.layer(l).z;
    for (Index i = 0; i < z.cols(); ++i) {
      const Real below = state.input_of(l).col(i).norm();
      for (Index j = 0; j < z.rows(); ++j, ++k) {
        const Side side = mode_.side(k);
        const Real unit = reach[j] * below;
        if (side == Side::sliding || unit == 0) continue;
        if (std::abs(z(j, i)) <= tolerance * unit)
          strays.landed.push_back(k);
        else if ((z(j, i) > 0) != (side == Side::above))
          strays.crossed.push_back(k);
      }
    }
  }
  return strays;
}

KinkedSurface::Slopes KinkedSurface::slopes_at(const Vector& w, Choose choose) {
  const bool bounded = choose == Choose::least_gradient;
  Slopes result;
  objective_.sliding_slopes(w, result.slopes);
  const Real slack = kSlidingRounding * (1 - low());
  const auto inside = [&](Real s) { return s >= low() - slack && s <= 1 + slack; };
  // Exact where they exist; the least norm is a search where kinks lie on one path.
  if (bounded && !std::all_of(result.slopes.begin(), result.slopes.end(), inside))
    objective_.least_norm_slopes(w, result.slopes, result.back);
  if (bounded) result.slopes = result.slopes.cwiseMax(low()).cwiseMin(Real(1));
  Vector offset, factor;
  objective_.pattern_scales(w, offset, factor);
  result.pattern = pattern_;
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const auto k = static_cast<Index>(c);
    result.pattern.factors[static_cast<std::size_t>(held_[c].layer)](held_[c].neuron, held_[c].sample) =
        offset[k] + factor[k] * result.slopes[k];
  }
  objective_.set_mode(result.pattern, {});
  objective_.gradient(w, result.gradient);
  const FeedForwardState& state = *objective_.state_at(w);
  result.back.resize(static_cast<Index>(held_.size()));
  for (std::size_t c = 0; c < held_.size(); ++c)
    result.back[static_cast<Index>(c)] =
        factor[static_cast<Index>(c)] * state.layer(held_[c].layer).back(held_[c].neuron, held_[c].sample);
  objective_.set_mode(pattern_, held_);
  return result;
}

}  // namespace saddleflow

// What the loss does along directions that leave the surface of the kinks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/local_minimum.hpp"
#include "saddleflow/piecewise/rays.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// One-sided derivatives along unit vectors are known to this part of the gradient.
constexpr Real kDerivativeNoise = Real(1e-12);

struct LeastMargin {
  Real least = std::numeric_limits<Real>::infinity();
  void look(Real value, Real unit) {
    if (unit > 0) least = std::min(least, value / unit);
  }
};

}  // namespace

std::vector<std::vector<Index>> SlidingManifold::groups() const {
  std::vector<std::vector<Index>> list;
  if (is_flat()) {
    for (const FlatGroup& group : groups_) list.emplace_back(group.members.begin(), group.members.end());
  } else {
    list.emplace_back(kinks_.size());
    std::iota(list.back().begin(), list.back().end(), Index(0));
  }
  return list;
}

bool SlidingManifold::is_independent(const std::vector<Index>& group) const {
  if (!is_flat())
    return deep_basis_.cols() == static_cast<Index>(deep_.size()) &&
           std::none_of(groups_.begin(), groups_.end(), [](const FlatGroup& g) { return g.is_dependent(); });
  const auto same = std::find_if(groups_.begin(), groups_.end(), [&](const FlatGroup& g) {
    return static_cast<Index>(g.members.front()) == group.front();
  });
  return !same->is_dependent();
}

KinkModel SlidingManifold::model(const CutPass& pass, const std::vector<Index>& group) const {
  const FeedForwardState& state = *pass.state;
  const Vector& cut = *pass.cut;
  KinkModel model;
  model.kinks = group;
  Matrix normals;
  Vector gradient;
  if (is_flat()) {
    const Index neuron = kinks_[static_cast<std::size_t>(group.front())].neuron;
    const auto same =
        std::find_if(groups_.begin(), groups_.end(), [&](const FlatGroup& g) { return g.neuron == neuron; });
    normals = same->normals;
    gradient = layout_.matrix(cut, 0).row(neuron).transpose();
  } else {
    normals = this->normals();
    gradient = cut;
  }
  const auto size = static_cast<Index>(group.size());
  PiecewiseLinear& f = model.f;
  f.low = pass.low;
  f.back.resize(size);
  f.back_noise.resize(size);
  f.feed.setZero(size, size);
  for (Index c = 0; c < size; ++c) {
    const Kink& kink = kinks_[static_cast<std::size_t>(group[static_cast<std::size_t>(c)])];
    f.back[c] = state.layer(kink.layer).back(kink.neuron, kink.sample);
    f.back_noise[c] = std::abs(f.back[c]) * (*pass.noise)[kink.sample];
  }
  for (std::size_t d = 0; d < deep_.size(); ++d)
    for (std::size_t j = 0; j < deep_[d]; ++j) {
      const Kink &kink = kinks_[deep_[d]], &earlier = kinks_[j];
      if (earlier.layer < kink.layer && earlier.sample == kink.sample)
        f.feed(static_cast<Index>(deep_[d]), static_cast<Index>(j)) =
            units_[d].back(earlier.layer)[earlier.neuron];
    }
  const Matrix basis = orthonormal_basis(normals);
  f.rows = normals.transpose() * basis;
  f.shift = -normals.transpose() * gradient;
  f.gradient.setZero(basis.cols());
  model.noise = kDerivativeNoise * gradient.norm();
  model.idle = gradient.isZero(0) && f.back.isZero(0);
  return model;
}

// mu_k y_k + b_k sigma(y_k) for y_k = -1 and 1, mu_k its multiplier, b_k with what goes through later kinks.
SlidingManifold::Margins SlidingManifold::independent_margins(const CutPass& pass) const {
  const FeedForwardState& state = *pass.state;
  const Vector& cut = *pass.cut;
  Vector mu;
  multipliers(cut, mu);
  const Vector back = back_of_kinks(state, mu);
  const Vector mu_noise = multiplier_noise(cut), noise = back_noise(back, mu, mu_noise);
  Margins margins{Vector::Constant(mu.size(), std::numeric_limits<Real>::infinity()), {}};
  margins.above = margins.below;
  for (Index k = 0; k < mu.size(); ++k) {
    if (std::abs(back[k]) <= noise[k] && std::abs(mu[k]) <= mu_noise[k]) continue;
    const Real part = (*pass.noise)[kinks_[static_cast<std::size_t>(k)].sample];
    const Real unit = std::abs(mu[k]) + std::abs(back[k]) * (1 + part / kValueRounding);
    margins.below[k] = -(mu[k] + pass.low * back[k]) / unit;
    margins.above[k] = (mu[k] + back[k]) / unit;
  }
  return margins;
}

Real SlidingManifold::margin(const CutPass& pass) const {
  LeastMargin slack;
  const auto all = groups();
  const bool any_independent =
      std::any_of(all.begin(), all.end(), [&](const auto& g) { return is_independent(g); });
  Margins margins;
  if (any_independent) margins = independent_margins(pass);
  for (const std::vector<Index>& group : all) {
    if (is_independent(group)) {
      slack.look(std::min(margins.below(group).minCoeff(), margins.above(group).minCoeff()), 1);
      continue;
    }
    const KinkModel local = model(pass, group);
    const KinkSides sides(group.size(), 0);
    PiecewiseLinear f = derivative_at(local.f, sides);
    f.gradient += minimiser_on_face(local.f, sides);
    for (const Ray& ray : extreme_rays(f).rays) {
      // What is nothing but rounding says nothing.
      if (ray.unit <= local.noise * ray.length) continue;
      slack.look(ray.value, ray.unit);
    }
  }
  return slack.least;
}

std::vector<Index> SlidingManifold::leaving(const CutPass& pass, Real at_most) const {
  std::vector<Index> list;
  const auto all = groups();
  const Margins margins = independent_margins(pass);
  for (const std::vector<Index>& group : all) {
    if (is_independent(group)) {
      for (const Index k : group)
        if (std::min(margins.below[k], margins.above[k]) <= at_most) list.push_back(k);
      continue;
    }
    const KinkModel local = model(pass, group);
    const KinkSides sides(group.size(), 0);
    PiecewiseLinear f = derivative_at(local.f, sides);
    f.gradient += minimiser_on_face(local.f, sides);
    for (const Ray& ray : extreme_rays(f).rays) {
      if (ray.unit <= local.noise * ray.length || ray.value > at_most * ray.unit) continue;
      for (std::size_t c = 0; c < group.size(); ++c)
        if (ray.signals[static_cast<Index>(c)] != 0) list.push_back(group[c]);
    }
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

Real SlidingManifold::drift(const FeedForwardState& state) const {
  Real largest = 0;
  const auto look = [&largest](Real z, Real unit) {
    if (unit > 0) largest = std::max(largest, std::abs(z) / unit);
  };
  for (const FlatGroup& group : groups_) {
    const Vector row = layout_.matrix(state.w, 0).row(group.neuron).transpose();
    look((group.basis.transpose() * row).norm(), row.norm());
  }
  for (const std::size_t d : deep_) {
    const Kink& kink = kinks_[d];
    const auto row = layout_.matrix(state.w, kink.layer).row(kink.neuron);
    look(state.layer(kink.layer).z(kink.neuron, kink.sample),
         row.norm() * state.input_of(kink.layer).col(kink.sample).norm());
  }
  return largest;
}

}  // namespace saddleflow

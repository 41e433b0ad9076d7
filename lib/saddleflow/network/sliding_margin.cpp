// What the loss does along directions that leave the surface of the kinks.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/local_minimum.hpp"
#include "saddleflow/piecewise/rays.hpp"
#include "saddleflow/piecewise/span.hpp"
#include "saddleflow/piecewise/tiny_steps.hpp"

namespace saddleflow {
namespace {

// One-sided derivatives along unit vectors are known to this part of the gradient: rounding of sums over
// weights and samples.
constexpr Real kDerivativeNoise = Real(1e-12);
// Rounding of l' costs a pass, and is asked for where a margin is not far from zero: a margin is at most 1,
// and one this large is not changed in its sign.
constexpr Real kFarFromEnd = Real(0.05);

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
  return !flat_group(group).is_dependent();
}

const SlidingManifold::FlatGroup& SlidingManifold::flat_group(const std::vector<Index>& group) const {
  return *std::find_if(groups_.begin(), groups_.end(), [&](const FlatGroup& g) {
    return static_cast<Index>(g.members.front()) == group.front();
  });
}

KinkModel SlidingManifold::model(const CutPass& pass, const std::vector<Index>& group) const {
  const FeedForwardState& state = *pass.state;
  const Vector& cut = *pass.cut;
  KinkModel model;
  model.kinks = group;
  Matrix normals, basis;
  Vector gradient, known_lengths;
  if (is_flat()) {
    const FlatGroup& flat = flat_group(group);
    normals = flat.normals;
    basis = flat.basis;
    gradient = layout_.matrix(cut, 0).row(flat.neuron).transpose();
  } else {
    normals = this->normals();
    known_lengths = lengths(normals);
    basis = orthonormal_basis(normals, known_lengths);
    gradient = cut;
  }
  const auto size = static_cast<Index>(group.size());
  PiecewiseLinear& f = model.f;
  f.low = pass.low;
  f.back.resize(size);
  f.back_noise.resize(size);
  const Vector rounding = back_rounding(pass);
  f.feed.setZero(size, size);
  for (Index c = 0; c < size; ++c) {
    const Kink& kink = kinks_[static_cast<std::size_t>(group[static_cast<std::size_t>(c)])];
    f.back[c] = state.layer(kink.layer).back(kink.neuron, kink.sample);
    f.back_noise[c] = rounding[group[static_cast<std::size_t>(c)]];
  }
  for (std::size_t d = 0; d < deep_.size(); ++d)
    for (std::size_t j = 0; j < deep_[d]; ++j) {
      const Kink &kink = kinks_[deep_[d]], &earlier = kinks_[j];
      if (earlier.layer < kink.layer && earlier.sample == kink.sample)
        f.feed(static_cast<Index>(deep_[d]), static_cast<Index>(j)) =
            units_[d].back(earlier.layer)[earlier.neuron];
    }
  f.rows = normals.transpose() * basis;
  f.shift = -normals.transpose() * gradient;
  if (!is_flat()) drop_uncertain(f, known_lengths);
  f.gradient.setZero(basis.cols());
  model.noise = std::max(kDerivativeNoise * gradient.norm(), gradient_rounding(pass, group));
  model.idle = gradient.isZero(0) && f.back.isZero(0);
  model.basis = std::move(basis);
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
  const auto margins_with = [&](const Vector& rounding) {
    Margins margins{Vector::Constant(mu.size(), std::numeric_limits<Real>::infinity()), {}};
    margins.above = margins.below;
    for (Index k = 0; k < mu.size(); ++k) {
      if (std::abs(back[k]) <= noise[k] && std::abs(mu[k]) <= mu_noise[k]) continue;
      const Real unit = std::abs(mu[k]) + std::abs(back[k]) + rounding[k] / kValueRounding;
      margins.below[k] = -(mu[k] + pass.low * back[k]) / unit;
      margins.above[k] = (mu[k] + back[k]) / unit;
    }
    return margins;
  };
  const Vector of_back = back_rounding(pass);
  Margins margins = margins_with(of_back);
  // Rounding of the multipliers makes margins smaller, and changes no sign: far from zero it does not matter.
  const bool far =
      margins.below.size() == 0 || std::min(margins.below.minCoeff(), margins.above.minCoeff()) > kFarFromEnd;
  return far ? margins : margins_with(of_back + multiplier_rounding(pass));
}

// The rays of a neuron of the first layer are those of its samples, whatever the weights.
std::shared_ptr<const RayDirections> SlidingManifold::ray_directions(const std::vector<Index>& group,
                                                                     const PiecewiseLinear& f) const {
  if (!is_flat()) {
    RayOptions options;
    options.too_many = too_many_;
    auto directions = std::make_shared<RayDirections>(f, options);
    too_many_ = std::min(too_many_, directions->sampled().value_or(too_many_));
    return directions;
  }
  auto& kept = ray_directions_[flat_group(group).samples];
  if (!kept) kept = std::make_shared<RayDirections>(f);
  return kept;
}

SlidingManifold::Departures SlidingManifold::departures(const CutPass& pass,
                                                        const std::vector<Index>& group) const {
  const KinkModel local = model(pass, group);
  const KinkSides held(group.size(), 0);
  PiecewiseLinear f = derivative_at(local.f, held);
  f.gradient += minimiser_on_face(local.f, held);
  Departures result{ray_directions(group, f), {}, {}};
  result.directions->evaluate(f, result.value, result.unit);
  // What is nothing but rounding says nothing. The rest is measured by the noise, too: a derivative of one
  // term would else jump from its unit to minus its unit where it passes zero.
  for (Index r = 0; r < result.unit.size(); ++r) {
    const Real noise = local.noise * result.directions->length()[r];
    result.unit[r] = result.unit[r] <= noise ? 0 : result.unit[r] + noise / kValueRounding;
  }
  return result;
}

bool SlidingManifold::has_trapped(const std::vector<Index>& group, const std::vector<bool>& trapped) const {
  return !trapped.empty() && std::any_of(group.begin(), group.end(),
                                         [&](Index k) { return trapped[static_cast<std::size_t>(k)]; });
}

/// Whether the ray moves a kink of the list.
bool SlidingManifold::moves(const Departures& rays, Index ray, const std::vector<Index>& group,
                            const std::vector<bool>& list) {
  for (std::size_t c = 0; c < group.size(); ++c)
    if (list[static_cast<std::size_t>(group[c])] &&
        rays.directions->signals()(static_cast<Index>(c), ray) != 0)
      return true;
  return false;
}

// Where the loss falls along no direction that moves a trapped kink, nothing has to be trapped any more.
bool SlidingManifold::stays(const CutPass& pass, const std::vector<Index>& group, const Departures& rays,
                            const std::vector<bool>& trapped) const {
  bool falls = false;
  for (Index r = 0; r < rays.unit.size(); ++r)
    falls = falls || (rays.value[r] < -kValueRounding * rays.unit[r] && moves(rays, r, group, trapped));
  if (!falls) return true;
  std::vector<bool> of_group;
  of_group.reserve(group.size());
  for (const Index k : group) of_group.push_back(trapped[static_cast<std::size_t>(k)]);
  return tiny_steps_stay(model(pass, group).f, of_group);
}

Real SlidingManifold::margin(const CutPass& pass, const std::vector<bool>& trapped) const {
  Real least = std::numeric_limits<Real>::infinity();
  const auto all = groups();
  Margins margins;
  for (const std::vector<Index>& group : all) {
    const bool any_trapped = has_trapped(group, trapped);
    if (!any_trapped && is_independent(group)) {
      if (margins.below.size() == 0) margins = independent_margins(pass);
      least = std::min({least, margins.below(group).minCoeff(), margins.above(group).minCoeff()});
      continue;
    }
    const Departures rays = departures(pass, group);
    for (Index r = 0; r < rays.unit.size(); ++r)
      if (rays.unit[r] > 0 && !(any_trapped && moves(rays, r, group, trapped)))
        least = std::min(least, rays.value[r] / rays.unit[r]);
    if (any_trapped) least = std::min(least, stays(pass, group, rays, trapped) ? Real(1) : Real(-1));
  }
  return least;
}

std::vector<Index> SlidingManifold::leaving(const CutPass& pass, Real at_most,
                                            const std::vector<bool>& trapped) const {
  std::vector<Index> list;
  const auto all = groups();
  const Margins margins = independent_margins(pass);
  for (const std::vector<Index>& group : all) {
    const bool any_trapped = has_trapped(group, trapped);
    if (!any_trapped && is_independent(group)) {
      for (const Index k : group)
        if (std::min(margins.below[k], margins.above[k]) <= at_most) list.push_back(k);
      continue;
    }
    const Departures rays = departures(pass, group);
    for (Index r = 0; r < rays.unit.size(); ++r) {
      if (rays.unit[r] == 0 || rays.value[r] > at_most * rays.unit[r]) continue;
      if (any_trapped && moves(rays, r, group, trapped)) continue;
      for (std::size_t c = 0; c < group.size(); ++c)
        if (rays.directions->signals()(static_cast<Index>(c), r) != 0) list.push_back(group[c]);
    }
    if (!any_trapped || stays(pass, group, rays, trapped)) continue;
    std::copy_if(group.begin(), group.end(), std::back_inserter(list),
                 [&](Index k) { return trapped[static_cast<std::size_t>(k)]; });
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace saddleflow

#include "saddleflow/network/sliding_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// Weights this far from the surface say nothing more about the angles of normals: ten times the drift that is
// allowed at any tolerance. Where it is more, a projection is on its way.
constexpr Real kMostUncertain = Real(1e-9);

}  // namespace

SlidingManifold::SlidingManifold(const Layout& layout, const Matrix& inputs)
    : layout_(layout), inputs_(inputs) {}

void SlidingManifold::set_kinks(const std::vector<Kink>& kinks) {
  // Most changes of a mode are crossings elsewhere; what depends on the weights is update()'s.
  if (kinks == kinks_) return;
  kinks_ = kinks;
  const std::vector<FlatGroup> before = std::move(groups_);
  groups_.clear();
  deep_.clear();
  units_.clear();
  for (std::size_t c = 0; c < kinks_.size(); ++c) {
    const Kink& kink = kinks_[c];
    if (kink.layer > 0) {
      deep_.push_back(c);
      units_.emplace_back(layout_, kink);
      continue;
    }
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const FlatGroup& g) { return g.neuron == kink.neuron; });
    if (group == groups_.end()) group = groups_.insert(group, FlatGroup{kink.neuron, {}, {}, {}, {}, {}});
    group->members.push_back(c);
  }
  for (FlatGroup& group : groups_) {
    const std::vector<Index> samples = samples_of(group);
    const auto same =
        std::find_if(before.begin(), before.end(), [&](const FlatGroup& g) { return g.samples == samples; });
    group.samples = samples;
    if (same != before.end()) {
      group.normals = same->normals;
      group.basis = same->basis;
      group.inverse = same->inverse;
      continue;
    }
    group.normals = inputs_(Eigen::all, samples);
    group.basis = orthonormal_basis(group.normals);
    group.inverse = scaled_pseudo_inverse(group.normals);
  }
  std::set<std::vector<Index>> in_use;
  for (const FlatGroup& group : groups_) in_use.insert(group.samples);
  std::erase_if(ray_directions_, [&](const auto& kept) { return in_use.count(kept.first) == 0; });
  deep_normals_.resize(layout_.size(), static_cast<Index>(deep_.size()));
  deep_lengths_.resize(static_cast<Index>(deep_.size()));
  deep_basis_.resize(layout_.size(), 0);
}

std::vector<Index> SlidingManifold::samples_of(const FlatGroup& group) const {
  std::vector<Index> samples;
  samples.reserve(group.members.size());
  for (const std::size_t c : group.members) samples.push_back(kinks_[c].sample);
  return samples;
}

void SlidingManifold::project_flat(Vector& v) const {
  for (const FlatGroup& group : groups_) {
    MatrixView first = layout_.matrix(v, 0);
    Vector u = first.row(group.neuron).transpose();
    u -= group.basis * (group.basis.transpose() * u);
    first.row(group.neuron) = u.transpose();
  }
}

void SlidingManifold::update(const FeedForwardState& state) {
  if (is_flat()) return;
  Vector normal;
  const std::vector<Real> norms = layer_norms(state);
  const Real known =
      std::clamp(deep_drift(state, norms), std::numeric_limits<Real>::epsilon(), kMostUncertain);
  for (std::size_t d = 0; d < deep_.size(); ++d) {
    units_[d].update(state);
    units_[d].gradient(state, normal);
    deep_normals_.col(static_cast<Index>(d)) = normal;
    deep_lengths_[static_cast<Index>(d)] = length_for_angles(state, units_[d], normal.norm(), known, norms);
  }
  update_tangent();
  deep_basis_ = orthonormal_basis(deep_tangent_, deep_lengths_);
}

/// The deep normals without their part in the span of the flat ones.
void SlidingManifold::update_tangent() {
  deep_tangent_ = deep_normals_;
  Matrix first;  // inputs x deep ones: what the normals say of one neuron's weights
  for (const FlatGroup& group : groups_) {
    auto rows =
        deep_tangent_(Eigen::seqN(group.neuron, layout_.layer(0).cols, layout_.layer(0).rows), Eigen::all);
    first = rows;
    first.noalias() -= group.basis * (group.basis.transpose() * first).eval();
    rows = first;
  }
}

void SlidingManifold::project(Vector& v) const {
  project_flat(v);
  if (deep_basis_.cols() > 0) v -= deep_basis_ * (deep_basis_.transpose() * v);
}

void SlidingManifold::multipliers(const Vector& cut, Vector& mu) const {
  mu.setZero(static_cast<Index>(kinks_.size()));
  Vector rest = cut;
  if (!is_flat()) {
    project_flat(rest);
    // Within the span of what is left of the deep normals the problem is a small one.
    const Vector deep = scaled_least_squares(deep_basis_.transpose() * deep_tangent_, deep_lengths_,
                                             deep_basis_.transpose() * rest);
    for (std::size_t d = 0; d < deep_.size(); ++d)
      mu[static_cast<Index>(deep_[d])] = deep[static_cast<Index>(d)];
    rest = cut - deep_normals_ * deep;
  }
  const ConstMatrixView first = layout_.matrix(static_cast<const Vector&>(rest), 0);
  for (const FlatGroup& group : groups_) {
    const Vector part = group.inverse * first.row(group.neuron).transpose();
    for (std::size_t c = 0; c < group.members.size(); ++c)
      mu[static_cast<Index>(group.members[c])] = part[static_cast<Index>(c)];
  }
}

// dL/da_k with the slopes of later layers in it: s_u b_u = -mu_u.
Vector SlidingManifold::back_of_kinks(const FeedForwardState& state, const Vector& mu) const {
  Vector back(static_cast<Index>(kinks_.size()));
  for (std::size_t c = 0; c < kinks_.size(); ++c) {
    const Kink& kink = kinks_[c];
    Real sum = state.layer(kink.layer).back(kink.neuron, kink.sample);
    for (std::size_t d = 0; d < deep_.size(); ++d) {
      const Kink& later = kinks_[deep_[d]];
      if (later.layer > kink.layer && later.sample == kink.sample)
        sum -= mu[static_cast<Index>(deep_[d])] * units_[d].back(kink.layer)[kink.neuron];
    }
    back[static_cast<Index>(c)] = sum;
  }
  return back;
}

// What rounding may make of multipliers; those of vanishing normals are zero.
Vector SlidingManifold::multiplier_noise(const Vector& cut) const {
  Vector noise(static_cast<Index>(kinks_.size()));
  for (std::size_t c = 0; c < kinks_.size(); ++c)
    noise[static_cast<Index>(c)] = inputs_.col(kinks_[c].sample).norm();
  for (std::size_t d = 0; d < deep_.size(); ++d)
    noise[static_cast<Index>(deep_[d])] = deep_normals_.col(static_cast<Index>(d)).norm();
  const Real unit = kSlidingRounding * cut.norm();
  for (Real& entry : noise) entry = entry > 0 ? unit / entry : Real(0);
  return noise;
}

// And of what comes back to kinks, a difference of what comes back past and through later ones.
Vector SlidingManifold::back_noise(const Vector& back, const Vector& mu, const Vector& mu_noise) const {
  Vector noise = kSlidingRounding * back.cwiseAbs();
  for (std::size_t c = 0; c < kinks_.size(); ++c)
    for (std::size_t d = 0; d < deep_.size(); ++d) {
      const Kink &kink = kinks_[c], &later = kinks_[deep_[d]];
      if (later.layer <= kink.layer || later.sample != kink.sample) continue;
      const auto u = static_cast<Index>(deep_[d]);
      noise[static_cast<Index>(c)] += (2 * kSlidingRounding * std::abs(mu[u]) + mu_noise[u]) *
                                      std::abs(units_[d].back(kink.layer)[kink.neuron]);
    }
  return noise;
}

/// Parameters x kinks.
Matrix SlidingManifold::normals() const {
  Matrix all = Matrix::Zero(layout_.size(), static_cast<Index>(kinks_.size()));
  Vector normal(layout_.size());
  for (const FlatGroup& group : groups_)
    for (std::size_t c = 0; c < group.members.size(); ++c) {
      normal.setZero();
      layout_.matrix(normal, 0).row(group.neuron) = group.normals.col(static_cast<Index>(c)).transpose();
      all.col(static_cast<Index>(group.members[c])) = normal;
    }
  for (std::size_t d = 0; d < deep_.size(); ++d)
    all.col(static_cast<Index>(deep_[d])) = deep_normals_.col(static_cast<Index>(d));
  return all;
}

void SlidingManifold::subtract_curvature(const FeedForwardState& state, const Vector& mu, const Vector& v,
                                         Vector& out) const {
  Vector product;
  for (std::size_t d = 0; d < deep_.size(); ++d) {
    units_[d].curvature_vector(state, v, product);
    out -= mu[static_cast<Index>(deep_[d])] * product;
  }
}

void SlidingManifold::subtract_curvature(const FeedForwardState& state, const Vector& mu, Matrix& out) const {
  if (is_flat()) return;
  Vector unit = Vector::Zero(layout_.size());
  Vector column;
  for (Index j = 0; j < unit.size(); ++j) {
    unit[j] = 1;
    column = out.col(j);
    subtract_curvature(state, mu, unit, column);
    out.col(j) = column;
    unit[j] = 0;
  }
}

void SlidingManifold::project_both_sides(Matrix& h) const {
  for (int side = 0; side < 2; ++side) {
    Vector column;
    for (Index j = 0; j < h.cols(); ++j) {
      column = h.col(j);
      project(column);
      h.col(j) = column;
    }
    h.transposeInPlace();
  }
  h = (h + h.transpose().eval()) / 2;
}

}  // namespace saddleflow

#include "saddleflow/network/sliding_manifold.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

// Multipliers and what comes back to a kink are known to rounding; both below this, a slope is without
// influence.
constexpr Real kNoInfluence = Real(1e-12);

Matrix orthonormal_basis(const Matrix& a) {
  const PivotedQr qr(a);
  Matrix basis = Matrix::Identity(a.rows(), qr.rank());
  qr.apply(basis);
  return basis;
}

}  // namespace

SlidingManifold::SlidingManifold(const Layout& layout, const Matrix& inputs)
    : layout_(layout), inputs_(inputs) {}

void SlidingManifold::set_kinks(const std::vector<Kink>& kinks) {
  kinks_ = kinks;
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
    if (group == groups_.end()) group = groups_.insert(group, FlatGroup{kink.neuron, {}, {}, {}});
    group->members.push_back(c);
  }
  for (FlatGroup& group : groups_) {
    const auto size = static_cast<Index>(group.members.size());
    group.normals.resize(inputs_.rows(), size);
    for (Index c = 0; c < size; ++c)
      group.normals.col(c) = inputs_.col(kinks_[group.members[static_cast<std::size_t>(c)]].sample);
    group.basis = orthonormal_basis(group.normals);
  }
  deep_normals_.resize(layout_.size(), static_cast<Index>(deep_.size()));
  deep_basis_.resize(layout_.size(), 0);
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
  for (std::size_t d = 0; d < deep_.size(); ++d) {
    units_[d].update(state);
    units_[d].gradient(state, normal);
    deep_normals_.col(static_cast<Index>(d)) = normal;
  }
  deep_basis_ = orthonormal_basis(tangent_to_flat());
}

/// The deep normals without their part in the span of the flat ones.
Matrix SlidingManifold::tangent_to_flat() const {
  Matrix normals = deep_normals_;
  Vector column;
  for (Index c = 0; c < normals.cols(); ++c) {
    column = normals.col(c);
    project_flat(column);
    normals.col(c) = column;
  }
  return normals;
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
    const Vector deep = minimum_norm_least_squares(tangent_to_flat(), rest);
    for (std::size_t d = 0; d < deep_.size(); ++d)
      mu[static_cast<Index>(deep_[d])] = deep[static_cast<Index>(d)];
    rest = cut - deep_normals_ * deep;
  }
  const ConstMatrixView first = layout_.matrix(static_cast<const Vector&>(rest), 0);
  for (const FlatGroup& group : groups_) {
    const Vector part = minimum_norm_least_squares(group.normals, first.row(group.neuron).transpose());
    for (std::size_t c = 0; c < group.members.size(); ++c)
      mu[static_cast<Index>(group.members[c])] = part[static_cast<Index>(c)];
  }
}

// What rounding may make of the multipliers; those of vanishing normals are zero.
Vector SlidingManifold::multiplier_noise(const Vector& cut) const {
  Vector noise(static_cast<Index>(kinks_.size()));
  for (std::size_t c = 0; c < kinks_.size(); ++c)
    noise[static_cast<Index>(c)] = inputs_.col(kinks_[c].sample).norm();
  for (std::size_t d = 0; d < deep_.size(); ++d)
    noise[static_cast<Index>(deep_[d])] = deep_normals_.col(static_cast<Index>(d)).norm();
  const Real unit = kNoInfluence * cut.norm();
  for (Real& entry : noise) entry = entry > 0 ? unit / entry : Real(0);
  return noise;
}

// dL/da_k with the slopes of later layers in it: s_u b_u = -mu_u. `noise`: what rounding may make of it, with
// multipliers known to `mu_noise`.
Vector SlidingManifold::back_of_kinks(const FeedForwardState& state, const Vector& mu, const Vector& mu_noise,
                                      Vector& noise) const {
  Vector back(mu.size());
  noise.resize(mu.size());
  for (std::size_t c = 0; c < kinks_.size(); ++c) {
    const Kink& kink = kinks_[c];
    Real sum = state.layer(kink.layer).back(kink.neuron, kink.sample), error = kNoInfluence * std::abs(sum);
    for (std::size_t d = 0; d < deep_.size(); ++d) {
      const Kink& later = kinks_[deep_[d]];
      if (later.layer <= kink.layer || later.sample != kink.sample) continue;
      const auto u = static_cast<Index>(deep_[d]);
      const Real factor = units_[d].back(kink.layer)[kink.neuron];
      sum -= mu[u] * factor;
      error += (kNoInfluence * std::abs(mu[u]) + mu_noise[u]) * std::abs(factor);
    }
    back[static_cast<Index>(c)] = sum;
    noise[static_cast<Index>(c)] = error;
  }
  return back;
}

// Bounded least squares; where its residual says that there are no slopes inside, those at a bound are put
// beyond it by what is missing, so that they leave the interval continuously.
void SlidingManifold::flat_slopes(const FlatGroup& group, const Vector& cut, const Vector& back, Real low,
                                  Real high, Vector& out) const {
  const auto size = static_cast<Index>(group.members.size());
  Matrix columns = group.normals;
  for (Index c = 0; c < size; ++c)
    columns.col(c) *= back[static_cast<Index>(group.members[static_cast<std::size_t>(c)])];
  Vector rest = layout_.matrix(cut, 0).row(group.neuron).transpose();
  rest = group.basis * (group.basis.transpose() * rest);
  const BoundedSolution found =
      bounded_least_squares(columns, -rest, Vector::Constant(size, low), Vector::Constant(size, high),
                            Vector::Constant(size, (low + high) / 2));
  for (Index c = 0; c < size; ++c) {
    Real slope = found.x[c];
    const Real length = columns.col(c).norm();
    if (length > 0 && slope == high) slope += found.residual / length;
    if (length > 0 && slope == low) slope -= found.residual / length;
    out[static_cast<Index>(group.members[static_cast<std::size_t>(c)])] = slope;
  }
}

void SlidingManifold::slopes(const FeedForwardState& state, const Vector& cut, Real low, Real high,
                             Vector& out) const {
  Vector mu;
  multipliers(cut, mu);
  const Vector mu_noise = multiplier_noise(cut);
  Vector noise;
  const Vector back = back_of_kinks(state, mu, mu_noise, noise);
  out.resize(mu.size());
  for (Index c = 0; c < mu.size(); ++c) {
    const bool idle = std::abs(back[c]) <= noise[c] && std::abs(mu[c]) <= mu_noise[c];
    out[c] = idle ? low : -mu[c] / back[c];
  }
  Vector rest = cut;
  for (std::size_t d = 0; d < deep_.size(); ++d)
    rest -= mu[static_cast<Index>(deep_[d])] * deep_normals_.col(static_cast<Index>(d));
  for (const FlatGroup& group : groups_)
    if (group.is_dependent()) flat_slopes(group, rest, back, low, high, out);
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

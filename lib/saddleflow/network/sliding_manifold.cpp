#include "saddleflow/network/sliding_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// Multipliers and what comes back to a kink are known to rounding; where both are no more than this part of
// what they come from, a slope is without influence.
constexpr Real kNoInfluence = Real(1e-12);
// Weights this far from the surface say nothing more about the angles of normals.
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
  deep_basis_ = orthonormal_basis(tangent_to_flat(), deep_lengths_);
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
    const Vector deep = scaled_least_squares(tangent_to_flat(), deep_lengths_, rest);
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
  const Real unit = kNoInfluence * cut.norm();
  for (Real& entry : noise) entry = entry > 0 ? unit / entry : Real(0);
  return noise;
}

// And of what comes back to kinks, a difference of what comes back past and through later ones.
Vector SlidingManifold::back_noise(const Vector& back, const Vector& mu, const Vector& mu_noise) const {
  Vector noise = kNoInfluence * back.cwiseAbs();
  for (std::size_t c = 0; c < kinks_.size(); ++c)
    for (std::size_t d = 0; d < deep_.size(); ++d) {
      const Kink &kink = kinks_[c], &later = kinks_[deep_[d]];
      if (later.layer <= kink.layer || later.sample != kink.sample) continue;
      const auto u = static_cast<Index>(deep_[d]);
      noise[static_cast<Index>(c)] += (2 * kNoInfluence * std::abs(mu[u]) + mu_noise[u]) *
                                      std::abs(units_[d].back(kink.layer)[kink.neuron]);
    }
  return noise;
}

// Where a layer is silent at a sample but for one neuron on its kink, so are all later ones, and their kinks
// lie on this one: they change sides with it.
bool SlidingManifold::leads(const FeedForwardState& state, const Kink& kink) const {
  return kink.layer + 1 < static_cast<int>(state.hidden.size()) &&
         state.layer(kink.layer).a.col(kink.sample).isZero(0);
}

/// dL/dz_k of a kink that leads, on the side where z_k has this sign.
Real SlidingManifold::beside(const FeedForwardState& state, const Kink& kink, Real sign, Real low) const {
  const auto activations = [low](const Vector& z) { return Vector(z.cwiseMax(low * z)); };
  Vector z = Vector::Zero(state.layer(kink.layer).z.rows());
  z[kink.neuron] = sign;
  for (std::size_t l = static_cast<std::size_t>(kink.layer) + 1; l < state.hidden.size(); ++l)
    z = layout_.matrix(state.w, static_cast<int>(l)) * activations(z);
  return sign * activations(z).dot(state.hidden.back().back.col(kink.sample));
}

SlidingManifold::Drive SlidingManifold::drive(const FeedForwardState& state, const Vector& back, Real low,
                                              Real high) const {
  Drive drive{Vector::Zero(back.size()), back};
  for (Index c = 0; c < back.size(); ++c) {
    const Kink& kink = kinks_[static_cast<std::size_t>(c)];
    if (!leads(state, kink)) continue;
    const Real above = beside(state, kink, 1, low), below = beside(state, kink, -1, low);
    drive.factor[c] = (above - below) / (high - low);
    drive.offset[c] = above - high * drive.factor[c];
  }
  return drive;
}

void SlidingManifold::pattern_scales(const FeedForwardState& state, Real low, Real high, Vector& offset,
                                     Vector& factor) const {
  Vector back(static_cast<Index>(kinks_.size()));
  for (std::size_t c = 0; c < kinks_.size(); ++c)
    back[static_cast<Index>(c)] = state.layer(kinks_[c].layer).back(kinks_[c].neuron, kinks_[c].sample);
  const Drive drive = this->drive(state, back, low, high);
  offset.setZero(back.size());
  factor.setOnes(back.size());
  for (Index c = 0; c < back.size(); ++c) {
    if (back[c] == 0 || !leads(state, kinks_[static_cast<std::size_t>(c)])) continue;
    offset[c] = drive.offset[c] / back[c];
    factor[c] = drive.factor[c] / back[c];
  }
}

// Bounded least squares, whose solution is feasible and whose residual is too large where it has not
// converged: nothing then is taken for tangent that is not. Where the residual says that there are no slopes
// inside, those at a bound are put beyond it by what is missing, so that they leave the interval
// continuously.
void SlidingManifold::flat_slopes(const FlatGroup& group, const Vector& cut, const Drive& drive, Real low,
                                  Real high, Vector& out) const {
  const auto size = static_cast<Index>(group.members.size());
  Matrix columns = group.normals;
  Vector rest = layout_.matrix(cut, 0).row(group.neuron).transpose();
  for (Index c = 0; c < size; ++c) {
    const auto k = static_cast<Index>(group.members[static_cast<std::size_t>(c)]);
    rest += drive.offset[k] * columns.col(c);
    columns.col(c) *= drive.factor[k];
  }
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

// The same of dependent normals in later layers (all samples at which one neuron alone feeds another): bounds
// on the multipliers, given b, which changes with those of later layers.
void SlidingManifold::dependent_slopes(const FeedForwardState& state, const Vector& cut, Real low, Real high,
                                       Vector& out) const {
  constexpr int most_rounds = 6;
  const Matrix n = normals();
  Vector normal_part = cut;
  project(normal_part);
  normal_part = cut - normal_part;
  Vector mu, back;
  Drive drive;
  multipliers(cut, mu);
  Real missing = 0;
  for (int round = 0; round < most_rounds; ++round) {
    const Vector before = back;
    back = back_of_kinks(state, mu);
    if (round > 0 && (back - before).norm() <= Real(1e-12) * back.norm()) break;
    drive = this->drive(state, back, low, high);
    const Vector one = -drive.at(low), other = -drive.at(high);
    const BoundedSolution found =
        bounded_least_squares(n, normal_part, one.cwiseMin(other), one.cwiseMax(other), mu);
    mu = found.x;
    missing = found.residual;
  }
  out.resize(mu.size());
  for (Index c = 0; c < mu.size(); ++c) {
    out[c] = drive.factor[c] == 0 ? low : std::clamp(drive.slope(c, mu[c]), low, high);
    const Real length = std::abs(drive.factor[c]) * n.col(c).norm();
    const Real slack = Real(1e-12) * (high - low);
    if (length == 0 || missing <= Real(1e-12) * normal_part.norm()) continue;
    if (out[c] >= high - slack) out[c] += missing / length;
    if (out[c] <= low + slack) out[c] -= missing / length;
  }
}

void SlidingManifold::slopes(const FeedForwardState& state, const Vector& cut, Real low, Real high,
                             Vector& out) const {
  if (deep_basis_.cols() < static_cast<Index>(deep_.size())) {
    dependent_slopes(state, cut, low, high, out);
    return;
  }
  Vector mu;
  multipliers(cut, mu);
  const Vector back = back_of_kinks(state, mu);
  out.resize(mu.size());
  const Drive drive = this->drive(state, back, low, high);
  const Vector mu_noise = multiplier_noise(cut), noise = back_noise(back, mu, mu_noise);
  for (Index c = 0; c < mu.size(); ++c) {
    const bool idle =
        std::abs(drive.factor[c]) <= noise[c] && std::abs(mu[c] + drive.offset[c]) <= mu_noise[c];
    out[c] = idle ? low : drive.slope(c, mu[c]);
  }
  Vector rest = cut;
  for (std::size_t d = 0; d < deep_.size(); ++d)
    rest -= mu[static_cast<Index>(deep_[d])] * deep_normals_.col(static_cast<Index>(d));
  for (const FlatGroup& group : groups_)
    if (group.is_dependent()) flat_slopes(group, rest, drive, low, high, out);
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

// grad z_k with the slopes s below it: the cut one, and what goes through the kinks of earlier layers.
Matrix SlidingManifold::normals_with(const Matrix& cut_normals, const Vector& s) const {
  Matrix n = cut_normals;
  for (std::size_t d = 0; d < deep_.size(); ++d) {
    const auto k = static_cast<Index>(deep_[d]);
    for (Index j = 0; j < k; ++j) {
      const Kink& earlier = kinks_[static_cast<std::size_t>(j)];
      if (earlier.layer < units_[d].kink().layer && earlier.sample == units_[d].kink().sample)
        n.col(k) += s[j] * units_[d].back(earlier.layer)[earlier.neuron] * n.col(j);
    }
  }
  return n;
}

SlidingManifold::Drive SlidingManifold::drive_with(const FeedForwardState& state, const Vector& s, Real low,
                                                   Real high) const {
  Vector mu = Vector::Zero(s.size());
  for (Index k = s.size() - 1; k >= 0; --k)
    mu[k] = -drive(state, back_of_kinks(state, mu), low, high).at(s)[k];
  return drive(state, back_of_kinks(state, mu), low, high);
}

// The gradient is affine in the slopes of one layer: layer by layer, until nothing changes.
void SlidingManifold::least_norm(const FeedForwardState& state, const Vector& cut, Real low, Real high,
                                 Vector& slopes, Vector& back) const {
  constexpr int most_rounds = 30;
  const Matrix cut_normals = normals();
  const auto size = static_cast<Index>(kinks_.size());
  slopes = Vector::Constant(size, (low + high) / 2);
  for (int round = 0; round < most_rounds; ++round) {
    const Vector before = slopes;
    for (Index first = 0, last = 0; first < size; first = last) {
      const int layer = kinks_[static_cast<std::size_t>(first)].layer;
      while (last < size && kinks_[static_cast<std::size_t>(last)].layer == layer) ++last;
      const Drive drive = drive_with(state, slopes, low, high);
      const Matrix columns =
          (normals_with(cut_normals, slopes) * drive.factor.asDiagonal()).middleCols(first, last - first);
      const Vector start = slopes.segment(first, last - first);
      const Vector rest = cut + cut_normals * drive.at(slopes) - columns * start;
      slopes.segment(first, last - first) =
          bounded_least_squares(columns, -rest, Vector::Constant(last - first, low),
                                Vector::Constant(last - first, high), start)
              .x;
    }
    if (is_flat() || (slopes - before).cwiseAbs().maxCoeff() < Real(1e-12)) break;
  }
  back = drive_with(state, slopes, low, high).factor;
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

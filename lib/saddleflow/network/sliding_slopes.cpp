// The slopes of held kinks, which make the gradient tangent to their surface.
#include <algorithm>
#include <cmath>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/network/sliding_manifold.hpp"

namespace saddleflow {
namespace {

// Bounds on multipliers change with the multipliers of later layers: rounds for as many layers of kinks, by
// judgement. What has not settled then is looked for once more at the next evaluation.
constexpr int kRoundsOfBounds = 6;
// Layer by layer the least norm is approached linearly; what is left after so many rounds is not tangent, and
// is seen as a contradiction by those who ask.
constexpr int kRoundsOfLayers = 30;

}  // namespace

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
  const Matrix n = normals();
  Vector normal_part = cut;
  project(normal_part);
  normal_part = cut - normal_part;
  Vector mu, back;
  Drive drive;
  multipliers(cut, mu);
  Real missing = 0;
  for (int round = 0; round < kRoundsOfBounds; ++round) {
    const Vector before = back;
    back = back_of_kinks(state, mu);
    if (round > 0 && (back - before).norm() <= kSlidingRounding * back.norm()) break;
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
    const Real slack = kSlidingRounding * (high - low);
    if (length == 0 || missing <= kSlidingRounding * normal_part.norm()) continue;
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
  const Matrix cut_normals = normals();
  const auto size = static_cast<Index>(kinks_.size());
  slopes = Vector::Constant(size, (low + high) / 2);
  for (int round = 0; round < kRoundsOfLayers; ++round) {
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
    if (is_flat() || (slopes - before).cwiseAbs().maxCoeff() < kSlidingRounding) break;
  }
  back = drive_with(state, slopes, low, high).factor;
}

}  // namespace saddleflow

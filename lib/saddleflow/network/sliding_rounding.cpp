// How precisely the surface of the kinks, and what pushes away from it, are known: how far the weights have
// drifted from it, which normals have a direction, and what rounding of l' makes of derivatives.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "saddleflow/network/gradient_rounding.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// Rounding of l' is asked for where it is more than this part of l': nowhere but at the end of a fit. Less
// than that the margins have room for, see kDerivativeNoise.
constexpr Real kNearFit = Real(1e-12);

}  // namespace

/// What a normal is compared with others in units of: its length, or more where its layers below are all but
/// silent at the sample, so that the direction is not known to normal_tolerance().
Real SlidingManifold::length_for_angles(const FeedForwardState& state, const UnitGradient& unit, Real length,
                                        Real known, const std::vector<Real>& layer_norms) const {
  // No normal is longer than what the norms of the layers allow; most are not much shorter.
  const int top = unit.kink().layer;
  Real forward = inputs_.col(unit.kink().sample).norm(), longest = forward;
  for (std::size_t l = 0; l < static_cast<std::size_t>(top); ++l) {
    forward *= layer_norms[l];
    longest = longest * layer_norms[l + 1] + forward;
  }
  const Real terms = 2 * static_cast<Real>(top + 1);  // sums that follow on one another
  if (length * normal_tolerance() > terms * known * longest) return length;
  return std::max(length, unit.uncertainty(state, known) / normal_tolerance());
}

std::vector<Real> SlidingManifold::layer_norms(const FeedForwardState& state) const {
  std::vector<Real> norms(state.hidden.size());
  for (std::size_t l = 0; l < norms.size(); ++l)
    norms[l] = layout_.matrix(state.w, static_cast<int>(l)).norm();
  return norms;
}

Real SlidingManifold::deep_drift(const FeedForwardState& state, const std::vector<Real>& layer_norms) const {
  Real largest = 0;
  std::vector<Real> forward{1};  // what the norms of the layers allow
  for (std::size_t l = 0; l + 1 < layer_norms.size(); ++l) forward.push_back(forward.back() * layer_norms[l]);
  for (const std::size_t d : deep_) {
    const Kink& kink = kinks_[d];
    // An input that is all but silent is not known better than that.
    const Real silent =
        normal_tolerance() * forward[static_cast<std::size_t>(kink.layer)] * inputs_.col(kink.sample).norm();
    const Real unit = layout_.matrix(state.w, kink.layer).row(kink.neuron).norm() *
                      (state.input_of(kink.layer).col(kink.sample).norm() + silent);
    if (unit > 0)
      largest = std::max(largest, std::abs(state.layer(kink.layer).z(kink.neuron, kink.sample)) / unit);
  }
  return largest;
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
  return is_flat() ? largest : std::max(largest, deep_drift(state, layer_norms(state)));
}

// What rounding may have made of b_k: what it makes of l', through the absolute values of the weights above.
Vector SlidingManifold::back_rounding(const CutPass& pass) const {
  const FeedForwardState& state = *pass.state;
  const auto top = static_cast<int>(state.hidden.size());
  Vector rounding(static_cast<Index>(kinks_.size()));
  std::map<std::pair<Index, int>, Vector> known;  // by column and layer
  for (std::size_t c = 0; c < kinks_.size(); ++c) {
    const Kink& kink = kinks_[c];
    Vector& here = known[{kink.sample, kink.layer}];
    if (here.size() == 0) {
      here = state.outer->pull_back_size(state.w, *pass.noise, kink.sample);
      for (int l = top - 1; l > kink.layer; --l) {
        here = here.cwiseProduct(state.layer(l).slope.col(kink.sample).cwiseAbs()).eval();
        const Matrix absolute = layout_.matrix(state.w, l).cwiseAbs();
        here = (absolute.transpose() * here).eval();
      }
    }
    rounding[static_cast<Index>(c)] = here[kink.neuron];
  }
  return rounding;
}

/// Whether rounding of l' may be more than kNearFit of it at a sample that moves anything: bounded by norms,
/// so that it costs little elsewhere.
bool SlidingManifold::is_near_fit(const CutPass& pass) const {
  const FeedForwardState& state = *pass.state;
  const Real of_weights = state.outer->norm(state.w);
  const Matrix& delta = state.hidden.back().delta;
  for (Index i = 0; i < delta.cols(); ++i) {
    const Real moves = delta.col(i).norm();
    if (moves > 0 && of_weights * pass.noise->col(state.outer->sample_of(i)).norm() > kNearFit * moves)
      return true;
  }
  return false;
}

// Of the weights that the group moves: its neuron's, or all.
Real SlidingManifold::gradient_rounding(const CutPass& pass, const std::vector<Index>& group) const {
  if (!is_near_fit(pass)) return 0;
  const GradientRounding rounding = saddleflow::gradient_rounding(layout_, *pass.state, *pass.noise);
  return is_flat() ? rounding.rows.front()[flat_group(group).neuron] : rounding.all;
}

/// Of all normals, where angles are compared.
Vector SlidingManifold::lengths(const Matrix& normals) const {
  Vector lengths = normals.colwise().norm().transpose();
  for (std::size_t d = 0; d < deep_.size(); ++d)
    lengths[static_cast<Index>(deep_[d])] = deep_lengths_[static_cast<Index>(d)];
  return lengths;
}

/// Normals that are too short for their direction to be known are none.
void SlidingManifold::drop_uncertain(PiecewiseLinear& f, const Vector& lengths) {
  for (Index k = 0; k < f.count(); ++k) {
    if (f.rows.row(k).norm() > normal_tolerance() * lengths[k]) continue;
    f.rows.row(k).setZero();
    f.shift[k] = 0;
  }
}

// What rounding of l' may have made of the multipliers.
Vector SlidingManifold::multiplier_rounding(const CutPass& pass) const {
  Vector rounding = Vector::Zero(static_cast<Index>(kinks_.size()));
  if (!is_near_fit(pass)) return rounding;
  const GradientRounding known = saddleflow::gradient_rounding(layout_, *pass.state, *pass.noise);
  for (const std::vector<Index>& group : groups()) {
    const Real of_gradient = is_flat() ? known.rows.front()[flat_group(group).neuron] : known.all;
    const Matrix normals = is_flat() ? flat_group(group).normals : this->normals();
    for (std::size_t c = 0; c < group.size(); ++c)
      if (const Real length = normals.col(static_cast<Index>(c)).norm(); length > 0)
        rounding[group[c]] = of_gradient / length;
  }
  return rounding;
}

}  // namespace saddleflow

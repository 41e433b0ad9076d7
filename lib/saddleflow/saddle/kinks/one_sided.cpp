#include "saddleflow/saddle/kinks/one_sided.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "saddleflow/base/nearest_in_hull.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/cells.hpp"
#include "saddleflow/piecewise/local_minimum.hpp"

namespace saddleflow {
namespace {

/// L' as a function of the direction: from F of the velocity, which is F's derivative where no kink moves.
OneSidedModel::Group group_of(const SlidingManifold& manifold, const CutPass& pass,
                              const std::vector<Index>& kinks) {
  KinkModel model = manifold.model(pass, kinks);
  const KinkSides held(kinks.size(), 0);
  OneSidedModel::Group group;
  group.f = derivative_at(model.f, held);
  group.f.gradient += minimiser_on_face(model.f, held);
  group.basis = std::move(model.basis);
  group.is_independent = group.f.rows.rows() == group.f.rows.cols();
  if (manifold.is_flat()) group.neuron = manifold.kinks()[static_cast<std::size_t>(kinks.front())].neuron;
  return group;
}

}  // namespace

OneSidedModel::OneSidedModel(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose)
    : layout_(surface.objective().network().layout()),
      pattern_(surface.pattern()),
      kinks_(surface.held()),
      low_(surface.low()) {
  for (const Kink& kink : loose)
    if (std::find(kinks_.begin(), kinks_.end(), kink) == kinks_.end()) kinks_.push_back(kink);
  std::sort(kinks_.begin(), kinks_.end(), [](const Kink& a, const Kink& b) {
    return std::tie(a.layer, a.sample, a.neuron) < std::tie(b.layer, b.sample, b.neuron);
  });
  for (const Kink& kink : kinks_)
    pattern_.factors[static_cast<std::size_t>(kink.layer)](kink.neuron, kink.sample) = 0;
  Objective& objective = surface.objective();
  objective.set_mode(pattern_, kinks_);
  CutPass pass;
  if (const SlidingManifold* manifold = objective.on_kinks(w, pass)) {
    for (const std::vector<Index>& kinks : manifold->groups())
      groups_.push_back(group_of(*manifold, pass, kinks));
    state_ = *pass.state;
    objective.loss().derivative(objective.outputs(w), objective.data().targets, residual_);
  }
  objective.set_mode(surface.pattern(), surface.held());
}

Real OneSidedModel::operator()(const Vector& d) const {
  Matrix da;
  std::size_t c = 0;
  const auto hidden = static_cast<int>(state_.hidden.size());
  for (int l = 0; l < hidden; ++l) {
    Matrix dz = layout_.matrix(d, l) * state_.input_of(l);
    if (l > 0) dz += layout_.matrix(state_.w, l) * da;
    da = pattern_.factors[static_cast<std::size_t>(l)].cwiseProduct(dz);
    for (; c < kinks_.size() && kinks_[c].layer == l; ++c) {
      const Real rate = dz(kinks_[c].neuron, kinks_[c].sample);
      da(kinks_[c].neuron, kinks_[c].sample) = rate > 0 ? rate : low_ * rate;
    }
  }
  return state_.outer->derivative(residual_, state_.w, d, state_.input_of(hidden), da);
}

std::optional<Real> OneSidedModel::distance_from_zero(Index most_cells) const {
  Real squared = 0;
  for (const Group& group : groups_) {
    const Cells around = cells(group.f, most_cells);
    if (!around.complete) return std::nullopt;
    Matrix gradients(group.f.dimension(), static_cast<Index>(around.sides.size()));
    for (Index c = 0; c < gradients.cols(); ++c)
      gradients.col(c) = branch_of(group.f, around.sides[static_cast<std::size_t>(c)]).gradient;
    const NearestInHull nearest = nearest_in_hull(gradients, Vector::Zero(gradients.rows()));
    squared += nearest.distance * nearest.distance;
  }
  return std::sqrt(squared);
}

Vector OneSidedModel::embed(const Group& group, const Vector& c) const {
  if (group.neuron < 0) return group.basis * c;
  Vector direction = Vector::Zero(layout_.size());
  layout_.matrix(direction, 0).row(group.neuron) = (group.basis * c).transpose();
  return direction;
}

}  // namespace saddleflow

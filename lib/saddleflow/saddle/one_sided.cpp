#include "saddleflow/saddle/one_sided.hpp"

namespace saddleflow {

OneSidedModel::OneSidedModel(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose)
    : layout_(surface.objective().network().layout()),
      pattern_(surface.pattern()),
      kinks_(surface.held()),
      loose_(loose),
      low_(surface.low()) {
  Objective& objective = surface.objective();
  objective.set_mode(pattern_, {});
  objective.gradient(w, cut_);
  state_ = *objective.state_at(w);
  objective.loss().derivative(objective.outputs(w), objective.data().targets, residual_);
  objective.set_mode(pattern_, kinks_);
  normals_ = surface.normals(w, kinks_);
  back_.resize(normals_.cols());
  for (Index c = 0; c < back_.size(); ++c) {
    const Kink& kink = kinks_[static_cast<std::size_t>(c)];
    back_[c] = state_.layer(kink.layer).back(kink.neuron, kink.sample);
  }
}

Real OneSidedModel::run(const Vector& d, Vector& rates) const {
  rates.resize(static_cast<Index>(kinks_.size()));
  Matrix da;
  std::size_t c = 0;
  const int last = layout_.layer_count() - 1;
  for (int l = 0; l < last; ++l) {
    Matrix dz = layout_.matrix(d, l) * state_.input_of(l);
    if (l > 0) dz += layout_.matrix(state_.w, l) * da;
    da = pattern_.factors[static_cast<std::size_t>(l)].cwiseProduct(dz);
    for (const Kink& kink : loose_)
      if (kink.layer == l) da(kink.neuron, kink.sample) = branch(dz(kink.neuron, kink.sample));
    for (; c < kinks_.size() && kinks_[c].layer == l; ++c) {
      const Real rate = dz(kinks_[c].neuron, kinks_[c].sample);
      rates[static_cast<Index>(c)] = rate;
      da(kinks_[c].neuron, kinks_[c].sample) = branch(rate);
    }
  }
  const Matrix outputs =
      layout_.matrix(d, last) * state_.input_of(last) + layout_.matrix(state_.w, last) * da;
  return residual_.cwiseProduct(outputs).sum();
}

Real OneSidedModel::operator()(const Vector& d) const {
  Vector rates;
  return run(d, rates);
}

Vector OneSidedModel::rates(const Vector& d) const {
  Vector rates;
  run(d, rates);
  return rates;
}

}  // namespace saddleflow

// How the flow goes on from the kinks that it has reached.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "saddleflow/flow/group_decision.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/ode/switching/transition.hpp"
#include "saddleflow/piecewise/span.hpp"

namespace saddleflow {
namespace {

// A margin from which on what was trapped is held by the loss itself: beyond its rounding, so that it is not
// trapped again at once.
constexpr Real kHeldAgain = Real(1e-3);
// The margin of a slide that has just ended (kEndedSlide), to rounding of the sum that it is.
constexpr Real kEndedToRounding = Real(1e-13);

int sign_of_side(Side side) { return static_cast<int>(side); }

bool is_listed(const std::vector<Index>& list, Index k) {
  return std::find(list.begin(), list.end(), k) != list.end();
}

}  // namespace

// All kinks that are zero, held. Where all activations of a layer vanish at a sample, because its neurons are
// dead there or on their kinks, so do all pre-activations of the next one: these hear nothing but the kinks
// below them.
Mode PiecewiseFlow::hold(const std::vector<Index>& hit) const {
  Mode all = mode_;
  for (const Index k : hit) all.set(k, Side::sliding);
  if (hidden_ == 1) return all;
  std::map<Index, int> lowest;  // layer, of each sample
  for (const Index k : all.sliding) {
    const Kink kink = index_.kink(k);
    const auto [at, isnew] = lowest.try_emplace(kink.sample, kink.layer);
    at->second = std::min(at->second, kink.layer);
  }
  for (const auto& [sample, first] : lowest)
    for (int l = first; l + 1 < hidden_; ++l) {
      bool silent = true, held = false;
      for (Index j = 0; j < layout().layer(l).rows; ++j) {
        const Side side = all.side(index_({l, j, sample}));
        held = held || side == Side::sliding;
        silent = silent && (side == Side::sliding || (side == Side::below && low() == 0));
      }
      if (silent && held)
        for (Index j = 0; j < layout().layer(l + 1).rows; ++j)
          all.set(index_({l + 1, j, sample}), Side::sliding);
    }
  return all;
}

// Where nothing that a kink hears moves or is held any more, it has no choice, and is not held either.
void PiecewiseFlow::leave_dead_samples(const Mode& before, Mode& mode) const {
  if (hidden_ == 1 || low() != 0) return;
  const std::vector<Index> held = mode.sliding;
  for (const Index k : held) {
    const Kink kink = index_.kink(k);
    bool dead = kink.layer > 0;
    for (Index j = 0; dead && j < layout().layer(kink.layer - 1).rows; ++j)
      dead = mode.side(index_({kink.layer - 1, j, kink.sample})) == Side::below;
    if (!dead) continue;
    const Side side = before.side(k);
    mode.set(k, side == Side::sliding ? Side::below : side);
  }
}

// Mostly one kink is hit, and crossed.
bool PiecewiseFlow::cross(const Vector& x, Index hit, Mode& mode) {
  if (mode.side(hit) == Side::sliding) return false;
  mode.set(hit, mode.side(hit) == Side::above ? Side::below : Side::above);
  set_mode(mode);
  Vector rate, unit;
  rates(x, {hit}, rate, unit);
  if (rate[0] * static_cast<Real>(sign_of_side(mode.side(hit))) <= kRateTolerance * unit[0]) return false;
  return margin(x) >= -kSlopeTolerance;
}

std::optional<Decision> PiecewiseFlow::decide(const Vector& x, const std::vector<Index>& hit, Entry entry) {
  if (!flow_.objective().network().traits().kinked()) return std::nullopt;
  const Mode before = mode_;
  if (hit.empty())
    return Decision{.resolved = true, .checked = true, .failure = {}, .mode = before, .branching = {}};
  const Mode all = hold(hit);
  Decision decision;
  std::size_t zero = before.sliding.size();
  for (const Index k : hit) zero += before.side(k) != Side::sliding ? 1 : 0;
  // Where kinks meet, crossing all of them may be one way of several.
  if (entry == Entry::arriving && hit.size() == 1 && all.sliding.size() == zero) {
    decision.mode = before;
    if (cross(x, hit.front(), decision.mode)) {
      decision.resolved = decision.checked = true;
      return decision;
    }
  }
  // Where one slide has ended, another that is about to is mostly taken with it.
  for (const Real ended : {kEndedSlide, kEndedToRounding}) {
    decision = decide_groups(x, hit, before, all, entry, ended);
    set_mode(decision.mode);
    if (decision.resolved) decision.failure = contradiction(x, switches_at_zero(before, decision.mode, hit));
    decision.resolved = decision.checked = decision.failure.empty();
    if (decision.resolved || entry == Entry::starting) break;
  }
  return decision;
}

/// Group after group, each on its own.
Decision PiecewiseFlow::decide_groups(const Vector& x, const std::vector<Index>& hit, const Mode& before,
                                      const Mode& all, Entry entry, Real ended) {
  set_mode(all);
  CutPass pass;
  const SlidingManifold& manifold = *flow_.objective().on_kinks(flow_.weights(x), pass);
  Decision decision;
  decision.mode = before;
  for (const std::vector<Index>& group : manifold.groups()) {
    GroupArrival arrival;
    arrival.ended = ended;
    for (const Index c : group) {
      const Index k = all.sliding[static_cast<std::size_t>(c)];
      arrival.sides.push_back(static_cast<std::int8_t>(sign_of_side(before.side(k))));
      arrival.hit.push_back(is_listed(hit, k));
      arrival.trapped.push_back(before.is_trapped(k));
    }
    if (std::find(arrival.hit.begin(), arrival.hit.end(), true) == arrival.hit.end()) continue;
    const KinkModel model = manifold.model(pass, group);
    if (model.idle) continue;
    const GroupDecision found = decide_group(model, arrival, entry);
    if (!found.resolved)
      decision.failure = fmt::format("no minimum of the local model of {} kinks was found", group.size());
    decision.sampled = decision.sampled || found.sampled;
    for (std::size_t c = 0; c < group.size(); ++c) {
      const Index k = all.sliding[static_cast<std::size_t>(group[c])];
      decision.mode.set(k, static_cast<Side>(found.sides[c]));
      if (found.trapped[c]) decision.mode.trap(k);
    }
    for (const std::size_t c : found.branching)
      decision.branching.push_back(all.sliding[static_cast<std::size_t>(group[c])]);
  }
  leave_dead_samples(before, decision.mode);
  decision.resolved = decision.failure.empty();
  return decision;
}

void PiecewiseFlow::settle(const Vector& x) {
  if (mode_.trapped.empty()) return;
  Mode held = mode_;
  for (const Index k : mode_.trapped) held.set(k, Side::sliding);
  const Mode before = mode_;
  set_mode(held);
  if (margin(x) < kHeldAgain) set_mode(before);
}

// The decision is checked against the network's own rates and margins in the mode.
std::string PiecewiseFlow::contradiction(const Vector& x, const std::vector<Index>& touching) {
  if (!flow_.objective().network().traits().kinked()) return {};
  std::vector<Index> moving;
  for (const Index k : touching)
    if (mode_.side(k) != Side::sliding) moving.push_back(k);
  Vector rate, unit;
  rates(x, moving, rate, unit);
  for (std::size_t c = 0; c < moving.size(); ++c) {
    const auto k = static_cast<Index>(c);
    const Real outwards = rate[k] * static_cast<Real>(sign_of_side(mode_.side(moving[c])));
    if (outwards >= -kReleaseTolerance * unit[k]) continue;
    const Kink kink = index_.kink(moving[c]);
    return fmt::format("neuron {} of layer {} at {} returns to its kink, with a rate of {:.1e} of its unit",
                       kink.neuron, kink.layer,
                       place_text(outer(), outer().sample_of(kink.sample), outer().patch_of(kink.sample)),
                       static_cast<double>(-outwards / unit[k]));
  }
  const Real slide = margin(x);
  if (slide >= -kReleaseTolerance) return {};
  return fmt::format("the loss falls away from the kinks that are held, with a margin of {:.1e}",
                     static_cast<double>(slide));
}

void PiecewiseFlow::complete(const Vector& x, std::vector<Index>& hit) {
  if (!flow_.objective().network().traits().kinked()) return;
  const Vector& w = flow_.weights(x);
  complete_first_layer(w, hit);
  if (hidden_ > 1) complete_all_layers(w, hit);
}

void PiecewiseFlow::complete_first_layer(const Vector& /*w*/, std::vector<Index>& hit) const {
  std::map<Index, std::vector<Index>> samples;  // of the neurons that hit something
  for (const Index k : hit)
    if (const Kink kink = index_.kink(k); kink.layer == 0) samples[kink.neuron].push_back(kink.sample);
  for (auto& [neuron, touched] : samples) {
    for (const Index k : mode_.sliding)
      if (const Kink kink = index_.kink(k); kink.layer == 0 && kink.neuron == neuron)
        touched.push_back(kink.sample);
    const Matrix basis = orthonormal_basis(inputs()(Eigen::all, touched));
    for (Index i = 0; i < inputs().cols(); ++i) {
      const Index k = index_({0, neuron, i});
      if (mode_.side(k) == Side::sliding || is_listed(hit, k) || input_norms_[i] == 0) continue;
      const Vector rest = inputs().col(i) - basis * (basis.transpose() * inputs().col(i));
      if (rest.norm() <= normal_tolerance() * input_norms_[i]) hit.push_back(k);
    }
  }
}

// Pre-activations that are nearly zero, and whose normals lie in the span of those that are: where a neuron
// of a later layer is held at several samples, those of the first one may follow.
void PiecewiseFlow::complete_all_layers(const Vector& w, std::vector<Index>& hit) {
  Objective& objective = flow_.objective();
  objective.gradient(w, gradient_);  // with the slopes that the normals need
  const FeedForwardState& state = *objective.state_at(w);
  std::vector<Index> candidates;
  for (int l = 0; l < hidden_; ++l) {
    const Matrix& z = state.layer(l).z;
    const Vector below = state.input_of(l).colwise().norm().transpose();
    for (Index j = 0; j < z.rows(); ++j) {
      const Real near = normal_tolerance() * reach(w, l, j);
      for (Index i = 0; i < z.cols(); ++i) {
        const Index k = index_({l, j, i});
        if (below[i] > 0 && std::abs(z(j, i)) <= near * below[i] && mode_.side(k) != Side::sliding &&
            !is_listed(hit, k))
          candidates.push_back(k);
      }
    }
  }
  if (candidates.empty()) return;
  const auto normal_of = [&](Index k) {
    UnitGradient unit(layout(), index_.kink(k));
    Vector normal;
    unit.update(state);
    unit.gradient(state, normal);
    return normal;
  };
  std::vector<Index> touched = mode_.sliding;
  for (const Index k : hit)
    if (mode_.side(k) != Side::sliding) touched.push_back(k);
  Matrix normals(w.size(), static_cast<Index>(touched.size()));
  for (std::size_t c = 0; c < touched.size(); ++c) normals.col(static_cast<Index>(c)) = normal_of(touched[c]);
  const Matrix basis = orthonormal_basis(normals);
  for (const Index k : candidates) {
    const Vector normal = normal_of(k);
    const Vector rest = normal - basis * (basis.transpose() * normal);
    if (normal.norm() > 0 && rest.norm() <= normal_tolerance() * normal.norm()) hit.push_back(k);
  }
}

}  // namespace saddleflow

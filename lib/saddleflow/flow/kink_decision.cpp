// How the flow goes on from the kinks that it has reached.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/piecewise/local_minimum.hpp"
#include "saddleflow/piecewise/span.hpp"
#include "saddleflow/piecewise/tiny_steps.hpp"

namespace saddleflow {
namespace {

// Rates are known to rounding, states on a surface to that of the search.
constexpr Real kCrossingRate = Real(1e-10);
// The decision is checked against the rates of the network itself; a kink that has just been released leaves
// with z' = 0, as far as the time of that is known.
constexpr Real kCheckTolerance = Real(1e-6);
// A margin from which on what was trapped is held by the loss itself: beyond its rounding, so that it is not
// trapped again at once.
constexpr Real kHeldAgain = Real(1e-3);
// The margin of a slide that has just ended, see PiecewiseStepper.
constexpr Real kEndedSlide = Real(1e-8);
// A signal below this part of the sum that makes it has no sign; one that was held is so to what holds it.
constexpr Real kNoSign = Real(1e-12);
constexpr Real kHeld = Real(1e-9);
// Minimisers that differ by less than this part of their length are one.
constexpr Real kOnePoint = Real(1e-8);
// Whether gradient descent leaves where a slide ends is asked with this part of what a derivative is made of
// beyond its zero.
constexpr Real kBeyondEnd = Real(0.01);
// Other minimisers are looked for along so many rays.
constexpr std::size_t kBranches = 32;

int sign_of_side(Side side) { return static_cast<int>(side); }

/// One group of kinks on which the trajectory is: from the sides on which it arrives to those on which it
/// goes on.
class GroupDecision {
 public:
  /// `was_trapped`: see Mode::trapped.
  GroupDecision(const KinkModel& model, KinkSides before, std::vector<bool> hit,
                std::vector<bool> was_trapped)
      : f_(model.f),
        before_(std::move(before)),
        hit_(std::move(hit)),
        was_trapped_(std::move(was_trapped)) {
    options_.noise = model.noise;
  }

  /// `arriving`: with the velocity of the sides before; else from rest.
  bool run(bool arriving) {
    KinkSides start(before_.size(), 0);
    Vector c = minimiser_on_face(f_, start);
    if (arriving) {
      c = minimiser_on_face(f_, before_);
      start = before_;
      release(c, start);
      if (stay_) return stay();
      // The time at which the margin is zero, and with it the slopes, are known to the tolerance of the
      // search.
      for (Index k = 0; k < f_.count(); ++k)
        if (before_[static_cast<std::size_t>(k)] == 0 && start[static_cast<std::size_t>(k)] != 0)
          options_.position += kEndedSlide * std::abs(f_.back[k]) * f_.rows.row(k).norm();
      go_on(c, start);
    }
    const bool released = this->released(start);
    if (released) options_.keep = was_trapped_;
    const LocalMinimum found = descend(f_, c, start, options_);
    sides = found.sides;
    resolved = found.found;
    trapped = released ? still_held(was_trapped_) : std::vector<bool>(sides.size(), false);
    if (std::find(trapped.begin(), trapped.end(), true) == trapped.end()) choose(found, arriving, released);
    return resolved;
  }

  bool resolved = false;
  std::vector<bool> trapped;
  KinkSides sides;
  std::vector<std::size_t> branching;  ///< kinks of the group with another side at another minimiser

 private:
  /// A slide that has come to its end: its kinks leave along the rays whose margins have become zero. Where
  /// opposite rays have, because the surface has begun to repel, the flow branches; gradient descent with a
  /// tiny step, which goes to and fro across it, then leaves to either side, with the shares of time that it
  /// has spent there as probabilities: more on the side to which the loss falls less steeply, which is taken.
  void release(const Vector& c, KinkSides& start) {
    const std::vector<Index> zero = held(start);
    PiecewiseLinear local = derivative_at(f_, start);
    local.gradient += c;
    std::vector<const Ray*> leaving;
    const Rays rays = extreme_rays(local);
    for (const Ray& ray : rays.rays) {
      bool ends = false;
      for (std::size_t k = 0; k < zero.size(); ++k)
        ends = ends || (ray.signals[static_cast<Index>(k)] != 0 && hit_[static_cast<std::size_t>(zero[k])]);
      for (std::size_t k = 0; k < zero.size(); ++k)
        ends = ends &&
               !(ray.signals[static_cast<Index>(k)] != 0 && was_trapped_[static_cast<std::size_t>(zero[k])]);
      if (ends && ray.unit > options_.noise * ray.length && ray.value <= kEndedSlide * ray.unit)
        leaving.push_back(&ray);
    }
    std::stable_sort(leaving.begin(), leaving.end(),
                     [](const Ray* a, const Ray* b) { return a->value / a->length > b->value / b->length; });
    if (hears_held(zero) && !leaving.empty() && stay_beyond(rays, leaving, zero)) return;
    for (const Ray* ray : leaving) {
      bool free = true;
      for (std::size_t k = 0; k < zero.size(); ++k)
        free = free &&
               (ray->signals[static_cast<Index>(k)] == 0 || start[static_cast<std::size_t>(zero[k])] == 0);
      for (std::size_t k = 0; free && k < zero.size(); ++k) {
        const Real y = ray->signals[static_cast<Index>(k)];
        if (y != 0) start[static_cast<std::size_t>(zero[k])] = static_cast<std::int8_t>(y > 0 ? 1 : -1);
      }
    }
  }

  /// Whether some kink that is held hears another one: only then is a mean slope more than its share of time.
  bool hears_held(const std::vector<Index>& zero) const {
    return static_cast<Index>(zero.size()) == f_.count() && !f_.feed.isZero(0);
  }

  /// Whether gradient descent stays where the slide should end: its kinks then are trapped.
  bool stay_beyond(const Rays& rays, const std::vector<const Ray*>& leaving, const std::vector<Index>& zero) {
    Vector push = Vector::Zero(f_.dimension());
    for (const Ray* ray : leaving)
      push += kBeyondEnd * ray->unit / (ray->length * ray->length) * rays.direction(*ray);
    if (!tiny_steps_stay_beyond(f_, push)) return false;
    for (const Ray* ray : leaving)
      for (std::size_t k = 0; k < zero.size(); ++k)
        if (ray->signals[static_cast<Index>(k)] != 0) was_trapped_[static_cast<std::size_t>(zero[k])] = true;
    stay_ = true;
    return true;
  }

  /// All take the sides to which the velocity of the arrival carries them. A kink that was held may hear one
  /// that has been hit; those that have just been released have no rate of their own yet.
  void go_on(const Vector& c, KinkSides& start) const {
    const Vector y0 = f_.rows * c + f_.shift, unit = f_.units(c.norm());
    Vector a(f_.count());
    for (Index k = 0; k < f_.count(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      Real y = y0[k];
      if (k > 0) y += f_.feed.row(k).head(k).dot(a.head(k));
      const bool just_released = before_[at] == 0 && start[at] != 0;
      if (!just_released) {
        const bool zero = std::abs(y) <= (before_[at] == 0 ? kHeld : kNoSign) * unit[k];
        start[at] = static_cast<std::int8_t>(zero ? 0 : y > 0 ? 1 : -1);
      }
      a[k] = f_.slope(start[at]) * y;
    }
  }

  bool released(const KinkSides& start) const {
    for (std::size_t k = 0; k < start.size(); ++k)
      if (before_[k] == 0 && start[k] != 0 && hit_[k]) return true;
    return false;
  }

  /// On all kinks, though F begins to fall.
  bool stay() {
    sides.assign(before_.size(), 0);
    trapped = was_trapped_;
    for (std::size_t k = 0; k < trapped.size(); ++k)
      if (trapped[k]) branching.push_back(k);
    return resolved = true;
  }

  std::vector<bool> still_held(std::vector<bool> list) const {
    for (std::size_t k = 0; k < sides.size(); ++k) list[k] = list[k] && sides[k] == 0;
    return list;
  }

  /// Where F has several local minimisers, or gradient descent stays at a place that is none, the flow
  /// branches. At the end of a slide all velocities are still one, and the sides tell them apart.
  void choose(const LocalMinimum& found, bool arriving, bool released) {
    const Vector c = minimiser_on_face(f_, KinkSides(before_.size(), 0));
    const std::vector<KinkSides> ways = ways_out(c);
    // Along one ray there is no choice, unless kinks that were held leave on the way.
    bool leave = !resolved;
    for (std::size_t k = 0; k < sides.size(); ++k) leave = leave || (before_[k] == 0 && sides[k] != 0);
    if (ways.size() < (leave ? 1U : 2U)) return;
    std::vector<LocalMinimum> all;
    if (resolved) all.push_back(found);
    if (arriving && !released) {
      const std::vector<TinyStepsEnd> reached = ends_of_tiny_steps(f_, before_, options_);
      for (const TinyStepsEnd& other : reached) add_distinct(all, other.place, released);
      if (!reached.empty() && (all.size() > 1 || !resolved)) {
        sides = reached.front().place.sides;
        trapped = reached.front().trapped;
        resolved = true;
      }
    }
    for (std::size_t way = 0; way < std::min(ways.size(), kBranches); ++way)
      add_distinct(all, descend(f_, c, ways[way], options_), released);
    for (std::size_t k = 0; all.size() > 1 && k < sides.size(); ++k)
      if (std::any_of(all.begin(), all.end(), [&](const auto& other) { return other.sides[k] != sides[k]; }))
        branching.push_back(k);
  }

  /// Where F falls from the point `c` at which all kinks are held: their sides along each such ray.
  std::vector<KinkSides> ways_out(const Vector& c) const {
    PiecewiseLinear local = derivative_at(f_, KinkSides(before_.size(), 0));
    local.gradient += c;
    std::vector<KinkSides> ways;
    for (const Ray& ray : extreme_rays(local).rays) {
      if (!falls(ray, options_.noise)) continue;
      KinkSides way;
      for (const Real y : ray.signals) way.push_back(static_cast<std::int8_t>((y > 0) - (y < 0)));
      ways.push_back(std::move(way));
    }
    return ways;
  }

  void add_distinct(std::vector<LocalMinimum>& all, const LocalMinimum& other, bool released) const {
    const bool known = std::any_of(all.begin(), all.end(), [&](const LocalMinimum& m) {
      const bool one_point = (m.point - other.point).norm() <= kOnePoint * m.point.norm() + options_.noise;
      return m.sides == other.sides || (one_point && !released);
    });
    if (other.found && !known) all.push_back(other);
  }

  const PiecewiseLinear& f_;
  KinkSides before_;
  std::vector<bool> hit_, was_trapped_;
  bool stay_ = false;
  DescentOptions options_;
};

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
bool PiecewiseFlow::cross(const Vector& x, const std::vector<Index>& hit, Mode& mode) {
  for (const Index k : hit) {
    if (mode.side(k) == Side::sliding) return false;
    mode.set(k, mode.side(k) == Side::above ? Side::below : Side::above);
  }
  set_mode(mode);
  Vector rate, unit;
  rates(x, hit, rate, unit);
  for (std::size_t c = 0; c < hit.size(); ++c) {
    const auto k = static_cast<Index>(c);
    if (rate[k] * static_cast<Real>(sign_of_side(mode.side(hit[c]))) <= kCrossingRate * unit[k]) return false;
  }
  return margin(x) >= -kSlopeTolerance;
}

std::optional<Decision> PiecewiseFlow::decide(const Vector& x, const std::vector<Index>& hit, bool arriving) {
  if (flow_.objective().network().activation().is_smooth()) return std::nullopt;
  const Mode before = mode_;
  if (hit.empty()) return Decision{true, true, {}, before, {}};
  const Mode all = hold(hit);
  Decision decision;
  std::size_t zero = before.sliding.size();
  for (const Index k : hit) zero += before.side(k) != Side::sliding ? 1 : 0;
  if (arriving && all.sliding.size() == zero) {
    decision.mode = before;
    if (cross(x, hit, decision.mode)) {
      decision.resolved = decision.checked = true;
      return decision;
    }
  }
  set_mode(all);
  CutPass pass;
  const SlidingManifold& manifold = *flow_.objective().on_kinks(flow_.weights(x), pass);
  decision.mode = before;
  for (const std::vector<Index>& group : manifold.groups()) {
    KinkSides sides;
    std::vector<bool> is_hit, was_trapped;
    for (const Index c : group) {
      const Index k = all.sliding[static_cast<std::size_t>(c)];
      sides.push_back(static_cast<std::int8_t>(sign_of_side(before.side(k))));
      is_hit.push_back(is_listed(hit, k));
      was_trapped.push_back(before.is_trapped(k));
    }
    if (std::none_of(is_hit.begin(), is_hit.end(), [](bool b) { return b; })) continue;
    const KinkModel model = manifold.model(pass, group);
    if (model.idle) continue;
    GroupDecision group_decision(model, sides, is_hit, was_trapped);
    if (!group_decision.run(arriving))
      decision.failure = fmt::format("no minimum of the local model of {} kinks was found", group.size());
    for (std::size_t c = 0; c < group.size(); ++c) {
      const Index k = all.sliding[static_cast<std::size_t>(group[c])];
      decision.mode.set(k, static_cast<Side>(group_decision.sides[c]));
      if (group_decision.trapped[c]) decision.mode.trap(k);
    }
    for (const std::size_t c : group_decision.branching)
      decision.branching.push_back(all.sliding[static_cast<std::size_t>(group[c])]);
  }
  leave_dead_samples(before, decision.mode);
  set_mode(decision.mode);
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

// By the network's own rates and margins in the mode.
std::string PiecewiseFlow::contradiction(const Vector& x, const std::vector<Index>& touching) {
  if (flow_.objective().network().activation().is_smooth()) return {};
  std::vector<Index> moving;
  for (const Index k : touching)
    if (mode_.side(k) != Side::sliding) moving.push_back(k);
  Vector rate, unit;
  rates(x, moving, rate, unit);
  for (std::size_t c = 0; c < moving.size(); ++c) {
    const auto k = static_cast<Index>(c);
    const Real outwards = rate[k] * static_cast<Real>(sign_of_side(mode_.side(moving[c])));
    if (outwards >= -kCheckTolerance * unit[k]) continue;
    const Kink kink = index_.kink(moving[c]);
    return fmt::format(
        "neuron {} of layer {} at sample {} returns to its kink, with a rate of {:.1e} of its unit",
        kink.neuron, kink.layer, kink.sample, static_cast<double>(-outwards / unit[k]));
  }
  const Real slide = margin(x);
  if (slide >= -kCheckTolerance) return {};
  return fmt::format("the loss falls away from the kinks that are held, with a margin of {:.1e}",
                     static_cast<double>(slide));
}

void PiecewiseFlow::complete(const Vector& x, std::vector<Index>& hit) {
  if (flow_.objective().network().activation().is_smooth()) return;
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

#include "saddleflow/flow/group_decision.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/piecewise/local_minimum.hpp"
#include "saddleflow/piecewise/rays.hpp"
#include "saddleflow/piecewise/tiny_steps.hpp"

namespace saddleflow {
namespace {

// A signal below this part of the sum that makes it has no sign: rounding of it. One that was held is known
// to what holds it, a solution of least squares, which loses some digits more.
constexpr Real kNoSign = Real(1e-12);
constexpr Real kHeld = Real(1e-9);
// Minimisers that differ by less than this part of their length are one: as normals are that differ by so
// little (normal_tolerance()).
constexpr Real kOnePoint = Real(1e-8);
// Whether gradient descent leaves where a slide ends is asked with this part of what a derivative is made of
// beyond its zero: enough to be seen within the steps that are followed, little enough to be the same place.
constexpr Real kBeyondEnd = Real(0.01);
// So many runs of tiny steps must come to the minimiser where no other is known. With two the census of 600
// problems comes out the same.
constexpr int kAgreeingWhereAlone = 1;
// Other minimisers are looked for along so many rays, a descent each: by judgement; a branching that needs
// more is found, if not with all of its ways.
constexpr std::size_t kBranches = 32;

/// One group of kinks on which the trajectory is: from the sides on which it arrives to those on which it
/// goes on.
class GroupSearch {
 public:
  GroupSearch(const KinkModel& model, const GroupArrival& arrival)
      : f_(model.f),
        before_(arrival.sides),
        hit_(arrival.hit),
        was_trapped_(arrival.trapped),
        ended_(arrival.ended) {
    options_.noise = model.noise;
  }

  GroupDecision run(Entry entry) {
    decide(entry);
    return std::move(result_);
  }

 private:
  /// Whether kinks that were held have been let go.
  enum class Slide { goes_on, ended };

  void decide(Entry entry) {
    KinkSides start(before_.size(), 0);
    Vector c = minimiser_on_face(f_, start);
    if (entry == Entry::arriving) {
      c = minimiser_on_face(f_, before_);
      start = before_;
      release(c, start);
      if (stay_) return stay();
      // The time at which the margin is zero, and with it the slopes, are known to the tolerance of the
      // search.
      for (Index k = 0; k < f_.count(); ++k)
        if (before_[static_cast<std::size_t>(k)] == 0 && start[static_cast<std::size_t>(k)] != 0)
          options_.position += ended_ * std::abs(f_.back[k]) * f_.rows.row(k).norm();
      go_on(c, start);
    }
    const bool released = this->released(start);
    if (released) options_.keep = was_trapped_;
    const LocalMinimum found = descend(f_, c, start, options_);
    result_.sampled = result_.sampled || !found.exact;
    result_.sides = found.sides;
    result_.resolved = found.found;
    result_.trapped = released ? still_held(was_trapped_) : std::vector<bool>(before_.size(), false);
    if (std::find(result_.trapped.begin(), result_.trapped.end(), true) == result_.trapped.end())
      choose(found, entry, released ? Slide::ended : Slide::goes_on);
  }

  /// A slide that has come to its end: its kinks leave along the rays whose margins have become zero. Where
  /// opposite rays have, because the surface has begun to repel, the flow branches; gradient descent with a
  /// tiny step, which goes to and fro across it, then leaves to either side, with the shares of time that it
  /// has spent there as probabilities: more on the side to which the loss falls less steeply, which is taken.
  void release(const Vector& c, KinkSides& start) {
    const std::vector<Index> zero = held(start);
    PiecewiseLinear local = derivative_at(f_, start);
    local.gradient += c;
    const Rays rays = extreme_rays(local);
    result_.sampled = result_.sampled || !rays.complete;
    const std::vector<const Ray*> leaving = ended(rays, zero);
    if (are_coupled(leaving, zero) && !leaving.empty() && stay_beyond(rays, leaving, zero)) return;
    for (const Ray* ray : leaving) {
      bool free = true, other = false;
      for (std::size_t k = 0; k < zero.size(); ++k) {
        const Real y = ray->signals[static_cast<Index>(k)];
        const std::int8_t taken = start[static_cast<std::size_t>(zero[k])];
        free = free && (y == 0 || taken == 0);
        other = other || (y != 0 && taken != 0 && (y > 0) != (taken > 0));
      }
      for (std::size_t k = 0; k < zero.size(); ++k) {
        const Real y = ray->signals[static_cast<Index>(k)];
        if (y != 0 && free)
          start[static_cast<std::size_t>(zero[k])] = static_cast<std::int8_t>(y > 0 ? 1 : -1);
        if (y != 0 && other) branch(static_cast<std::size_t>(zero[k]));
      }
    }
  }

  /// Those whose margins have become zero, and which leave what is trapped: the least steep first.
  std::vector<const Ray*> ended(const Rays& rays, const std::vector<Index>& zero) const {
    std::vector<const Ray*> list;
    for (const Ray& ray : rays.rays)
      if (moves_any(ray, zero, hit_) && !moves_any(ray, zero, was_trapped_) &&
          ray.unit > options_.noise * ray.length && has_ended(ray, zero))
        list.push_back(&ray);
    std::stable_sort(list.begin(), list.end(),
                     [](const Ray* a, const Ray* b) { return a->value / a->length > b->value / b->length; });
    return list;
  }

  static bool moves_any(const Ray& ray, const std::vector<Index>& zero, const std::vector<bool>& kinks) {
    for (std::size_t k = 0; k < zero.size(); ++k)
      if (ray.signals[static_cast<Index>(k)] != 0 && kinks[static_cast<std::size_t>(zero[k])]) return true;
    return false;
  }

  void branch(std::size_t k) {
    std::vector<std::size_t>& list = result_.branching;
    if (std::find(list.begin(), list.end(), k) == list.end()) list.push_back(k);
  }

  /// To the tolerance of the search, and to what is rounding of the kinks' own, which is no larger for that.
  bool has_ended(const Ray& ray, const std::vector<Index>& zero) const {
    const Real rounding = ray.signals.cwiseAbs().dot(f_.back_noise(zero).cwiseAbs());
    return ray.value <= ended_ * (ray.unit - rounding / kValueRounding) + rounding;
  }

  /// Whether a kink that leaves hears one that is held, or is heard by one, or cannot move without others:
  /// only then are the mean slopes of steps to and fro more than shares of time.
  bool are_coupled(const std::vector<const Ray*>& leaving, const std::vector<Index>& zero) const {
    if (static_cast<Index>(zero.size()) != f_.count()) return false;
    if (f_.dimension() < f_.count()) return true;
    for (const Ray* ray : leaving)
      for (Index k = 0; k < f_.count(); ++k)
        if (ray->signals[k] != 0 && !(f_.feed.row(k).isZero(0) && f_.feed.col(k).isZero(0))) return true;
    return false;
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
  void stay() {
    result_.resolved = true;
    result_.sides.assign(before_.size(), 0);
    result_.trapped = was_trapped_;
    for (std::size_t k = 0; k < was_trapped_.size(); ++k)
      if (was_trapped_[k]) branch(k);
  }

  std::vector<bool> still_held(std::vector<bool> list) const {
    for (std::size_t k = 0; k < list.size(); ++k) list[k] = list[k] && result_.sides[k] == 0;
    return list;
  }

  /// Where F has several local minimisers, or gradient descent stays at a place that is none, the flow
  /// branches. At the end of a slide all velocities are still one, and the sides tell them apart.
  void choose(const LocalMinimum& found, Entry entry, Slide slide) {
    const bool passing = entry == Entry::arriving && slide == Slide::goes_on;
    const Vector c = minimiser_on_face(f_, KinkSides(before_.size(), 0));
    const std::vector<KinkSides> ways = ways_out(c);
    // Along one ray there is no choice, unless kinks that were held leave on the way.
    bool leave = !result_.resolved;
    for (std::size_t k = 0; k < result_.sides.size(); ++k)
      leave = leave || (before_[k] == 0 && result_.sides[k] != 0);
    if (ways.size() < (leave ? 1U : 2U) || (passing && has_one_way())) return;
    std::vector<LocalMinimum> all;
    if (result_.resolved) all.push_back(found);
    for (std::size_t way = 0; way < std::min(ways.size(), kBranches); ++way)
      add_distinct(all, descend(f_, c, ways[way], options_), slide);
    if (passing && (all.size() > 1 || !result_.resolved || are_coupled())) follow_tiny_steps(found, all);
    for (std::size_t k = 0; all.size() > 1 && k < result_.sides.size(); ++k)
      if (std::any_of(all.begin(), all.end(),
                      [&](const auto& other) { return other.sides[k] != result_.sides[k]; }))
        branch(k);
  }

  void follow_tiny_steps(const LocalMinimum& found, std::vector<LocalMinimum>& all) {
    TinyStepsOptions how;
    if (all.size() == 1) how.agreeing = kAgreeingWhereAlone;
    const std::vector<TinyStepsEnd> reached = ends_of_tiny_steps(f_, before_, found, options_, how);
    for (const TinyStepsEnd& other : reached) add_distinct(all, other.place, Slide::goes_on);
    if (reached.empty() || (all.size() == 1 && result_.resolved)) return;
    result_.sides = reached.front().place.sides;
    result_.trapped = reached.front().trapped;
    result_.resolved = true;
  }

  /// Kinks that hear one another, or depend on one another: only there can tiny steps stay at a place that is
  /// no minimiser, see the other are_coupled().
  bool are_coupled() const { return f_.dimension() < f_.count() || !f_.feed.isZero(0); }

  /// Whether F is convex on the far side of the kink that has been hit. On the near one, where the velocity
  /// of the arrival was the minimiser, F then has no other that lies within: there is one, and gradient
  /// descent goes to it.
  bool has_one_way() const {
    if (!f_.feed.isZero(0) || std::count(hit_.begin(), hit_.end(), true) != 1) return false;
    for (std::size_t k = 0; k < hit_.size(); ++k)
      if (hit_[k] ? before_[k] == 0 : f_.back[static_cast<Index>(k)] < 0) return false;
    return true;
  }

  /// Where F falls from the point `c` at which all kinks are held: their sides along each such ray.
  std::vector<KinkSides> ways_out(const Vector& c) {
    PiecewiseLinear local = derivative_at(f_, KinkSides(before_.size(), 0));
    local.gradient += c;
    std::vector<KinkSides> ways;
    const Rays rays = extreme_rays(local);
    result_.sampled = result_.sampled || !rays.complete;
    for (const Ray& ray : rays.rays) {
      if (!falls(ray, options_.noise)) continue;
      KinkSides way;
      for (const Real y : ray.signals) way.push_back(static_cast<std::int8_t>((y > 0) - (y < 0)));
      ways.push_back(std::move(way));
    }
    return ways;
  }

  void add_distinct(std::vector<LocalMinimum>& all, const LocalMinimum& other, Slide slide) const {
    const bool known = std::any_of(all.begin(), all.end(), [&](const LocalMinimum& m) {
      const bool one_point = (m.point - other.point).norm() <= kOnePoint * m.point.norm() + options_.noise;
      return m.sides == other.sides || (one_point && slide == Slide::goes_on);
    });
    if (other.found && !known) all.push_back(other);
  }

  const PiecewiseLinear& f_;
  KinkSides before_;
  std::vector<bool> hit_, was_trapped_;
  Real ended_;
  bool stay_ = false;
  DescentOptions options_;
  GroupDecision result_;
};

}  // namespace

GroupDecision decide_group(const KinkModel& model, const GroupArrival& arrival, Entry entry) {
  return GroupSearch(model, arrival).run(entry);
}

}  // namespace saddleflow

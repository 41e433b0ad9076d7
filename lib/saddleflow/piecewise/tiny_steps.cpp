#include "saddleflow/piecewise/tiny_steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "saddleflow/base/random.hpp"

namespace saddleflow {
namespace {

// Signals of what is held vanish in the mean to about one step of those that are counted, half of `leaving`:
// with five, as kinks go to and fro together.
constexpr Real kMeanOfSteps = Real(0.01);
// And to this many steps over the length of the windows, where the means of two that are far apart are
// compared.
constexpr Real kMeanOfWindows = 1;
// Most runs need no more than the first of these windows; what is trapped shows in the last.
constexpr std::array kPartsOfWindow = {16, 4, 1};
// While a trajectory stays the windows are shorter. Half a step over `watching`: to see a kink leave too soon
// ends a slide, to see it later costs another look.
constexpr Real kMeanOfWatching = Real(5e-4);
// Where a slide has ended a push is followed by all of itself; where it goes on, by nothing. Between the two,
// above what the means are known to.
constexpr Real kGainWhereLeft = Real(0.1);
// Of how many phases at the end of a slide most decide: the fewest that outvote one.
constexpr int kPhasesOfEnding = 3;

/// What all steps on f share. With t_k = df / d(linear part of z_k) a step moves the linear parts of the z_k
/// by -rows rows^T t - rows gradient + shift. So only these numbers, one a kink, have to be followed.
struct StepModel {
  struct Feed {
    Index to, from;
    Real weight;
  };

  explicit StepModel(const PiecewiseLinear& function)
      : f(function), gram(f.rows * f.rows.transpose()), drift(f.shift - f.rows * f.gradient) {
    for (Index k = 1; k < f.count(); ++k)
      for (Index j = 0; j < k; ++j)
        if (f.feed(k, j) != 0) feeds.push_back({k, j, f.feed(k, j)});
  }

  /// The velocity of a (mean) derivative t.
  Vector velocity(const Vector& t) const { return -f.gradient - f.rows.transpose() * t; }

  const PiecewiseLinear& f;
  Matrix gram;
  Vector drift;
  std::vector<Feed> feeds;  // by `to`
};

/// Gradient descent on f with steps of length 1.
class TinySteps {
 public:
  /// At z_k = `signals` moved by an `offset` in the space of the rows.
  TinySteps(const StepModel& model, const Vector& signals, const Vector& offset)
      : model_(model), linear_(signals + model.f.rows * offset), z_(signals), t_(signals.size()) {
    for (const StepModel::Feed& feed : model.feeds)
      linear_[feed.to] -= feed.weight * model.f.branch(signals[feed.from]);
  }

  /// The derivative of f in the linear parts of the z_k, against which the step has been made.
  const Vector& step() {
    const PiecewiseLinear& f = model_.f;
    z_ = linear_;
    for (const StepModel::Feed& feed : model_.feeds) z_[feed.to] += feed.weight * f.branch(z_[feed.from]);
    t_ = f.back;
    auto feed = model_.feeds.rbegin();
    for (Index k = f.count() - 1; k >= 0; --k) {
      // What hears z_k has its t already.
      t_[k] *= z_[k] > 0 ? Real(1) : f.low;
      for (; feed != model_.feeds.rend() && feed->to == k; ++feed) t_[feed->from] += feed->weight * t_[k];
    }
    linear_ += model_.drift;
    linear_.noalias() -= model_.gram * t_;
    return t_;
  }

  const StepModel& model() const { return model_; }

 private:
  const StepModel& model_;
  Vector linear_, z_, t_;
};

/// What a step across a kink is of the order of.
Real step_length(const PiecewiseLinear& f, const Vector& arrival) {
  Real length = arrival.norm();
  for (Index k = 0; k < f.count(); ++k) length = std::max(length, std::abs(f.back[k]) * f.rows.row(k).norm());
  return length;
}

/// Gradient descent that arrives with the kinks on the sides `before`, until it has met the others.
TinySteps arrive(const StepModel& model, const KinkSides& before, const TinyStepsOptions& options,
                 Random& random) {
  const PiecewiseLinear& f = model.f;
  const Vector arrival = minimiser_on_face(f, before);
  const int arriving = options.arriving + static_cast<int>(random.uniform() * options.arriving);
  Vector signals = -static_cast<Real>(arriving) * f.signals(arrival, before);
  for (Index k = 0; k < f.count(); ++k)
    if (before[static_cast<std::size_t>(k)] == 0) signals[k] = 0;
  const Vector offset = step_length(f, arrival) * random.normal_matrix(f.dimension(), 1);
  TinySteps descent(model, signals, offset);
  for (int n = 0; n < arriving; ++n) descent.step();
  return descent;
}

/// Where no kink passes what nothing holds back: the mean velocity of the last half of the steps.
Vector velocity_afterwards(TinySteps& descent, int leaving) {
  for (int n = 0; n < leaving / 2; ++n) descent.step();
  const int counted = leaving - leaving / 2;
  Vector sum = descent.step();
  for (int n = 1; n < counted; ++n) sum += descent.step();
  return descent.model().velocity(sum / static_cast<Real>(counted));
}

/// The same over a longer time, from the mean positions of two windows, whose middles are three windows
/// apart: to and fro cancels in them.
Vector velocity_in_the_long_run(TinySteps& descent, int window) {
  Vector gone = descent.step();
  const auto mean_position = [&] {
    Vector sum = Vector::Zero(gone.size());
    for (int n = 0; n < window; ++n) sum += (gone += descent.step());
    return Vector(sum / static_cast<Real>(window));
  };
  const Vector first = mean_position();
  for (int n = 0; n < 2 * window; ++n) gone += descent.step();
  return descent.model().velocity((mean_position() - first) / static_cast<Real>(3 * window));
}

/// Sides of a velocity that is a mean over chattering steps, known to this part of its units.
KinkSides sides_of(const PiecewiseLinear& f, const Vector& v, Real known) {
  const Vector y = f.signals(v), unit = f.units(step_length(f, v));
  KinkSides sides(static_cast<std::size_t>(f.count()), 0);
  for (Index k = 0; k < f.count(); ++k)
    if (std::abs(y[k]) > known * unit[k])
      sides[static_cast<std::size_t>(k)] = static_cast<std::int8_t>(y[k] > 0 ? 1 : -1);
  return sides;
}

/// Those that move along rays from the minimiser `c` of a face along which F falls.
std::vector<bool> unstable_kinks(const PiecewiseLinear& f, const Vector& c, const KinkSides& sides,
                                 const DescentOptions& options) {
  PiecewiseLinear local = derivative_at(f, sides);
  local.gradient += c;
  const std::vector<Index> zero = held(sides);
  std::vector<bool> unstable(sides.size(), false);
  for (const Ray& ray : extreme_rays(local, options.rays).rays)
    for (std::size_t k = 0; falls(ray, options.noise) && k < zero.size(); ++k)
      if (ray.signals[static_cast<Index>(k)] != 0) unstable[static_cast<std::size_t>(zero[k])] = true;
  return unstable;
}

/// Whether steps that are known to this part of their units cannot tell the velocities of these sides from
/// the minimum's: a kink that leaves more slowly than that has not yet been seen to leave.
bool look_alike(const PiecewiseLinear& f, const LocalMinimum& minimum, const KinkSides& sides, Real known) {
  const Vector y = f.signals(minimum.point), unit = f.units(step_length(f, minimum.point));
  for (std::size_t k = 0; k < sides.size(); ++k) {
    const auto at = static_cast<Index>(k);
    if (minimum.sides[k] != sides[k] && !(sides[k] == 0 && std::abs(y[at]) <= 2 * known * unit[at]))
      return false;
  }
  return true;
}

/// One run. Where its velocity is no local minimiser of F, it is slow to leave, or trapped.
TinyStepsEnd end_of_run(const PiecewiseLinear& f, TinySteps& run, const DescentOptions& descent,
                        const TinyStepsOptions& options) {
  const auto minimum_near = [&](const KinkSides& sides) {
    return descend(f, minimiser_on_face(f, sides), sides, descent);
  };
  const std::vector<bool> none(static_cast<std::size_t>(f.count()), false);
  KinkSides sides = sides_of(f, velocity_afterwards(run, options.leaving), kMeanOfSteps);
  LocalMinimum minimum = minimum_near(sides);
  // What not even the longest window tells apart is not waited for.
  const Real told_apart = kMeanOfWindows / static_cast<Real>(options.window);
  const auto arrived = [&] { return minimum.found && look_alike(f, minimum, sides, told_apart); };
  for (const int part : kPartsOfWindow) {
    if (arrived()) return {minimum, none};
    const int window = options.window / part;
    sides = sides_of(f, velocity_in_the_long_run(run, window), kMeanOfWindows / static_cast<Real>(window));
    minimum = minimum_near(sides);
  }
  if (arrived()) return {minimum, none};
  const Vector c = minimiser_on_face(f, sides);
  if (!agrees_with_sides(f, c, sides, descent.noise)) return {minimum, none};
  return {.place = {.point = c, .sides = sides, .found = true, .exact = true},
          .trapped = unstable_kinks(f, c, sides, descent)};
}

}  // namespace

std::vector<TinyStepsEnd> ends_of_tiny_steps(const PiecewiseLinear& f, const KinkSides& before,
                                             const LocalMinimum& expected, const DescentOptions& descent,
                                             const TinyStepsOptions& options) {
  const StepModel model(f);
  Random random(options.seed);
  std::vector<std::pair<int, TinyStepsEnd>> found;  // with its votes
  int most_votes = 0;
  bool as_expected = expected.found;
  const auto is_decided = [&] {
    return 2 * most_votes > options.phases || (as_expected && most_votes == options.agreeing);
  };
  for (int phase = 0; phase < options.phases && !is_decided(); ++phase) {
    TinySteps run = arrive(model, before, options, random);
    TinyStepsEnd end = end_of_run(f, run, descent, options);
    as_expected = as_expected && end.place.found && end.place.sides == expected.sides;
    if (!end.place.found) continue;
    const auto known = std::find_if(found.begin(), found.end(), [&](const auto& other) {
      return other.second.place.sides == end.place.sides && other.second.trapped == end.trapped;
    });
    const int votes = known == found.end() ? 1 : ++known->first;
    if (known == found.end()) found.emplace_back(1, std::move(end));
    most_votes = std::max(most_votes, votes);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<TinyStepsEnd> list;
  list.reserve(found.size());
  for (auto& [votes, end] : found) list.push_back(std::move(end));
  return list;
}

bool tiny_steps_stay_beyond(const PiecewiseLinear& f, const Vector& push, const TinyStepsOptions& options) {
  Random random(options.seed);
  PiecewiseLinear beyond = f;
  beyond.gradient -= push;
  const StepModel model(beyond);
  const KinkSides all(static_cast<std::size_t>(f.count()), 0);
  const Vector held = minimiser_on_face(f, all);
  int stay = 0, leave = 0;
  while (2 * std::max(stay, leave) < kPhasesOfEnding) {
    TinySteps run = arrive(model, all, options, random);
    const Vector gained = velocity_in_the_long_run(run, options.ending) - held;
    ++(gained.dot(push) < kGainWhereLeft * push.squaredNorm() ? stay : leave);
  }
  return stay > leave;
}

bool tiny_steps_stay(const PiecewiseLinear& f, const std::vector<bool>& trapped,
                     const TinyStepsOptions& options) {
  const StepModel model(f);
  Random random(options.seed);
  const KinkSides all(static_cast<std::size_t>(f.count()), 0);
  for (int phase = 0; phase < options.phases; ++phase) {
    TinySteps run = arrive(model, all, options, random);
    const KinkSides sides = sides_of(f, velocity_in_the_long_run(run, options.watching), kMeanOfWatching);
    bool stays = true;
    for (std::size_t k = 0; stays && k < sides.size(); ++k) stays = !trapped[k] || sides[k] == 0;
    if (stays) return true;
  }
  return false;
}

}  // namespace saddleflow

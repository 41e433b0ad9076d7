#include "saddleflow/piecewise/tiny_steps.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/base/random.hpp"

namespace saddleflow {
namespace {

// Signals of what is held vanish in the mean to about one step of those that are counted.
constexpr Real kMeanOfSteps = Real(0.01);

/// Gradient descent on f with steps of length 1.
class TinySteps {
 public:
  /// At z_k = `signals` moved by an `offset` in the space of the rows.
  TinySteps(const PiecewiseLinear& f, const Vector& signals, const Vector& offset)
      : f_(f), linear_(signals), z_(signals) {
    for (Index k = 1; k < f.count(); ++k)
      for (Index j = 0; j < k; ++j) linear_[k] -= f.feed(k, j) * f.branch(signals[j]);
    linear_ += f.rows * offset;
  }

  /// The velocity, whose step has been made.
  const Vector& step() {
    for (Index k = 0; k < f_.count(); ++k) {
      z_[k] = linear_[k];
      for (Index j = 0; j < k; ++j)
        if (f_.feed(k, j) != 0) z_[k] += f_.feed(k, j) * f_.branch(z_[j]);
    }
    Vector through(f_.count());  // df / d(linear part of z_k)
    velocity_ = -f_.gradient;
    for (Index k = f_.count() - 1; k >= 0; --k) {
      Real back = f_.back[k];
      for (Index j = k + 1; j < f_.count(); ++j)
        if (f_.feed(j, k) != 0) back += f_.feed(j, k) * through[j];
      through[k] = back * (z_[k] > 0 ? Real(1) : f_.low);
      velocity_ -= through[k] * f_.rows.row(k).transpose();
    }
    linear_ += f_.rows * velocity_ + f_.shift;
    return velocity_;
  }

 private:
  const PiecewiseLinear& f_;
  Vector linear_, z_, velocity_;
};

/// Where no kink passes what nothing holds back: the mean velocity of the last half of the steps.
Vector velocity_afterwards(const PiecewiseLinear& f, const KinkSides& before, const TinyStepsOptions& options,
                           Random& random) {
  const Vector arrival = minimiser_on_face(f, before);
  const int arriving = options.arriving + static_cast<int>(random.uniform() * options.arriving);
  Vector signals = -static_cast<Real>(arriving) * f.signals(arrival, before);
  for (Index k = 0; k < f.count(); ++k)
    if (before[static_cast<std::size_t>(k)] == 0) signals[k] = 0;
  const Vector offset = arrival.norm() * random.normal_matrix(f.dimension(), 1);
  TinySteps descent(f, signals, offset);
  for (int n = 0; n < arriving + options.leaving / 2; ++n) descent.step();
  Vector sum = Vector::Zero(f.dimension());
  const int counted = options.leaving - options.leaving / 2;
  for (int n = 0; n < counted; ++n) sum += descent.step();
  return sum / static_cast<Real>(counted);
}

/// Sides of a velocity that is a mean over chattering steps.
KinkSides sides_of(const PiecewiseLinear& f, const Vector& v) {
  const Vector y = f.signals(v), unit = f.units(v.norm());
  KinkSides sides(static_cast<std::size_t>(f.count()), 0);
  for (Index k = 0; k < f.count(); ++k)
    if (std::abs(y[k]) > kMeanOfSteps * unit[k])
      sides[static_cast<std::size_t>(k)] = static_cast<std::int8_t>(y[k] > 0 ? 1 : -1);
  return sides;
}

}  // namespace

std::vector<LocalMinimum> minimisers_by_tiny_steps(const PiecewiseLinear& f, const KinkSides& before,
                                                   const DescentOptions& descent,
                                                   const TinyStepsOptions& options) {
  Random random(options.seed);
  std::vector<std::pair<int, LocalMinimum>> found;  // with its votes
  for (int phase = 0; phase < options.phases; ++phase) {
    const KinkSides sides = sides_of(f, velocity_afterwards(f, before, options, random));
    LocalMinimum minimum = descend(f, minimiser_on_face(f, sides), sides, descent);
    if (!minimum.found) continue;
    const auto known = std::find_if(found.begin(), found.end(),
                                    [&](const auto& m) { return m.second.sides == minimum.sides; });
    if (known == found.end())
      found.emplace_back(1, std::move(minimum));
    else
      ++known->first;
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<LocalMinimum> list;
  for (auto& [votes, minimum] : found) list.push_back(std::move(minimum));
  return list;
}

}  // namespace saddleflow

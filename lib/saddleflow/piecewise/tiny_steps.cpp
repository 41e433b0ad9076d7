#include "saddleflow/piecewise/tiny_steps.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/base/random.hpp"

namespace saddleflow {
namespace {

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

}  // namespace

std::size_t choose_by_tiny_steps(const PiecewiseLinear& f, const KinkSides& before,
                                 const std::vector<LocalMinimum>& candidates,
                                 const TinyStepsOptions& options) {
  Random random(options.seed);
  std::vector<int> votes(candidates.size(), 0);
  for (int phase = 0; phase < options.phases; ++phase) {
    const Vector v = velocity_afterwards(f, before, options, random);
    const auto nearest = std::min_element(
        candidates.begin(), candidates.end(),
        [&](const auto& a, const auto& b) { return (a.point - v).norm() < (b.point - v).norm(); });
    ++votes[static_cast<std::size_t>(nearest - candidates.begin())];
  }
  return static_cast<std::size_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

}  // namespace saddleflow

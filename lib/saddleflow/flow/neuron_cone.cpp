#include "saddleflow/flow/neuron_cone.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/network/means_network.hpp"

namespace saddleflow {
namespace {

// A gradient on the sphere below this part of its unit leaves the value right to its square, which is
// rounding.
constexpr Real kFlatCone = Real(1e-7);
// Of descent: what is not reached by then is at a minimum that is flat, where the value is known anyway. Part
// of the decrease that the slope promises (Armijo), and how steps shrink that miss it: usual choices.
constexpr int kDescentSteps = 300, kShorterSteps = 40;
constexpr Real kArmijo = Real(1e-4), kShorter = Real(0.25);
// Directions besides those of the neurons, by judgement: h is a sum of smooth humps, one a neuron.
constexpr int kRandomStarts = 16;
// From so many of the starts, the lowest, descent begins.
constexpr std::size_t kMostStarts = 64;
constexpr std::uint64_t kStartSeed = 1;

// Minima are found to the root of rounding: directions this close are one.
constexpr Real kSameWay = Real(1e-4);
// In units of the longest step: nothing that stays is so far away.
constexpr Real kGone = 4;
// Steps two (or so many) apart that agree like this, against their size, repeat themselves for ever.
constexpr int kPeriod = 12;
constexpr Real kRepeats = Real(1e-11);

}  // namespace

NeuronCone::NeuronCone(const Objective& objective, const Vector& w) {
  const Network& network = objective.network();
  const Dataset& data = objective.data();
  const auto whole = network.kernel(data.inputs);
  Matrix residual;
  objective.loss().derivative(whole->forward(w), data.targets, residual);
  residual = -residual;
  NeuronProblem problem = as_means(network)->neuron_problem(w, data.inputs, residual);
  network_ = std::move(problem.network);
  columns_ = std::move(problem.inputs);
  residual_ = std::move(problem.residual);
  residual_.rightCols(1).setZero();  // of the norms, which are of second order
  kernel_ = network_->kernel(columns_);
  size_ = network_->layout().layer(0).cols;
  all_.resize(network_->parameter_count());
  for (Index t = 0; t + 1 < columns_.cols(); ++t) unit_ += residual_.col(t).norm() * columns_.col(t).norm();
  make_starts();
}

void NeuronCone::make_starts() {
  const auto add = [this](const Vector& direction) {
    const Real norm = direction.stableNorm();
    if (!(norm > 0)) return;
    starts_.push_back(direction / norm);
    starts_.push_back(-direction / norm);
  };
  const Matrix partners = as_means(*network_)->function_inputs(columns_, columns_);  // as weights are
  for (Index t = 0; t + 1 < columns_.cols(); ++t)
    if (!residual_.col(t).isZero(0)) add(partners.col(t));
  for (Index i = 0; i < size_; ++i) add(Vector::Unit(size_, i));
  Random random(kStartSeed);
  for (int k = 0; k < kRandomStarts; ++k) add(random.unit_vector(size_));
}

const Vector& NeuronCone::gradient(const Vector& v, const Vector& outgoing) {
  all_ << v, outgoing;
  kernel_->forward(all_);
  kernel_->backward(residual_, weights_);
  gradient_ = -weights_.head(size_);
  return gradient_;
}

Real NeuronCone::value(const Vector& incoming, const Vector& outgoing) {
  if (incoming.isZero(0)) return 0;
  return gradient(incoming, outgoing).dot(incoming);
}

// Gradient descent on the sphere with the step sizes of Barzilai and Borwein (1988), each of which must lower
// h.
NeuronCone::Minimum NeuronCone::descend(const Vector& direction, const Vector& outgoing) {
  Vector u = direction.stableNormalized();
  Vector g = gradient(u, outgoing);
  Real value = g.dot(u);
  Vector tangent = g - value * u;
  const Real unit = unit_ * outgoing.norm();
  Real step = unit > 0 ? 1 / unit : Real(0);
  for (int k = 0; k < kDescentSteps && tangent.norm() > kFlatCone * unit; ++k) {
    Vector next, next_tangent;
    Real next_value = value;
    bool lower = false;
    for (int tries = 0; tries < kShorterSteps && !lower; ++tries, step *= lower ? Real(1) : kShorter) {
      next = (u - step * tangent).normalized();
      const Vector& at = gradient(next, outgoing);
      next_value = at.dot(next);
      next_tangent = at - next_value * next;
      lower = next_value <= value - kArmijo * step * tangent.squaredNorm();
    }
    if (!lower) break;  // by rounding it is at the minimum
    const Vector moved = next - u;
    const Real bend = moved.dot(next_tangent - tangent);
    if (bend > 0) step = moved.squaredNorm() / bend;
    u = next;
    tangent = next_tangent;
    value = next_value;
  }
  return {value, u};
}

Real NeuronCone::slope(const Vector& outgoing) {
  Real largest = 0;
  for (const Vector& u : starts_) largest = std::max(largest, gradient(u, outgoing).norm());
  return largest;
}

NeuronCone::Hover NeuronCone::tiny_steps(const Vector& from, const Vector& outgoing, Real lowered,
                                         int steps) {
  const Real size = slope(outgoing);
  Hover hover{true, from};
  Vector& y = hover.place;
  Vector earlier = y;
  for (int k = 1; k <= steps && !y.isZero(0); ++k) {
    const Real norm = y.norm();
    if (norm > kGone * size) {
      hover.stays = false;
      break;
    }
    const Vector& g = gradient(y, outgoing);
    y -= g - (lowered * size / norm) * y;
    if (k % kPeriod != 0) continue;
    if ((y - earlier).norm() <= kRepeats * size) break;
    earlier = y;
  }
  return hover;
}

NeuronCone::Minimum NeuronCone::least(const Vector& outgoing, Real rounding) {
  std::vector<std::pair<Real, std::size_t>> order;
  for (std::size_t k = 0; k < starts_.size(); ++k)
    order.emplace_back(gradient(starts_[k], outgoing).dot(starts_[k]), k);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), kMostStarts));
  Minimum best{std::numeric_limits<Real>::infinity(), {}};
  std::vector<Vector> falling;
  for (const auto& [height, k] : order) {
    Minimum found = descend(starts_[k], outgoing);
    const bool known = std::any_of(falling.begin(), falling.end(), [&](const Vector& direction) {
      return (direction - found.direction).norm() < kSameWay;
    });
    if (found.value < -rounding && !known) falling.push_back(found.direction);
    if (found.value < best.value) best = std::move(found);
  }
  best.ways = std::ssize(falling);
  return best;
}

}  // namespace saddleflow

#include "saddleflow/flow/linear_polar_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {

namespace {

constexpr Real kBelowAll = -std::numeric_limits<Real>::infinity();
// Up to this many e-folds what is added to the weights is computed, beyond them the weights: the one keeps
// the digits of small groups that begin to move, the other those of neurons that fall.
constexpr Real kFewFolds = Real(0.5);

/// The lengths of the parts of w's first entries that have the same number, in units of their largest
/// entries: squares may underflow.
template <class Integer>
Vector lengths_of(const Vector& w, const std::vector<Integer>& number, Index count) {
  const auto n = static_cast<Index>(number.size());
  Vector largest = Vector::Zero(count), sum = largest;
  for (Index i = 0; i < n; ++i) {
    Real& of = largest[number[static_cast<std::size_t>(i)]];
    of = std::max(of, std::abs(w[i]));
  }
  for (Index i = 0; i < n; ++i) {
    const Index k = number[static_cast<std::size_t>(i)];
    if (largest[k] > 0) sum[k] += (w[i] / largest[k]) * (w[i] / largest[k]);
  }
  return largest.cwiseProduct(sum.cwiseSqrt());
}

/// (b - a) / ln(b / a) of positive numbers given by their logarithms.
Real logarithmic_mean(Real log_a, Real log_b) {
  const Real way = log_b - log_a;
  return std::exp(log_a) * (way == 0 ? Real(1) : std::expm1(way) / way);
}

Real cosine(Real square0, Real product, Real square1) {
  return square0 > 0 ? product / std::sqrt(square0 * square1) : Real(1);
}

}  // namespace

LinearPolarFlow::LinearPolarFlow(PolarFlow& flow) : flow_(&flow), form_(flow) {}

// Of the length of its neuron that of every part; 1 for what stays zero: groups and neurons that are.
Vector LinearPolarFlow::shares(const Vector& w) const {
  const auto count = static_cast<Index>(form_.neuron_of_part.size());
  Vector share = lengths_of(w, form_.part_of, count), square = Vector::Zero(form_.neurons);
  for (Index p = 0; p < count; ++p)
    square[form_.neuron_of_part[static_cast<std::size_t>(p)]] += share[p] * share[p];
  for (Index p = 0; p < count; ++p) {
    const Real whole = square[form_.neuron_of_part[static_cast<std::size_t>(p)]];
    share[p] = moves_[p] > 0 && whole > 0 ? share[p] / std::sqrt(whole) : Real(1);
  }
  return share;
}

void LinearPolarFlow::start(const Vector& x) {
  const Index n = flow_->parameter_count();
  const Vector lengths = lengths_of(x, flow_->groups().first, flow_->group_count());
  start_ = x;
  unit_ = Vector::Constant(form_.neurons, kBelowAll);
  const auto log_weight = [&](Index i) {
    return x[n + group_of(i)] + std::log(std::abs(x[i]) / lengths[group_of(i)]);
  };
  for (Index i = 0; i < n; ++i)
    if (x[i] != 0) unit_[neuron_of(i)] = std::max(unit_[neuron_of(i)], log_weight(i));
  scaled_ = Vector::Zero(n);
  in_group_ = Vector::Zero(n);
  for (Index i = 0; i < n; ++i) {
    const Real length = lengths[group_of(i)], log_ratio = unit_[neuron_of(i)] - x[n + group_of(i)];
    if (length > 0) in_group_[i] = std::exp(log_ratio);
    if (x[i] != 0) scaled_[i] = x[i] / length * std::exp(-log_ratio);
  }
  moves_.setZero(static_cast<Index>(form_.neuron_of_part.size()));
  for (Index i = 0; i < n; ++i)
    if (in_group_[i] > 0) moves_[form_.part_of[static_cast<std::size_t>(i)]] = 1;
  coordinates_.resize(n);
  Vector part;
  for (const QuadraticForm::Block& block : form_.blocks) {
    part = scaled_(block.members);
    coordinates_.segment(block.first, part.size()) = block.basis.transpose() * part;
  }
  log_scale_ = 2 * flow_->log_norm(x);
  squares_ = (2 * unit_.array() - log_scale_).exp().matrix();
}

LinearPolarFlow::Sums LinearPolarFlow::sums(Real t) const {
  Sums s;
  for (Vector* sum : {&s.zeroth, &s.first, &s.second, &s.growth}) sum->setZero(form_.neurons);
  for (Index i = 0; i < form_.rates.size(); ++i) {
    const Index k = form_.neuron_of_rate[static_cast<std::size_t>(i)];
    const Real square = coordinates_[i] * coordinates_[i], factor = std::exp(form_.rates[i] * t);
    s.zeroth[k] += square;
    s.first[k] += square * factor;
    s.second[k] += square * factor * factor;
  }
  for (Index k = 0; k < form_.neurons; ++k)
    if (s.zeroth[k] > 0) s.growth[k] = std::log(s.second[k] / s.zeroth[k]) / 2;
  return s;
}

LinearPolarFlow::Weights LinearPolarFlow::weights(Real t) const {
  Weights w{scaled_, Vector::Zero(scaled_.size())};
  const bool few = t * form_.fastest <= kFewFolds;
  Vector part;
  for (const QuadraticForm::Block& block : form_.blocks) {
    const auto size = static_cast<Index>(block.members.size());
    part = coordinates_.segment(block.first, size);
    for (Index i = 0; i < size; ++i) {
      const Real exponent = t * form_.rates[block.first + i];
      part[i] *= few ? std::expm1(exponent) : std::exp(exponent);
    }
    part = (block.basis * part).eval();
    for (Index i = 0; i < size; ++i) {
      const Index to = block.members[static_cast<std::size_t>(i)];
      if (in_group_[to] == 0) continue;
      w.difference[to] = few ? part[i] : part[i] - scaled_[to];
      w.now[to] = few ? scaled_[to] + part[i] : part[i];
    }
  }
  return w;
}

void LinearPolarFlow::state(Real t, Vector& x) const {
  const Index n = flow_->parameter_count(), groups = flow_->group_count();
  const Weights w = weights(t);
  const Vector now = w.now.cwiseProduct(in_group_);
  const Vector lengths = lengths_of(now, flow_->groups().first, groups);
  // |w_g(t)|^2 / |w_g(0)|^2 - 1: a short step keeps its digits.
  Vector growth = Vector::Zero(groups);
  for (Index i = 0; i < n; ++i)
    growth[group_of(i)] += w.difference[i] * in_group_[i] * ((scaled_[i] + w.now[i]) * in_group_[i]);
  x = start_;
  for (Index i = 0; i < n; ++i)
    if (lengths[group_of(i)] > 0) x[i] = now[i] / lengths[group_of(i)];
  for (Index g = 0; g < groups; ++g) {
    const bool little = std::abs(growth[g]) < Real(0.5);
    if (lengths[g] > 0) x[n + g] += little ? std::log1p(growth[g]) / 2 : std::log(lengths[g]);
  }
  x[n + groups] += flow_->kappa() * t;
  Real energy = 0;
  for (Index i = 0; i < n; ++i) {
    const Real square =
        coordinates_[i] * coordinates_[i] * squares_[form_.neuron_of_rate[static_cast<std::size_t>(i)]];
    energy += form_.rates[i] * square * std::expm1(2 * form_.rates[i] * t) / 2;
  }
  x[n + groups + 1] += std::exp(log_scale_) * energy / flow_->energy_unit();
}

// cos = M(t) / sqrt(M(0) M(2t)) with M(t) = sum z^2 e^{rate t}, whose logarithm is convex: it never rises.
LinearPolarFlow::Change LinearPolarFlow::change(Real t) const {
  const Sums s = sums(t);
  Real least = cosine(squares_.dot(s.zeroth), squares_.dot(s.first), squares_.dot(s.second));
  for (Index k = 0; k < form_.neurons; ++k)
    least = std::min(least, cosine(s.zeroth[k], s.first[k], s.second[k]));
  const Vector now = weights(t).now, in_group = now.cwiseProduct(in_group_);
  const Vector lengths = lengths_of(in_group, flow_->groups().first, flow_->group_count());
  Vector products = Vector::Zero(lengths.size());
  for (Index i = 0; i < now.size(); ++i) products[group_of(i)] += scaled_[i] * in_group_[i] * in_group[i];
  for (Index g = 0; g < lengths.size(); ++g)
    if (lengths[g] > 0) least = std::min(least, products[g] / lengths[g]);
  return {least, shares(now).minCoeff()};
}

void LinearPolarFlow::sensitivity(const Vector& x, Vector& out) const {
  const Vector& u = flow_->look(x);
  Vector slope, largest = Vector::Zero(form_.neurons), below = largest;
  flow_->correlation().scale_derivative(u, slope);
  for (Index i = 0; i < u.size(); ++i)
    largest[neuron_of(i)] = std::max(largest[neuron_of(i)], std::abs(u[i]));
  out.setZero(form_.neurons);
  for (Index i = 0; i < u.size(); ++i) {
    const Index k = neuron_of(i);
    if (largest[k] < kNoShare) continue;
    out[k] += (slope[i] / largest[k]) * (slope[i] / largest[k]);
    below[k] += (u[i] / largest[k]) * (u[i] / largest[k]);
  }
  for (Index k = 0; k < form_.neurons; ++k)
    if (below[k] > 0) out[k] = std::sqrt(out[k] / below[k]);
}

Vector LinearPolarFlow::error_bound(Real t, const Vector& before, const Vector& sensitivity,
                                    Vector& after) const {
  const Sums s = sums(t);
  const Real log_scale = log_scale_ + std::log(squares_.dot(s.second) / squares_.dot(s.zeroth));
  after.setZero(form_.neurons);
  for (Index k = 0; k < form_.neurons; ++k) {
    if (s.zeroth[k] == 0) continue;
    const Real amplified = std::max(Real(0), form_.top[k] * t - s.growth[k]);
    after[k] = std::exp(amplified) * before[k] +
               t * sensitivity[k] * logarithmic_mean(log_scale_ + amplified, log_scale);
  }
  const Vector share = shares(weights(t).now);
  Vector least = Vector::Ones(form_.neurons);
  for (Index p = 0; p < share.size(); ++p) {
    Real& of_neuron = least[form_.neuron_of_part[static_cast<std::size_t>(p)]];
    of_neuron = std::min(of_neuron, share[p]);
  }
  return after.cwiseQuotient(least);
}

}  // namespace saddleflow

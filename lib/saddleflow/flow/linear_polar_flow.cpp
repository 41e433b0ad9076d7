#include "saddleflow/flow/linear_polar_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
// Up to this many e-folds what is added to the weights is computed, beyond them the weights: the one keeps
// the digits of small groups that begin to move, the other those of neurons that fall.
constexpr Real kFewFolds = Real(0.5);
// Below this a neuron's share of the length has no reciprocal.
constexpr Real kNoShare = Real(1e-290);

/// The sets of indices that the entries of a symmetric matrix connect, each in ascending order.
std::vector<std::vector<Index>> connected(const Matrix& a) {
  std::vector<std::vector<Index>> sets;
  std::vector<char> seen(static_cast<std::size_t>(a.rows()), 0);
  for (Index i = 0; i < a.rows(); ++i) {
    if (seen[static_cast<std::size_t>(i)]) continue;
    seen[static_cast<std::size_t>(i)] = 1;
    std::vector<Index> set{i};
    for (std::size_t k = 0; k < set.size(); ++k)
      for (Index j = 0; j < a.rows(); ++j) {
        if (a(set[k], j) == 0 || seen[static_cast<std::size_t>(j)]) continue;
        seen[static_cast<std::size_t>(j)] = 1;
        set.push_back(j);
      }
    std::sort(set.begin(), set.end());
    sets.push_back(std::move(set));
  }
  return sets;
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

bool LinearPolarFlow::applies_to(const Network& network) {
  return network.degree() == 2 && network.activation().is_polynomial();
}

LinearPolarFlow::LinearPolarFlow(PolarFlow& flow) : flow_(&flow) {
  const Index n = flow.parameter_count();
  Matrix a;
  flow.correlation().set_output_scale(0);
  flow.correlation().hessian(Vector::Zero(n), a);
  find_neurons(a);
  rates_.resize(n);
  neuron_of_rate_.resize(static_cast<std::size_t>(n));
  top_ = Vector::Constant(neuron_count_, -kInfinity);
  Index first = 0;
  for (const std::vector<Index>& members : connected(a)) {
    decompose(a, members, first);
    first += static_cast<Index>(members.size());
  }
  fastest_ = rates_.cwiseAbs().maxCoeff();
}

// Groups that A connects make up a neuron.
void LinearPolarFlow::find_neurons(const Matrix& a) {
  const Index groups = flow_->group_count();
  Matrix coupled = Matrix::Zero(groups, groups);
  for (Index j = 0; j < a.cols(); ++j)
    for (Index i = 0; i < a.rows(); ++i)
      if (a(i, j) != 0) coupled(group_of(i), group_of(j)) = 1;
  neuron_of_group_.resize(static_cast<std::size_t>(groups));
  for (const std::vector<Index>& neuron : connected(coupled)) {
    for (const Index g : neuron) neuron_of_group_[static_cast<std::size_t>(g)] = neuron_count_;
    ++neuron_count_;
  }
}

void LinearPolarFlow::decompose(const Matrix& a, const std::vector<Index>& members, Index first) {
  const auto size = static_cast<Index>(members.size());
  const Index neuron = neuron_of(members.front());
  Matrix part(size, size);
  for (Index i = 0; i < size; ++i) {
    for (Index j = 0; j < size; ++j)
      part(i, j) = a(members[static_cast<std::size_t>(i)], members[static_cast<std::size_t>(j)]);
    neuron_of_rate_[static_cast<std::size_t>(first + i)] = neuron;
  }
  SymmetricEigen eigen = symmetric_eigen(part, "linear polar flow");
  rates_.segment(first, size) = eigen.values;
  top_[neuron] = std::max(top_[neuron], eigen.values[size - 1]);
  blocks_.push_back({members, neuron, first, std::move(eigen.vectors)});
}

// |w_g| by the largest entry of the group, whose square may underflow.
Vector LinearPolarFlow::group_norms(const Vector& w) const {
  Vector largest = Vector::Zero(flow_->group_count()), sum = largest;
  for (Index i = 0; i < flow_->parameter_count(); ++i)
    largest[group_of(i)] = std::max(largest[group_of(i)], std::abs(w[i]));
  for (Index i = 0; i < flow_->parameter_count(); ++i) {
    const Index g = group_of(i);
    if (largest[g] > 0) sum[g] += (w[i] / largest[g]) * (w[i] / largest[g]);
  }
  return largest.cwiseProduct(sum.cwiseSqrt());
}

// |w_g| / |w_k|; 1 for groups that are zero.
Vector LinearPolarFlow::shares(const Vector& group_norms) const {
  Vector square = Vector::Zero(neuron_count_), share = group_norms;
  for (Index g = 0; g < share.size(); ++g)
    square[neuron_of_group_[static_cast<std::size_t>(g)]] += share[g] * share[g];
  for (Index g = 0; g < share.size(); ++g)
    share[g] =
        norms_[g] > 0 ? share[g] / std::sqrt(square[neuron_of_group_[static_cast<std::size_t>(g)]]) : Real(1);
  return share;
}

void LinearPolarFlow::start(const Vector& x) {
  const Index n = flow_->parameter_count(), groups = flow_->group_count();
  start_ = x;
  const Vector lengths = group_norms(x);
  unit_ = Vector::Constant(neuron_count_, -kInfinity);
  for (Index g = 0; g < groups; ++g) {
    Real& unit = unit_[neuron_of_group_[static_cast<std::size_t>(g)]];
    if (lengths[g] > 0) unit = std::max(unit, x[n + g]);
  }
  scaled_ = Vector::Zero(n);
  for (Index i = 0; i < n; ++i)
    if (x[i] != 0)
      scaled_[i] = x[i] / lengths[group_of(i)] * std::exp(x[n + group_of(i)] - unit_[neuron_of(i)]);
  norms_ = group_norms(scaled_);
  coordinates_.resize(n);
  Vector part;
  for (const Block& block : blocks_) {
    part = scaled_(block.members);
    coordinates_.segment(block.first, part.size()) = block.basis.transpose() * part;
  }
  log_scale_ = 2 * flow_->log_norm(x);
  squares_ = (2 * unit_.array() - log_scale_).exp().matrix();
}

LinearPolarFlow::Sums LinearPolarFlow::sums(Real t) const {
  Sums s;
  for (Vector* sum : {&s.zeroth, &s.first, &s.second, &s.growth}) sum->setZero(neuron_count_);
  for (Index i = 0; i < rates_.size(); ++i) {
    const Index k = neuron_of_rate_[static_cast<std::size_t>(i)];
    const Real square = coordinates_[i] * coordinates_[i], factor = std::exp(rates_[i] * t);
    s.zeroth[k] += square;
    s.first[k] += square * factor;
    s.second[k] += square * factor * factor;
  }
  for (Index k = 0; k < neuron_count_; ++k)
    if (s.zeroth[k] > 0) s.growth[k] = std::log(s.second[k] / s.zeroth[k]) / 2;
  return s;
}

LinearPolarFlow::Weights LinearPolarFlow::weights(Real t) const {
  Weights w{scaled_, Vector::Zero(scaled_.size())};
  const bool few = t * fastest_ <= kFewFolds;
  Vector part;
  for (const Block& block : blocks_) {
    const auto size = static_cast<Index>(block.members.size());
    part = coordinates_.segment(block.first, size);
    for (Index i = 0; i < size; ++i) {
      const Real exponent = t * rates_[block.first + i];
      part[i] *= few ? std::expm1(exponent) : std::exp(exponent);
    }
    part = (block.basis * part).eval();
    for (Index i = 0; i < size; ++i) {
      const Index to = block.members[static_cast<std::size_t>(i)];
      if (norms_[group_of(to)] == 0) continue;
      w.difference[to] = few ? part[i] : part[i] - scaled_[to];
      w.now[to] = few ? scaled_[to] + part[i] : part[i];
    }
  }
  return w;
}

void LinearPolarFlow::state(Real t, Vector& x) const {
  const Index n = flow_->parameter_count(), groups = flow_->group_count();
  const Weights w = weights(t);
  const Vector norms = group_norms(w.now);
  // (|w_g(t)|^2 - |w_g(0)|^2) / |w_g(0)|^2: a short step keeps its digits.
  Vector growth = Vector::Zero(groups);
  for (Index i = 0; i < n; ++i) {
    const Real norm = norms_[group_of(i)];
    if (norm > 0) growth[group_of(i)] += w.difference[i] / norm * ((scaled_[i] + w.now[i]) / norm);
  }
  x = start_;
  for (Index i = 0; i < n; ++i)
    if (norms_[group_of(i)] > 0) x[i] = w.now[i] / norms[group_of(i)];
  for (Index g = 0; g < groups; ++g) {
    if (norms_[g] == 0) continue;
    const bool little = std::abs(growth[g]) < Real(0.5);
    x[n + g] += little ? std::log1p(growth[g]) / 2 : std::log(norms[g] / norms_[g]);
  }
  x[n + groups] += flow_->kappa() * t;
  Real energy = 0;
  for (Index i = 0; i < n; ++i) {
    const Real square =
        coordinates_[i] * coordinates_[i] * squares_[neuron_of_rate_[static_cast<std::size_t>(i)]];
    energy += rates_[i] * square * std::expm1(2 * rates_[i] * t) / 2;
  }
  x[n + groups + 1] += std::exp(log_scale_) * energy / flow_->energy_unit();
}

// cos = M(t) / sqrt(M(0) M(2t)) with M(t) = sum z^2 e^{rate t}, whose logarithm is convex: it never rises.
LinearPolarFlow::Change LinearPolarFlow::change(Real t) const {
  const Sums s = sums(t);
  Real least = cosine(squares_.dot(s.zeroth), squares_.dot(s.first), squares_.dot(s.second));
  for (Index k = 0; k < neuron_count_; ++k)
    least = std::min(least, cosine(s.zeroth[k], s.first[k], s.second[k]));
  const Weights w = weights(t);
  const Vector norms = group_norms(w.now);
  Vector products = Vector::Zero(norms.size());
  for (Index i = 0; i < scaled_.size(); ++i) {
    const Index g = group_of(i);
    if (norms_[g] > 0) products[g] += scaled_[i] / norms_[g] * (w.now[i] / norms[g]);
  }
  for (Index g = 0; g < norms.size(); ++g)
    if (norms_[g] > 0) least = std::min(least, products[g]);
  return {least, shares(norms).minCoeff()};
}

void LinearPolarFlow::sensitivity(const Vector& x, Vector& out) const {
  const Vector& u = flow_->look(x);
  Vector slope, largest = Vector::Zero(neuron_count_), below = largest;
  flow_->correlation().scale_derivative(u, slope);
  for (Index i = 0; i < u.size(); ++i)
    largest[neuron_of(i)] = std::max(largest[neuron_of(i)], std::abs(u[i]));
  out.setZero(neuron_count_);
  for (Index i = 0; i < u.size(); ++i) {
    const Index k = neuron_of(i);
    if (largest[k] < kNoShare) continue;
    out[k] += (slope[i] / largest[k]) * (slope[i] / largest[k]);
    below[k] += (u[i] / largest[k]) * (u[i] / largest[k]);
  }
  for (Index k = 0; k < neuron_count_; ++k)
    if (below[k] > 0) out[k] = std::sqrt(out[k] / below[k]);
}

Vector LinearPolarFlow::error_bound(Real t, const Vector& before, const Vector& sensitivity,
                                    Vector& after) const {
  const Sums s = sums(t);
  const Real log_scale = log_scale_ + std::log(squares_.dot(s.second) / squares_.dot(s.zeroth));
  after.setZero(neuron_count_);
  for (Index k = 0; k < neuron_count_; ++k) {
    if (s.zeroth[k] == 0) continue;
    const Real amplified = std::max(Real(0), top_[k] * t - s.growth[k]);
    after[k] = std::exp(amplified) * before[k] +
               t * sensitivity[k] * logarithmic_mean(log_scale_ + amplified, log_scale);
  }
  const Vector share = shares(group_norms(weights(t).now));
  Vector least = Vector::Ones(neuron_count_);
  for (Index g = 0; g < share.size(); ++g) {
    Real& of_neuron = least[neuron_of_group_[static_cast<std::size_t>(g)]];
    of_neuron = std::min(of_neuron, share[g]);
  }
  return after.cwiseQuotient(least);
}

}  // namespace saddleflow

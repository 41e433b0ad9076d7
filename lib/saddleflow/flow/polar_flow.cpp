#include "saddleflow/flow/polar_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"

namespace saddleflow {

namespace {

// To find out which weights move, a point is moved by up to an eighth of itself: any change that is not small
// and not large makes it generic.
constexpr Real kStirred = 8;

/// The group that all of these weights are in first, or -1.
int common_group(const std::vector<Index>& weights, const ParameterGroups& groups) {
  int common = -1;
  for (const Index i : weights) {
    const int group = groups.first[static_cast<std::size_t>(i)];
    if (common >= 0 && group != common) return -1;
    common = group;
  }
  return common;
}

/// A weight alone in its group joins the other weights of its neuron, where those are one group: the only
/// outgoing weight of a neuron its incoming ones, or the other way about.
void join_single_weights(const Network& network, ParameterGroups& groups) {
  std::vector<int> members(static_cast<std::size_t>(groups.count), 0);
  for (const int g : groups.first) ++members[static_cast<std::size_t>(g)];
  for (const Neuron& neuron : network.neurons()) {
    const int in = common_group(neuron.incoming, groups), out = common_group(neuron.outgoing, groups);
    if (in < 0 || out < 0 || in == out) continue;
    int &in_members = members[static_cast<std::size_t>(in)],
        &out_members = members[static_cast<std::size_t>(out)];
    if (in_members > 1 && out_members > 1) continue;
    for (int& g : groups.first) g = g == out ? in : g;
    in_members += std::exchange(out_members, 0);
  }
}

}  // namespace

ErrorGroups polar_error_groups(const Network& network) {
  ParameterGroups groups = network.groups();
  join_single_weights(network, groups);
  return {groups.first, groups.second, groups.count, polar_groups(network).first};
}

ParameterGroups polar_groups(const Network& network) {
  ParameterGroups groups = network.groups();
  join_single_weights(network, groups);
  std::vector<int> members(static_cast<std::size_t>(groups.count), 0), number(members.size(), -1);
  for (int g : groups.first) ++members[static_cast<std::size_t>(g)];
  int count = 0, single = -1, singles = 0;
  for (std::size_t g = 0; g < members.size(); ++g) {
    if (members[g] > 1) number[g] = count++;
    singles += members[g] == 1 ? 1 : 0;
  }
  // A lone single parameter joins the first group, if there is one.
  if (singles > 0) single = singles == 1 && count > 0 ? 0 : count++;
  for (std::size_t g = 0; g < members.size(); ++g)
    if (members[g] == 1) number[g] = single;
  // The second groups keep their own numbers, after the first ones.
  for (int& g : groups.first) g = number[static_cast<std::size_t>(g)];
  for (int& g : groups.second)
    if (g >= 0) g += count;
  groups.count += count;
  return groups;
}

PolarFlow::PolarFlow(Correlation& correlation, Real energy_unit)
    : correlation_(correlation),
      groups_(polar_groups(correlation.network())),
      energy_unit_(energy_unit > 0 ? energy_unit : Real(1)),
      degree_(correlation.network().degree()),
      u_(correlation.size()),
      g_(correlation.size()) {
  group_count_ = 1 + *std::max_element(groups_.first.begin(), groups_.first.end());
}

// length_[g] = |d_g|, unit_ = d_g / |d_g|, log_rho_, r_[g] = |u_g|, u_ = r_g unit_g.
void PolarFlow::measure(const Vector& x) {
  const Index n = parameter_count(), groups = group_count();
  length_.setZero(groups);
  for (Index i = 0; i < n; ++i) length_[group_of(i)] += x[i] * x[i];
  length_ = length_.cwiseSqrt();
  log_rho_ = log_norm(x);
  r_.resize(groups);
  for (Index g = 0; g < groups; ++g) r_[g] = length_[g] > 0 ? std::exp(x[n + g] - log_rho_) : Real(0);
  unit_.resize(n);
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    unit_[i] = length_[g] > 0 ? x[i] / length_[g] : Real(0);
    u_[i] = r_[g] * unit_[i];
  }
}

Real PolarFlow::log_norm(const Vector& x) const {
  const Index n = parameter_count(), groups = group_count();
  Real largest = -std::numeric_limits<Real>::infinity();
  for (Index i = 0; i < n; ++i)
    if (x[i] != 0) largest = std::max(largest, x[n + group_of(i)]);
  Real sum = 0;
  std::vector<char>& seen = seen_;
  seen.assign(static_cast<std::size_t>(groups), 0);
  for (Index i = 0; i < n; ++i) {
    const auto g = static_cast<std::size_t>(group_of(i));
    if (x[i] == 0 || seen[g]) continue;
    seen[g] = 1;
    sum += std::exp(2 * (x[n + static_cast<Index>(g)] - largest));
  }
  return largest + std::log(sum) / 2;
}

// Weights that are zero and feel a gradient will move; so will those that feel one after that. All that move
// in the end are found at points with the same zeros, otherwise generic.
bool PolarFlow::covers(const Vector& cartesian) {
  const Index n = parameter_count();
  const Vector w = cartesian.head(n);
  const Real norm = w.stableNorm();
  if (!(norm > 0) || !std::isfinite(norm)) return false;
  const Real c = std::pow(norm, static_cast<Real>(degree_));
  if (!std::isfinite(c)) return false;
  Vector there = Vector::Zero(group_count()), point = w / norm;
  for (Index i = 0; i < n; ++i)
    if (w[i] != 0) there[group_of(i)] = 1;
  if (there.minCoeff() > 0) return true;
  correlation_.set_output_scale(c);
  Random random(1);
  for (bool more = true; more;) {
    correlation_.gradient(point, g_);
    more = false;
    for (Index i = 0; i < n; ++i) {
      const bool moves = point[i] == 0 && g_[i] != 0;
      if (moves && there[group_of(i)] == 0) return false;
      more = more || moves;
      if (moves || point[i] != 0) point[i] += (1 + std::abs(point[i])) * random.uniform() / kStirred;
    }
  }
  return true;
}

Real PolarFlow::fastest_fall(const Vector& x) {
  if (x.size() == state_size()) {
    evaluate(x);
  } else {
    const Vector w = x.head(parameter_count());
    const Real norm = w.stableNorm();
    correlation_.set_output_scale(std::pow(norm, static_cast<Real>(degree_)));
    const Vector point = w / norm;
    correlation_.gradient(point, g_);
    alpha_.setZero(group_count());
    r_.setZero(group_count());
    for (Index i = 0; i < point.size(); ++i) {
      r_[group_of(i)] += point[i] * point[i];
      alpha_[group_of(i)] += point[i] * g_[i];
    }
    for (Index g = 0; g < group_count(); ++g) alpha_[g] = r_[g] > 0 ? alpha_[g] / r_[g] : Real(0);
  }
  const Real size = g_.norm(), fall = std::max(Real(0), -alpha_.minCoeff());
  return size > 0 ? fall / size : Real(0);
}

Vector PolarFlow::enter(const Vector& cartesian) {
  const Index n = parameter_count();
  const Vector w = cartesian.head(n);
  const Real largest = w.cwiseAbs().maxCoeff();
  if (!(largest > 0)) throw InputError("polar chart: the weights are all zero, they have no direction");
  // Scaled first: the squares of tiny weights underflow.
  const Vector scaled = w / largest;
  return enter(scaled, std::log(largest), cartesian[n]);
}

Vector PolarFlow::enter(const Vector& direction, Real log_norm, Real energy) {
  const Index n = parameter_count(), groups = group_count();
  Vector x = Vector::Zero(state_size());
  Vector size = Vector::Zero(groups), largest = Vector::Zero(groups);
  for (Index i = 0; i < n; ++i) largest[group_of(i)] = std::max(largest[group_of(i)], std::abs(direction[i]));
  for (Index i = 0; i < n; ++i) {
    const Real scale = largest[group_of(i)];
    if (scale > 0) size[group_of(i)] += (direction[i] / scale) * (direction[i] / scale);
  }
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    if (largest[g] > 0) x[i] = direction[i] / largest[g] / std::sqrt(size[g]);
  }
  for (Index g = 0; g < groups; ++g)
    x[n + g] = log_norm + (largest[g] > 0 ? std::log(largest[g]) + std::log(size[g]) / 2 : Real(0));
  x[n + groups + 1] = energy / energy_unit_;
  return start_here(std::move(x));
}

Vector PolarFlow::rebase(const Vector& x) { return start_here(x); }

Vector PolarFlow::start_here(Vector x) {
  x[x.size() - 2] = 0;
  log_norm_0_ = log_norm(x);
  evaluate(x);
  const Real speed = g_.norm();
  kappa_ = speed > 0 && std::isfinite(speed) ? speed : Real(1);
  return x;
}

void PolarFlow::restore(Real origin, Real kappa) {
  log_norm_0_ = origin;
  kappa_ = kappa;
}

Vector PolarFlow::cartesian(const Vector& x) {
  const Index n = parameter_count();
  measure(x);
  Vector result(n + 1);
  for (Index i = 0; i < n; ++i) result[i] = unit_[i] == 0 ? Real(0) : std::exp(x[n + group_of(i)]) * unit_[i];
  result[n] = energy(x);
  return result;
}

const Vector& PolarFlow::look(const Vector& x) {
  measure(x);
  const Real c = std::exp(static_cast<Real>(degree_) * log_rho_);
  // A trial step may have gone anywhere; NaN then makes the stepper reject it.
  if (std::isfinite(c))
    correlation_.set_output_scale(c);
  else
    u_.setConstant(std::numeric_limits<Real>::quiet_NaN());
  return u_;
}

// gamma_ = G_g / r_g, alpha_[g] = ell_g'.
void PolarFlow::evaluate(const Vector& x) {
  look(x);
  correlation_.gradient(u_, g_);
  gamma_.resize(g_.size());
  alpha_.setZero(group_count());
  for (Index i = 0; i < g_.size(); ++i) {
    const Real share = r_[group_of(i)];
    gamma_[i] = share < kNoShare ? Real(0) : g_[i] / share;
    alpha_[group_of(i)] += unit_[i] * gamma_[i];
  }
}

Real PolarFlow::elapsed(const Vector& x) const {
  const Real q = x[x.size() - 2];
  if (q == 0) return 0;  // also where the unit of time has no number
  return degree_ == 2 ? q / kappa_ : std::exp(static_cast<Real>(2 - degree_) * log_norm_0_) * (q / kappa_);
}

Real PolarFlow::log_elapsed(const Vector& x) const {
  return static_cast<Real>(2 - degree_) * log_norm_0_ + std::log(x[x.size() - 2] / kappa_);
}

Real PolarFlow::quadrature(Real elapsed) const {
  return degree_ == 2 ? elapsed * kappa_
                      : std::exp(static_cast<Real>(degree_ - 2) * log_norm_0_ + std::log(elapsed)) * kappa_;
}

Real PolarFlow::time_rate(const Vector& x) const {
  return std::exp(static_cast<Real>(2 - degree_) * log_norm(x));
}

void PolarFlow::operator()(const Vector& x, Vector& dxdt, Real /*s*/) {
  evaluate(x);
  const Index n = parameter_count(), groups = group_count();
  dxdt.resize(state_size());
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    dxdt[i] = length_[g] * (gamma_[i] - alpha_[g] * unit_[i]);
  }
  dxdt.segment(n, groups) = alpha_;
  dxdt[n + groups] = kappa_ * std::exp(static_cast<Real>(2 - degree_) * (log_rho_ - log_norm_0_));
  dxdt[n + groups + 1] = correlation_.output_scale() * g_.squaredNorm() / energy_unit_;
}

// Both are projections of the change over r_g: of d_g' across d_g, of ell_g' along it.
void PolarFlow::bound_rates(const Vector& change, Vector& rates) const {
  const Index n = parameter_count();
  rates.setZero(state_size());
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    if (r_[g] < kNoShare) continue;
    const Real bound = std::abs(change[i]) / r_[g];
    rates[i] = length_[g] * bound;
    rates[n + g] = std::hypot(rates[n + g], bound);
  }
}

// variation_ = dG/d(d, ell). With S = Hess Phi_c(u), P_g = I - d_g d_g^T:
//   dG = S R P dd / |d| + sum_h [ S E_h u - r_h^2 (D-1) G ] dell_h,     E_h u = u restricted to group h
// (the change of u by rho and that of c by rho cancel but for the last term).
void PolarFlow::differentiate(const Vector& x) {
  evaluate(x);
  if (varied_at_.size() == x.size() && std::equal(x.data(), x.data() + x.size(), varied_at_.data())) return;
  varied_at_ = x;
  const Index n = parameter_count(), groups = group_count();
  correlation_.hessian(u_, hessian_);
  variation_.resize(n, n + groups);
  for (Index h = 0; h < groups; ++h)
    variation_.col(n + h) = -(r_[h] * r_[h] * static_cast<Real>(degree_ - 1)) * g_;
  along_.setZero(n, groups);  // S E_h u
  for (Index i = 0; i < n; ++i) along_.col(group_of(i)) += u_[i] * hessian_.col(i);
  variation_.rightCols(groups) += along_;
  for (Index i = 0; i < n; ++i) {
    const Index h = group_of(i);
    if (length_[h] == 0)
      variation_.col(i).setZero();
    else
      variation_.col(i) = (r_[h] * hessian_.col(i) - unit_[i] * along_.col(h)) / length_[h];
  }
}

// dgamma_g = dG_g / r_g - gamma_g (dell_g - dln rho),  dln rho = sum_h r_h^2 dell_h,
// dalpha_g = <d_g, dgamma_g> + <gamma_g, P dd_g> / |d_g|,
// d(d_g'/|d_g|) = dgamma_g - dalpha_g d_g - alpha_g P dd_g / |d_g|, unit vectors d_g on the right.
void PolarFlow::jacobian(const Vector& x, Matrix& out, Real /*s*/) {
  differentiate(x);
  const Index n = parameter_count(), groups = group_count();
  out.setZero(n + groups, n + groups);
  auto rows = out.topRows(n);
  auto alpha_rows = out.bottomRows(groups);
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    if (r_[g] < kNoShare) continue;
    rows.row(i) = variation_.row(i) / r_[g];
    rows.row(i).tail(groups) += gamma_[i] * r_.cwiseProduct(r_).transpose();
    rows(i, n + g) -= gamma_[i];
    alpha_rows.row(g) += unit_[i] * rows.row(i);
  }
  for (Index j = 0; j < n; ++j) {
    const Index g = group_of(j);
    if (length_[g] > 0) alpha_rows(g, j) += (gamma_[j] - alpha_[g] * unit_[j]) / length_[g];
  }
  for (Index i = 0; i < n; ++i) {
    const Index g = group_of(i);
    if (length_[g] == 0) continue;
    rows.row(i) = length_[g] * (rows.row(i) - unit_[i] * alpha_rows.row(g));
    rows(i, i) -= alpha_[g];
    for (Index j = 0; j < n; ++j)
      if (group_of(j) == g) rows(i, j) += gamma_[i] * unit_[j];
  }
}

void PolarFlow::quadrature_jacobian(const Vector& x, Matrix& out, Real /*s*/) {
  differentiate(x);
  const Index n = parameter_count(), groups = group_count();
  const Real c = correlation_.output_scale(), degree = static_cast<Real>(degree_);
  out.setZero(2, n + groups);
  const Real clock = kappa_ * std::exp((2 - degree) * (log_rho_ - log_norm_0_));
  out.row(0).tail(groups) = ((2 - degree) * clock) * r_.cwiseProduct(r_).transpose();
  out.row(1) = (2 * c / energy_unit_) * (g_.transpose() * variation_);
  out.row(1).tail(groups) += (c * degree * g_.squaredNorm() / energy_unit_) * r_.cwiseProduct(r_).transpose();
}

}  // namespace saddleflow

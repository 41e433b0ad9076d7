#include "saddleflow/correlation/rank_one.hpp"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/correlation/scalar_problem.hpp"

namespace saddleflow {
namespace {

/// The leading term c q r^T of a weight matrix.
struct Factors {
  Vector q, r;
};

Verdict verdict(bool holds) { return holds ? Verdict::yes : Verdict::no; }

bool is_multiplicative(Activation activation) { return std::abs(activation.slope()) == Real(1); }

Vector activated(Activation activation, const Vector& q) {
  return q.unaryExpr([activation](Real s) { return activation.value(s); });
}

Factors analyse_layer(const ConstMatrixView& w, RankOneLayer& layer) {
  const ThinSvd svd = thin_svd(w);
  layer.singular_values = svd.values;
  const Vector& s = layer.singular_values;
  layer.residual = s.size() > 1 && s[0] > 0 ? s[1] / s[0] : Real(0);
  Factors factors{svd.u.col(0), svd.v.col(0)};
  Index largest = 0;
  factors.q.cwiseAbs().maxCoeff(&largest);
  if (factors.q[largest] < 0) {
    factors.q = -factors.q;
    factors.r = -factors.r;
  }
  return factors;
}

std::vector<Factors> analyse_layers(const Network& network, const Vector& u, KktStructure& structure) {
  const int depth = network.layout().layer_count();
  structure.layers.assign(static_cast<std::size_t>(depth), {});
  std::vector<Factors> factors;
  for (int l = 0; l < depth; ++l)
    factors.push_back(
        analyse_layer(network.layout().matrix(u, l), structure.layers[static_cast<std::size_t>(l)]));
  return factors;
}

Verdict equal_magnitude(const Vector& q, Real tolerance) {
  const Real largest = q.cwiseAbs().maxCoeff();
  for (const Real entry : q)
    if (std::abs(entry) > tolerance * largest && std::abs(entry) < (1 - tolerance) * largest)
      return Verdict::no;
  return Verdict::yes;
}

/// The part of r beside sigma(q), both directions.
Verdict aligned(const Vector& r, const Vector& sigma_q, Real tolerance) {
  const Vector direction = sigma_q.normalized();
  return verdict((r - r.dot(direction) * direction).norm() <= tolerance);
}

void judge_hidden_layer(Activation activation, const Factors& own, const Factors& next, bool next_is_rank_one,
                        Real tolerance, RankOneLayer& layer) {
  if (!is_multiplicative(activation))
    layer.one_sign = verdict(own.q.minCoeff() >= -tolerance * own.q.maxCoeff());
  if (activation.power() >= 2) layer.equal_magnitude = equal_magnitude(own.q, tolerance);
  if (next_is_rank_one && layer.one_sign != Verdict::no)
    layer.aligned = aligned(next.r, activated(activation, own.q), tolerance);
}

/// Formula 3: prod_l c_l^{p^{m-l}} prod_l mu_l^{(1-p) p^{m-1-l} / 2}, c_l^2 = p^{m-l} / S, mu_l the number of
/// entries of q_l that are not zero.
Real value_factor(const Network& network, const std::vector<Factors>& factors, Real tolerance) {
  const auto p = static_cast<Real>(network.activation().power());
  const Vector share = expected_layer_shares(network);
  const int depth = static_cast<int>(factors.size());
  Real factor = 1;
  for (int l = 0; l < depth; ++l) {
    factor *= std::pow(share[l], std::pow(p, depth - 1 - l) / 2);
    if (l + 1 == depth) break;
    const Vector q = factors[static_cast<std::size_t>(l)].q.cwiseAbs();
    const auto active = static_cast<Real>((q.array() > tolerance * q.maxCoeff()).count());
    factor *= std::pow(active, (1 - p) * std::pow(p, depth - 2 - l) / 2);
  }
  return factor;
}

/// Signs of r_{l+1} . sigma(q_l); empty when one of the products vanishes, and with it the network.
std::vector<Real> layer_signs(Activation activation, const std::vector<Factors>& factors, Real tolerance) {
  std::vector<Real> signs;
  for (std::size_t l = 0; l + 1 < factors.size(); ++l) {
    const Real overlap = factors[l + 1].r.dot(activated(activation, factors[l].q).normalized());
    if (std::abs(overlap) <= tolerance) return {};
    signs.push_back(overlap > 0 ? Real(1) : Real(-1));
  }
  return signs;
}

template <class Condition>
bool none_fails(const std::vector<RankOneLayer>& layers, Condition condition) {
  for (const RankOneLayer& layer : layers)
    if (condition(layer) == Verdict::no) return false;
  return true;
}

void judge_scalar_problem(const Network& network, const Matrix& inputs, const Matrix& z,
                          const std::vector<Factors>& factors, Real tolerance, KktStructure& structure) {
  std::vector<Real> signs = layer_signs(network.activation(), factors, tolerance);
  if (signs.empty()) return;
  const Vector q = signs.back() * factors.back().q;
  signs.pop_back();
  const ComposedActivation tau(network.activation(), signs);
  const ScalarKkt scalar = scalar_kkt(tau, inputs, z, q, factors.front().r, tolerance);
  structure.scalar_residual = scalar.residual;
  // An upper bound of the residual proves a KKT point, but refutes none.
  if (scalar.resolved || scalar.residual <= tolerance)
    structure.scalar_kkt = verdict(scalar.residual <= tolerance);
  if (none_fails(structure.layers, [](const RankOneLayer& layer) { return layer.equal_magnitude; }) &&
      none_fails(structure.layers, [](const RankOneLayer& layer) { return layer.aligned; }))
    structure.predicted_value = value_factor(network, factors, tolerance) * scalar.value;
}

}  // namespace

Vector expected_layer_shares(const Network& network) {
  const int depth = network.layout().layer_count();
  Vector share(depth);
  share[depth - 1] = 1;
  for (int l = depth - 1; l > 0; --l)
    share[l - 1] = static_cast<Real>(network.activation().power()) * share[l];
  return share / share.sum();
}

void analyse_singular_values(const Network& network, const Vector& u, KktStructure& structure) {
  analyse_layers(network, u, structure);
}

void analyse_rank_one(const Network& network, const Matrix& inputs, const Matrix& z, const Vector& u,
                      Real tolerance, KktStructure& structure) {
  structure.predicted_value = std::numeric_limits<Real>::quiet_NaN();
  const std::vector<Factors> factors = analyse_layers(network, u, structure);
  std::vector<RankOneLayer>& layers = structure.layers;
  bool all = true;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool is_rank_one = layers[l].residual <= tolerance;
    all = all && is_rank_one;
    if (is_rank_one && l + 1 < layers.size())
      judge_hidden_layer(network.activation(), factors[l], factors[l + 1],
                         layers[l + 1].residual <= tolerance, tolerance, layers[l]);
  }
  structure.rank_one = verdict(all);
  // A network of one matrix is linear: u is its own scalar problem, without a tau.
  if (all && layers.size() > 1 &&
      none_fails(layers, [](const RankOneLayer& layer) { return layer.one_sign; }))
    judge_scalar_problem(network, inputs, z, factors, tolerance, structure);
}

}  // namespace saddleflow

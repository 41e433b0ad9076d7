#include "saddleflow/correlation/alignment.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/symmetry/assignment.hpp"
#include "saddleflow/symmetry/chain_match.hpp"
#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow {
namespace {

// A gain that grows by less than this part is what rounding of a sum makes of it: beyond, so that it ends.
constexpr Real kGainRounding = Real(8) * std::numeric_limits<Real>::epsilon();
// An exchange must gain more than the rounding of what follows it, and there is nothing to be gained where so
// little is missing.
constexpr Real kNoGain = Real(1e-12);
// Exchanges that are all tried, an assignment of every layer each: two layers of fifteen neurons. By
// judgement.
constexpr Index kMostExchanges = 256;

/// Unit vector along w, however small or large w is; 0 for w = 0.
Vector unit(const Vector& w) {
  const Real largest = w.cwiseAbs().maxCoeff();
  if (largest == 0) return w;
  const Vector scaled = w / largest;
  return scaled / scaled.norm();
}

void check_size(const Network& network, const Vector& u) {
  if (u.size() != network.parameter_count() || !u.allFinite())
    throw InputError(fmt::format("direction: found {} numbers{}, expected {} finite ones", u.size(),
                                 u.allFinite() ? "" : ", some of them not finite",
                                 network.parameter_count()));
}

enum class Weights { incoming, outgoing, all };

/// The order of layer l that gains most when all other layers stay, by the weights named.
LayerOrder best_order(const NeuronSymmetry& symmetry, int l, Weights weights, const Vector& point,
                      const Vector& direction) {
  const Index width = symmetry.width(l);
  Matrix in = symmetry.incoming(l, direction) * symmetry.incoming(l, point).transpose();
  Matrix out = symmetry.outgoing(l, direction) * symmetry.outgoing(l, point).transpose();
  if (weights == Weights::incoming) out.setZero();
  if (weights == Weights::outgoing) in.setZero();
  const Matrix turned = symmetry.sign() == SignSymmetry::both ? Matrix(in + out) : in;
  Matrix gain = in + out;
  if (symmetry.sign() != SignSymmetry::none) gain += turned.cwiseAbs() - turned;
  LayerOrder order;
  if (symmetry.permutes())
    order.source = best_assignment(gain);
  else
    for (Index k = 0; k < width; ++k) order.source.push_back(k);
  for (Index k = 0; k < width; ++k) {
    const bool turn =
        symmetry.sign() != SignSymmetry::none && turned(k, order.source[static_cast<std::size_t>(k)]) < 0;
    order.sign.push_back(turn ? Real(-1) : Real(1));
  }
  return order;
}

/// Layer by layer until no layer gains; the gain never falls.
Real improve(const NeuronSymmetry& symmetry, const Vector& direction, Vector& copy) {
  Real gain = copy.dot(direction);
  for (;;) {
    Vector next = copy;
    for (int l = 0; l < symmetry.layer_count(); ++l)
      symmetry.apply(l, best_order(symmetry, l, Weights::all, next, direction), next);
    const Real next_gain = next.dot(direction);
    if (next_gain <= gain + kGainRounding * std::abs(gain)) return gain;
    copy = next;
    gain = next_gain;
  }
}

/// Neurons i and j of one layer change places (i = j: the neuron changes its sign).
LayerOrder exchange(Index width, Index i, Index j) {
  LayerOrder order{std::vector<Index>(static_cast<std::size_t>(width)),
                   std::vector<Real>(static_cast<std::size_t>(width), Real(1))};
  std::iota(order.source.begin(), order.source.end(), Index(0));
  std::swap(order.source[static_cast<std::size_t>(i)], order.source[static_cast<std::size_t>(j)]);
  if (i == j) order.sign[static_cast<std::size_t>(i)] = -1;
  return order;
}

/// One exchange that, once the other layers have followed, leads to a larger gain; false when none does.
bool exchange_improves(const NeuronSymmetry& symmetry, const Vector& direction, Vector& copy, Real& gain) {
  for (int l = 0; l < symmetry.layer_count(); ++l)
    for (Index i = 0; i < symmetry.width(l); ++i)
      for (Index j = i; j < symmetry.width(l); ++j) {
        if (i == j && symmetry.sign() == SignSymmetry::none) continue;
        Vector trial = copy;
        symmetry.apply(l, exchange(symmetry.width(l), i, j), trial);
        for (int other = 0; other < symmetry.layer_count(); ++other)
          if (other != l)
            symmetry.apply(other, best_order(symmetry, other, Weights::all, trial, direction), trial);
        const Real trial_gain = improve(symmetry, direction, trial);
        if (trial_gain <= gain + kNoGain * std::abs(gain)) continue;
        copy = trial;
        gain = trial_gain;
        return true;
      }
  return false;
}

/// Whether there are few enough exchanges to try them all.
bool is_small(const NeuronSymmetry& symmetry) {
  Index pairs = 0;
  for (int l = 0; l < symmetry.layer_count(); ++l) pairs += symmetry.width(l) * (symmetry.width(l) + 1) / 2;
  return pairs <= kMostExchanges;
}

/// Where to start from: the point itself, layers matched from the inputs on by what comes in, from the
/// outputs back by what goes out, and along chains.
std::vector<Vector> first_copies(const NeuronSymmetry& symmetry, const Vector& point,
                                 const Vector& direction) {
  std::vector<Vector> copies(symmetry.layer_count() > 1 ? 4 : 1, point);
  if (copies.size() == 1) return copies;
  const std::vector<LayerOrder> chains = match_chains(symmetry, point, direction);
  for (int l = 0; l < symmetry.layer_count(); ++l) {
    const int back = symmetry.layer_count() - 1 - l;
    symmetry.apply(l, best_order(symmetry, l, Weights::incoming, copies[1], direction), copies[1]);
    symmetry.apply(back, best_order(symmetry, back, Weights::outgoing, copies[2], direction), copies[2]);
    symmetry.apply(l, chains[static_cast<std::size_t>(l)], copies[3]);
  }
  return copies;
}

Vector neuron_cosines(const Network& network, const Vector& partner, const Vector& u) {
  const std::vector<Neuron>& neurons = network.neurons();
  Vector cosine(static_cast<Index>(neurons.size()));
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    std::vector<Index> own = neurons[k].incoming;
    own.insert(own.end(), neurons[k].outgoing.begin(), neurons[k].outgoing.end());
    const Vector other = partner(own);
    cosine[static_cast<Index>(k)] =
        other.norm() > kZeroWeight ? unit(other).dot(unit(u(own))) : std::numeric_limits<Real>::quiet_NaN();
  }
  return cosine;
}

}  // namespace

Vector nearest_copy(const Network& network, const Vector& point, const Vector& direction) {
  check_size(network, point);
  check_size(network, direction);
  const NeuronSymmetry symmetry(network);
  const Vector along = unit(direction);
  Vector best;
  Real best_gain = -std::numeric_limits<Real>::infinity();
  for (Vector& copy : first_copies(symmetry, point, along)) {
    const Real gain = improve(symmetry, along, copy);
    if (gain > best_gain) {
      best_gain = gain;
      best = copy;
    }
  }
  // The point's own norm cannot be improved on.
  if (symmetry.layer_count() > 1 && is_small(symmetry))
    while (best_gain < (1 - kNoGain) * point.norm() && exchange_improves(symmetry, along, best, best_gain)) {
    }
  return best;
}

Alignment align(Correlation& correlation, const std::vector<Vector>& points, const Vector& w) {
  const Network& network = correlation.network();
  check_size(network, w);
  const Vector u = unit(w);
  Alignment result;
  result.neuron_cosine =
      Vector::Constant(static_cast<Index>(network.neurons().size()), std::numeric_limits<Real>::quiet_NaN());
  Vector nearest;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const Vector copy = nearest_copy(network, points[k], u);
    const Real cosine = u.dot(copy);
    if (result.nearest >= 0 && cosine <= result.cosine) continue;
    result.nearest = static_cast<Index>(k);
    result.cosine = cosine;
    nearest = copy;
  }
  if (result.nearest >= 0) result.neuron_cosine = neuron_cosines(network, nearest, u);
  Vector g;
  const Real value = correlation.gradient(u, g);
  const Real size = g.norm();
  if (size > 0) result.kkt_residual = (g - static_cast<Real>(network.degree()) * value * u).norm() / size;
  return result;
}

}  // namespace saddleflow

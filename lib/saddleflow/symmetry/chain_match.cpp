#include "saddleflow/symmetry/chain_match.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

constexpr Real impossible = -std::numeric_limits<Real>::infinity();

std::size_t at(Index i) { return static_cast<std::size_t>(i); }
std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// One neuron of every hidden layer, with the sign it gets.
struct Chain {
  std::vector<Index> neuron;
  std::vector<Real> sign;
};

class ChainMatch {
 public:
  ChainMatch(const NeuronSymmetry& symmetry, const Vector& point, const Vector& direction)
      : symmetry_(symmetry), point_(point), direction_(direction) {
    for (int l = 0; l < symmetry.layer_count(); ++l) {
      orders_.push_back(
          {std::vector<Index>(at(symmetry.width(l)), -1), std::vector<Real>(at(symmetry.width(l)), Real(1))});
      placed_.emplace_back(at(symmetry.width(l)), false);
      chains_ = l == 0 ? symmetry.width(l) : std::min(chains_, symmetry.width(l));
    }
  }

  std::vector<LayerOrder> match() {
    for (Index c = 0; c < chains_; ++c) {
      const std::vector<Index> path = strongest_path();
      const Chain target = best_target(path);
      for (std::size_t l = 0; l < path.size(); ++l) {
        placed_[l][at(path[l])] = true;
        orders_[l].source[at(target.neuron[l])] = path[l];
        orders_[l].sign[at(target.neuron[l])] = target.sign[l];
      }
    }
    for (std::size_t l = 0; l < orders_.size(); ++l) place_rest(l);
    return orders_;
  }

 private:
  const Neuron& neuron(int l, Index k) const { return symmetry_.layer(l)[at(k)]; }

  std::vector<Index> strongest_path() const {
    std::vector<Index> path;
    for (int l = 0; l < symmetry_.layer_count(); ++l) {
      Index best = -1;
      Real largest = -1;
      for (Index k = 0; k < symmetry_.width(l); ++k) {
        if (placed_[at(l)][at(k)]) continue;
        const std::vector<Index>& in = neuron(l, k).incoming;
        const Real size = l == 0 ? point_(in).norm() : std::abs(point_[in[at(path.back())]]);
        if (size > largest) {
          largest = size;
          best = k;
        }
      }
      path.push_back(best);
    }
    return path;
  }

  // States of a layer: 2 k + (0 for the sign +1, 1 for -1).
  static Index neuron_of(Index state) { return state / 2; }
  static Real sign_of(Index state) { return state % 2 == 0 ? Real(1) : Real(-1); }
  Real outgoing_sign(Index state) const {
    return symmetry_.sign() == SignSymmetry::both ? sign_of(state) : Real(1);
  }
  bool is_allowed(int l, Index state) const {
    return orders_[at(l)].source[at(neuron_of(state))] < 0 &&
           (sign_of(state) > 0 || symmetry_.sign() != SignSymmetry::none);
  }

  Real first_gain(const std::vector<Index>& path, Index state) const {
    return sign_of(state) *
           direction_(neuron(0, neuron_of(state)).incoming).dot(point_(neuron(0, path.front()).incoming));
  }
  Real link_gain(const std::vector<Index>& path, int l, Index from, Index to) const {
    const Real own = point_[neuron(l, path[at(l)]).incoming[at(path[at(l - 1)])]];
    const Real other = direction_[neuron(l, neuron_of(to)).incoming[at(neuron_of(from))]];
    return sign_of(to) * outgoing_sign(from) * own * other;
  }
  Real last_gain(const std::vector<Index>& path, Index state) const {
    const int l = symmetry_.layer_count() - 1;
    return outgoing_sign(state) *
           direction_(neuron(l, neuron_of(state)).outgoing).dot(point_(neuron(l, path.back()).outgoing));
  }

  /// Viterbi's recursion over the layers.
  Chain best_target(const std::vector<Index>& path) const {
    const int depth = symmetry_.layer_count();
    std::vector<std::vector<Index>> previous(at(depth));
    Vector gain(2 * symmetry_.width(0));
    for (Index state = 0; state < gain.size(); ++state)
      gain[state] = is_allowed(0, state) ? first_gain(path, state) : impossible;
    for (int l = 1; l < depth; ++l) {
      Vector next = Vector::Constant(2 * symmetry_.width(l), impossible);
      previous[at(l)].assign(at(next.size()), -1);
      for (Index to = 0; to < next.size(); ++to) {
        if (!is_allowed(l, to)) continue;
        for (Index from = 0; from < gain.size(); ++from) {
          if (gain[from] == impossible) continue;
          const Real through = gain[from] + link_gain(path, l, from, to);
          if (through > next[to]) {
            next[to] = through;
            previous[at(l)][at(to)] = from;
          }
        }
      }
      gain = next;
    }
    for (Index state = 0; state < gain.size(); ++state)
      if (gain[state] != impossible) gain[state] += last_gain(path, state);
    Index state = 0;
    gain.maxCoeff(&state);
    Chain chain{std::vector<Index>(at(depth)), std::vector<Real>(at(depth))};
    for (int l = depth - 1; l >= 0; --l) {
      chain.neuron[at(l)] = neuron_of(state);
      chain.sign[at(l)] = sign_of(state);
      if (l > 0) state = previous[at(l)][at(state)];
    }
    return chain;
  }

  /// Neurons beyond the width of the narrowest layer, in their order.
  void place_rest(std::size_t l) {
    Index next = 0;
    for (Index& source : orders_[l].source) {
      if (source >= 0) continue;
      while (placed_[l][at(next)]) ++next;
      source = next++;
    }
  }

  const NeuronSymmetry& symmetry_;
  const Vector &point_, &direction_;
  std::vector<LayerOrder> orders_;
  std::vector<std::vector<bool>> placed_;
  Index chains_ = 0;
};

}  // namespace

std::vector<LayerOrder> match_chains(const NeuronSymmetry& symmetry, const Vector& point,
                                     const Vector& direction) {
  return ChainMatch(symmetry, point, direction).match();
}

}  // namespace saddleflow

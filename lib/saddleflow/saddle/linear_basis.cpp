#include "saddleflow/saddle/linear_basis.hpp"

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/hidden_weights.hpp"

namespace saddleflow {

namespace {

enum class Turn { into_basis, back };

Vector rotated(const Network& network, Vector w, const std::vector<Matrix>& rotations, Turn turn) {
  for (std::size_t k = 0; k < rotations.size(); ++k) {
    const int l = static_cast<int>(k);
    const Matrix r = turn == Turn::back ? Matrix(rotations[k].transpose()) : rotations[k];
    HiddenWeights weights = hidden_weights(network, w, l);
    weights = {r.transpose() * weights.incoming, weights.outgoing * r};
    set_hidden_weights(network, l, weights, w);
  }
  return w;
}

}  // namespace

Vector HiddenBasis::enter(const Network& network, const Vector& w) const {
  return rotated(network, w, rotations, Turn::into_basis);
}

Vector HiddenBasis::leave(const Network& network, const Vector& w) const {
  return rotated(network, w, rotations, Turn::back);
}

HiddenBasis principal_basis(const Network& network, const Vector& w) {
  HiddenBasis basis;
  if (!network.traits().mixes()) return basis;
  for (int l = 0; l < network.hidden_layer_count(); ++l) {
    const HiddenWeights weights = hidden_weights(network, w, l);
    const Matrix sum =
        weights.incoming * weights.incoming.transpose() + weights.outgoing.transpose() * weights.outgoing;
    basis.rotations.push_back(symmetric_eigen(sum, "basis of a hidden layer").vectors.rowwise().reverse());
  }
  return basis;
}

}  // namespace saddleflow

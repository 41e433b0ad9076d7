#include "saddleflow/saddle/linear_basis.hpp"

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

namespace {

Vector rotated(const Network& network, Vector w, const std::vector<Matrix>& rotations, bool back) {
  const Layout& layout = network.layout();
  for (std::size_t k = 0; k < rotations.size(); ++k) {
    const int l = static_cast<int>(k);
    const Matrix r = back ? Matrix(rotations[k].transpose()) : rotations[k];
    const Matrix in = r.transpose() * layout.matrix(w, l);
    const Matrix out = layout.matrix(w, l + 1) * r;
    layout.matrix(w, l) = in;
    layout.matrix(w, l + 1) = out;
  }
  return w;
}

}  // namespace

Vector HiddenBasis::enter(const Network& network, const Vector& w) const {
  return rotated(network, w, rotations, false);
}

Vector HiddenBasis::leave(const Network& network, const Vector& w) const {
  return rotated(network, w, rotations, true);
}

HiddenBasis principal_basis(const Network& network, const Vector& w) {
  HiddenBasis basis;
  if (!network.traits().layered || !network.traits().mixes()) return basis;
  const Layout& layout = network.layout();
  for (int l = 0; l + 1 < layout.layer_count(); ++l) {
    const Matrix in = layout.matrix(w, l), out = layout.matrix(w, l + 1);
    const Matrix sum = in * in.transpose() + out.transpose() * out;
    basis.rotations.push_back(symmetric_eigen(sum, "basis of a hidden layer").vectors.rowwise().reverse());
  }
  return basis;
}

}  // namespace saddleflow

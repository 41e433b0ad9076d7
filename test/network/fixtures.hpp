// Networks, data and weights that the tests of networks and objectives share.
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <vector>

#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow::test {

/// Every activation of THEORY.md, section 1, and the leaky powers beyond it.
inline std::vector<Activation> activations() {
  return {Activation(Real(1), 1),  Activation(Real(0), 1),  Activation(Real(0.1), 1),
          Activation(Real(-1), 1), Activation(Real(0), 2),  Activation(Real(-1), 2),
          Activation(Real(0), 3),  Activation(Real(0.3), 2)};
}

class RandomMatrices {
 public:
  explicit RandomMatrices(unsigned seed) : engine_(seed) {}

  Vector vector(Index size) { return matrix(size, 1); }
  Matrix matrix(Index rows, Index cols) {
    Matrix m(rows, cols);
    for (Index j = 0; j < cols; ++j)
      for (Index i = 0; i < rows; ++i) m(i, j) = static_cast<Real>(normal_(engine_));
    return m;
  }
  /// Entries -1 and 1.
  Matrix signs(Index rows, Index cols) {
    return matrix(rows, cols).unaryExpr([](Real x) { return x < Real(0) ? Real(-1) : Real(1); });
  }
  /// Columns of a 1 and else 0.
  Matrix one_hot(Index rows, Index cols) {
    const Matrix scores = matrix(rows, cols);
    Matrix classes = Matrix::Zero(rows, cols);
    for (Index i = 0; i < cols; ++i) {
      Index c = 0;
      scores.col(i).maxCoeff(&c);
      classes(c, i) = 1;
    }
    return classes;
  }
  /// Targets that the loss takes: numbers, signs or classes.
  Matrix targets(const LossFunction& loss, Index rows, Index cols) {
    const LossTraits traits = loss.traits();
    if (!traits.classification) return matrix(rows, cols);
    return traits.separable ? signs(rows, cols) : one_hot(rows, cols);
  }

 private:
  boost::random::mt19937 engine_;
  boost::random::normal_distribution<double> normal_;
};

/// Layer sizes of a small network with `depth` weight matrices; no two neighbouring layers of one size.
inline std::vector<Index> small_sizes(int depth, Index outputs) {
  const std::vector<Index> all{3, 4, 2, 3, 2};
  std::vector<Index> sizes(all.begin(), all.begin() + depth);
  sizes.push_back(outputs);
  return sizes;
}

/// RandomMatrices weights under which the pre-activations of every layer reach 1.5 in magnitude, whatever
/// depth and degree.
inline Vector ordinary_weights(const Network& network, const Matrix& inputs, RandomMatrices& random) {
  const Layout& layout = network.layout();
  if (network.kind() != "feed_forward") return random.vector(layout.size()) / Real(2);
  Vector w;
  bool alive = false;
  while (!alive) {
    w = random.vector(layout.size());
    alive = true;
    Matrix a = inputs;
    for (int l = 0; l < layout.layer_count(); ++l) {
      Matrix z = layout.matrix(w, l) * a;
      const Real largest = z.cwiseAbs().maxCoeff();
      alive = alive && largest > Real(0);
      if (!alive) break;
      layout.matrix(w, l) *= Real(1.5) / largest;
      z *= Real(1.5) / largest;
      network.activation().value(z, a);
    }
  }
  return w;
}

}  // namespace saddleflow::test

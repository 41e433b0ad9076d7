// All critical points of deep linear networks with whitened inputs, by the subsets of singular values that
// they have learnt, and their Hessians block by block.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow::test {

/// L = |W_m ... W_1 X - Y|^2 / 2 with X X^T = 1 (inputs x samples) and Y = U diag(s) V^T X + E, E X^T = 0:
/// but for |E|^2 / 2 that is |W_m ... W_1 - U diag(s) V^T|^2 / 2. U, V square: Sigma = U diag(s) V^T has
/// distinct singular values s, none of them zero. Every W = W_m ... W_1 at a critical point of two layers is
/// then that of a subset S of them (P. Baldi and K. Hornik, Neural Networks 2 (1989) 53), and the points that
/// have it are one orbit of GL(hidden).
class LinearProblem {
 public:
  LinearProblem(std::uint64_t seed, const Vector& singular_values, Index width, int layers)
      : s(singular_values), width_(width), layers_(layers) {
    Random random(seed);
    const Index r = s.size(), samples = 2 * r + 1;
    u_ = random.orthonormal_columns(r, r);
    v_ = random.orthonormal_columns(r, r);
    for (int l = 1; l < layers; ++l) bases_.push_back(random.orthonormal_columns(width, width));
    const Matrix frame = random.orthonormal_columns(samples, 2 * r).transpose();
    inputs_ = frame.topRows(r);
    excess_ = Real(0.3) * frame.bottomRows(r);
  }

  Objective objective() const {
    std::vector<Index> sizes(static_cast<std::size_t>(layers_ + 1), width_);
    sizes.front() = sizes.back() = s.size();
    Dataset data;
    data.inputs = inputs_;
    data.targets = u_ * s.asDiagonal() * v_.transpose() * inputs_ + excess_;
    data.origin = "singular subsets";
    return Objective(feed_forward(sizes, Activation(1, 1)), data, Loss());
  }

  /// Numbers of singular values, the bits of `mask`.
  std::vector<Index> subset(unsigned mask) const {
    std::vector<Index> members;
    for (Index i = 0; i < s.size(); ++i)
      if (mask >> i & 1U) members.push_back(i);
    return members;
  }

  enum class HiddenBases { random, neurons };
  /// The balanced point: W_l = R_l D R_{l-1}^T with D_kk = s_i^{1/m} for the k-th member i of S, R_0 = V, R_m
  /// = U. The hidden bases R_l are random, or the neurons themselves.
  Vector point(const Layout& layout, unsigned mask, HiddenBases bases = HiddenBases::random) const {
    const std::vector<Index> members = subset(mask);
    Vector w = Vector::Zero(layout.size());
    for (int l = 0; l < layers_; ++l) {
      const Index rows = layout.layer(l).rows, cols = layout.layer(l).cols;
      const bool first = l == 0, last = l + 1 == layers_;
      Matrix d = Matrix::Zero(rows, cols);
      for (std::size_t k = 0; k < members.size(); ++k) {
        const auto slot = static_cast<Index>(k);
        d(last ? members[k] : slot, first ? members[k] : slot) = root(members[k]);
      }
      const Matrix left = last ? u_ : basis(l, bases), right = first ? v_ : basis(l - 1, bases);
      layout.matrix(w, l) = left * d * right.transpose();
    }
    return w;
  }

  Matrix product(unsigned mask) const {
    Matrix p = Matrix::Zero(s.size(), s.size());
    for (const Index i : subset(mask)) p += s[i] * u_.col(i) * v_.col(i).transpose();
    return p;
  }
  Real loss(unsigned mask) const {
    Real sum = excess_.squaredNorm();
    for (Index i = 0; i < s.size(); ++i)
      if (!(mask >> i & 1U)) sum += s[i] * s[i];
    return sum / 2;
  }

  /// s_i^{1/m}.
  Real root(Index i) const { return std::pow(s[i], 1 / static_cast<Real>(layers_)); }
  const Matrix& left() const { return u_; }
  const Matrix& right() const { return v_; }
  const Matrix& basis_of(int l) const { return bases_[static_cast<std::size_t>(l)]; }
  Index width() const { return width_; }

  Vector s;

 private:
  Matrix basis(int l, HiddenBases bases) const {
    return bases == HiddenBases::neurons ? Matrix(Matrix::Identity(width_, width_))
                                         : bases_[static_cast<std::size_t>(l)];
  }

  Index width_;
  int layers_;
  Matrix u_, v_, inputs_, excess_;
  std::vector<Matrix> bases_;
};

inline Matrix product_of(const Layout& layout, const Vector& w) {
  Matrix product = layout.matrix(w, 0);
  for (int l = 1; l < layout.layer_count(); ++l) product = layout.matrix(w, l) * product;
  return product;
}

struct Inertia {
  Index negative = 0, zero = 0, positive = 0;
  bool operator==(const Inertia&) const = default;
};

inline Inertia inertia_of(const std::vector<Real>& eigenvalues) {
  Inertia result;
  for (const Real lambda : eigenvalues)
    ++(lambda < 0 ? result.negative : lambda > 0 ? result.positive : result.zero);
  return result;
}

/// Two layers. With A_2 = A_1^T = diag(sqrt s) on S and zero elsewhere, and (P, Q) the changes of (W_2, W_1)
/// in singular coordinates, <v, H v> = |A_2 Q + P A_1|^2 - 2 sum_{j not in S} s_j (P Q)_jj falls apart into
///   i, j in S         (sqrt(s_i) Q_ij + sqrt(s_j) P_ij)^2               s_i + s_j, 0
///   i in S, j not     s_i (Q_ij^2 + P_ji^2) - 2 s_j P_ji Q_ij           s_i - s_j, s_i + s_j
///   m free, i in S    nothing, for P_im and Q_mi                        0, 0
///   m free, j not     - 2 s_j P_jm Q_mj                                 -s_j, s_j
/// with the free hidden directions m, width - |S| of them.
inline std::vector<Real> two_layer_eigenvalues(const LinearProblem& problem, unsigned mask) {
  const Vector& s = problem.s;
  const Index free = problem.width() - static_cast<Index>(problem.subset(mask).size());
  std::vector<Real> values;
  for (Index j = 0; j < s.size(); ++j) {
    const bool learnt = mask >> j & 1U;
    for (const Index i : problem.subset(mask)) {
      values.push_back(learnt ? Real(0) : s[i] - s[j]);
      values.push_back(s[i] + s[j]);
    }
    for (Index m = 0; m < free; ++m) {
      values.push_back(learnt ? Real(0) : -s[j]);
      values.push_back(learnt ? Real(0) : s[j]);
    }
  }
  return values;
}

}  // namespace saddleflow::test

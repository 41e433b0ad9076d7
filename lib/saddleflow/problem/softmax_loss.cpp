// Cross-entropy of k classes. Of a sample of class c only the differences d_j = yhat_j - yhat_c count, and
// nothing is taken from one: the loss is k/(k-1) ln(1 + sum_{j != c} e^{d_j}), p_j = e^{d_j} / (1 + sum), and
// what belongs to c is the sum of what belongs to the others. So a loss of 1e-100 and its derivatives have
// all their digits. With the largest of 0 and the d_j taken out of the exponents nothing overflows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/losses.hpp"

namespace saddleflow {

namespace {

using OutputColumn = Eigen::Ref<const Vector>;

/// k/(k-1).
Real class_factor(Index classes) { return static_cast<Real>(classes) / static_cast<Real>(classes - 1); }

Index class_of(const OutputColumn& one_hot) {
  Index c = 0;
  while (c + 1 < one_hot.size() && one_hot[c] != Real(1)) ++c;
  return c;
}

Real largest_exponent(const OutputColumn& yhat, Index c) {
  Real largest = 0;
  for (Index j = 0; j < yhat.size(); ++j) largest = std::max(largest, yhat[j] - yhat[c]);
  return largest;
}

/// ln(1 + sum_{j != c} e^{d_j}). The term that has been taken out is the one of log1p.
Real log_partition(const OutputColumn& yhat, Index c) {
  using std::exp, std::log1p;
  const Real largest = largest_exponent(yhat, c);
  Real others = 0;
  bool skipped = largest == Real(0);  // the 1 itself
  for (Index j = 0; j < yhat.size(); ++j) {
    if (j == c) continue;
    const Real d = yhat[j] - yhat[c];
    if (!skipped && d == largest)
      skipped = true;
    else
      others += exp(d - largest);
  }
  if (largest > Real(0)) others += exp(-largest);
  return largest + log1p(others);
}

/// p_j of all classes; p_c as it is, which has lost nothing.
template <class Column>
void class_probabilities(const OutputColumn& yhat, Index c, Column&& p) {
  using std::exp;
  const Real largest = largest_exponent(yhat, c);
  for (Index j = 0; j < yhat.size(); ++j) p[j] = exp(j == c ? -largest : yhat[j] - yhat[c] - largest);
  p /= p.sum();
}

class SoftmaxLoss final : public LossFunction {
 public:
  std::string name() const override { return "softmax"; }
  LossTraits traits() const override {
    return {.convex = true, .bounded_below = true, .classification = true};
  }

  Real value(const Matrix& outputs, const Matrix& targets) const override {
    Real sum = 0;
    for (Index i = 0; i < outputs.cols(); ++i) sum += log_partition(outputs.col(i), class_of(targets.col(i)));
    return class_factor(outputs.rows()) * sum;
  }

  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r.resize(outputs.rows(), outputs.cols());
    for (Index i = 0; i < outputs.cols(); ++i) {
      const Index c = class_of(targets.col(i));
      class_probabilities(outputs.col(i), c, r.col(i));
      r(c, i) = 0;
      r(c, i) = -r.col(i).sum();
    }
    r *= class_factor(outputs.rows());
  }

  /// diag(p) - p p^T: each diagonal entry is minus the sum of its row's others.
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    const Index k = outputs.rows();
    const Real factor = class_factor(k);
    c.diagonal.resize(k, outputs.cols());
    c.off_diagonal.resize(k * (k - 1) / 2, outputs.cols());
    for (Index i = 0; i < outputs.cols(); ++i) {
      auto p = c.diagonal.col(i);
      auto pairs = c.off_diagonal.col(i);
      class_probabilities(outputs.col(i), class_of(targets.col(i)), p);
      Index pair = 0;
      for (Index a = 0; a < k; ++a)
        for (Index b = a + 1; b < k; ++b) pairs[pair++] = -factor * p[a] * p[b];
      p.setZero();
      pair = 0;
      for (Index a = 0; a < k; ++a) {
        for (Index b = a + 1; b < k; ++b, ++pair) {
          p[a] -= pairs[pair];
          p[b] -= pairs[pair];
        }
      }
    }
  }

  void check_targets(const Matrix& targets) const override {
    if (targets.rows() < 2)
      throw InputError(fmt::format(
          "targets: found {} output, the softmax loss expects at least two, one a class", targets.rows()));
    for (Index i = 0; i < targets.cols(); ++i) {
      Index ones = 0;
      for (Index o = 0; o < targets.rows(); ++o) {
        const Real y = targets(o, i);
        if (y != Real(0) && (y != Real(1) || ++ones > 1)) refuse_target(y, i, o, kOneHot);
      }
      if (ones == 0) refuse_target(0, i, targets.rows() - 1, kOneHot);
    }
  }

  Matrix encoded_targets(const Matrix& given, Index outputs) const override {
    if (given.rows() != 1 || outputs < 2) return given;
    const Real first = (given.array() == Real(0)).any() ? Real(0) : Real(1);
    Matrix one_hot = Matrix::Zero(outputs, given.cols());
    for (Index i = 0; i < given.cols(); ++i) {
      const Real label = given(0, i), place = label - first;
      if (!(place >= 0 && place < static_cast<Real>(outputs)) || place != std::floor(place))
        refuse_target(
            label, i, 0,
            fmt::format("class labels {} ... {} of {} outputs, or one-hot columns", static_cast<Index>(first),
                        static_cast<Index>(first) + outputs - 1, outputs));
      one_hot(static_cast<Index>(place), i) = 1;
    }
    return one_hot;
  }

  /// yhat_c - yhat_j with the weights k/(k-1) p_j, j in ascending order.
  void margin_terms(const Matrix& outputs, const Matrix& targets, Matrix& margins,
                    Matrix& weights) const override {
    const Index k = outputs.rows();
    Matrix r;
    derivative(outputs, targets, r);
    margins.resize(k - 1, outputs.cols());
    weights.resize(k - 1, outputs.cols());
    for (Index i = 0; i < outputs.cols(); ++i) {
      const Index c = class_of(targets.col(i));
      for (Index j = 0, row = 0; j < k; ++j) {
        if (j == c) continue;
        margins(row, i) = outputs(c, i) - outputs(j, i);
        weights(row++, i) = r(j, i);
      }
    }
  }

 private:
  static constexpr const char* kOneHot = "one-hot columns, one 1 and else 0";
};

}  // namespace

LossPointer softmax_loss() {
  static const LossPointer loss = std::make_shared<SoftmaxLoss>();
  return loss;
}

}  // namespace saddleflow

// The oracle of the kernels: networks and losses written out as loops over scalars, differentiated by
// hyper-dual numbers, one pair of parameters at a time. Shares no code and no formula with the library.
#pragma once

#include <limits>
#include <vector>

#include "network/hyper_dual.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow::test {

using Numbers = std::vector<HyperDual>;

/// A scalar function of all outputs of all samples; weights r (outputs x n): sum r H.
struct SlowProblem {
  const Network& network;
  const Matrix& inputs;
  const Matrix& targets;  // or r
  enum class Kind { square, logistic, exponential, softmax, weighted } kind;
  Reduction reduction = Reduction::sum;
  mutable long double kink_distance = std::numeric_limits<long double>::infinity();

  HyperDual operator()(const Numbers& w) const;
};

using LongVector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;
using LongMatrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;

struct SlowDerivatives {
  long double value = 0;
  LongVector gradient;
  LongMatrix hessian;
};

SlowDerivatives differentiate(const SlowProblem& problem, const Vector& w);

/// max |a - b| / max |b|.
template <class A, class B>
double relative_error(const A& a, const B& b) {
  const long double scale = b.cwiseAbs().maxCoeff();
  const long double error =
      (a.template cast<long double>() - b.template cast<long double>()).cwiseAbs().maxCoeff();
  return static_cast<double>(scale > 0 ? error / scale : error);
}

}  // namespace saddleflow::test

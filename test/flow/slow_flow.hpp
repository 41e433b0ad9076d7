// Gradient flow of feed-forward networks under the losses of classes, written out as loops over long doubles:
// the classical method of order four with equal steps, each cut where a pre-activation changes its sign.
// Shares no code and no formula with the library.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow::test {

using LongNumbers = std::vector<long double>;

struct SlowFlow {
  enum class Kind { logistic, exponential, softmax };
  std::vector<int> sizes;  ///< inputs, hidden widths, outputs
  long double slope = 1;   ///< of max(s, slope s)^power
  int power = 1;
  Kind kind = Kind::logistic;
  std::vector<LongNumbers> inputs, targets;  ///< a row a sample; softmax: one-hot

  /// Steps of this length up to `linear_until`, later ones of `step_in_log` in ln t.
  long double step = 1e-3L, linear_until = 20, step_in_log = 5e-3L;
};

SlowFlow slow_flow(const std::vector<Index>& sizes, Real slope, int power, SlowFlow::Kind kind,
                   const Matrix& inputs, const Matrix& targets);

struct SlowPath {
  std::vector<Vector> weights;  ///< in the library's order, one at each time
  int crossings = 0;            ///< changes of a sign
};

/// At ascending times > 0. Throws where more signs change than a flow that does not slide would (300).
SlowPath slow_path(const SlowFlow& flow, const Vector& w0, const std::vector<Real>& times);

}  // namespace saddleflow::test

#include "saddleflow/problem/test_score.hpp"

#include <utility>

#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

TestScore test_score(std::shared_ptr<const Network> network, const Vector& w, const Dataset& test,
                     const Loss& loss) {
  Objective objective(std::move(network), test, Loss(loss.shared_function(), Reduction::mean));
  TestScore score;
  score.loss = objective.value(w);
  const Matrix& h = objective.outputs(w);
  const Matrix& y = objective.data().targets;
  if (loss.traits().classification) {
    score.error = loss.function().error_rate(h, y);
    return score;
  }
  const Vector mean = y.rowwise().mean();
  score.error = (h - y).squaredNorm() / (y.colwise() - mean).squaredNorm();
  return score;
}

}  // namespace saddleflow

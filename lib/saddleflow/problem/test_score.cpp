#include "saddleflow/problem/test_score.hpp"

#include <utility>

#include "saddleflow/problem/fitting_data.hpp"

namespace saddleflow {

TestGauge::TestGauge(std::shared_ptr<const Network> network, Dataset test, const Loss& loss)
    : test_(std::move(test)),
      loss_(loss.shared_function(), Reduction::mean),
      pass_(fitting(std::move(network), test_, loss_), test_.inputs, "weights"),
      spread_((test_.targets.colwise() - test_.targets.rowwise().mean().eval()).squaredNorm()) {}

TestScore TestGauge::score(const Vector& w) {
  pass_.move_to(w);
  const Matrix& h = pass_.outputs();
  const Matrix& y = test_.targets;
  TestScore score;
  score.loss = loss_.value(h, y);
  score.error =
      loss_.traits().classification ? loss_.function().error_rate(h, y) : (h - y).squaredNorm() / spread_;
  return score;
}

TestScore test_score(std::shared_ptr<const Network> network, const Vector& w, const Dataset& test,
                     const Loss& loss) {
  return TestGauge(std::move(network), test, loss).score(w);
}

}  // namespace saddleflow

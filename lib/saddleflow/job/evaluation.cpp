#include "saddleflow/job/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/job/path_between.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/problem/test_score.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/study/stored_data.hpp"

namespace saddleflow {

namespace {

constexpr Real kUnknown = std::numeric_limits<Real>::quiet_NaN();

std::vector<Real> times_of_events(const archive::RunReader& run) {
  std::vector<Real> times;
  for (const archive::EventRow& event : run.event_rows()) times.push_back(static_cast<Real>(event.time));
  std::ranges::sort(times);
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

/// The function of a network at points that have no targets.
std::unique_ptr<Objective> function_at(const KktProblem& problem, const Matrix& inputs) {
  const Dataset& training = problem.objective->data();
  const Index expected = training.inputs.rows() - (training.bias ? 1 : 0);
  if (inputs.rows() != expected)
    throw InputError(fmt::format("inputs: found points of {} numbers, expected {} as in {}", inputs.rows(),
                                 expected, problem.run->path()));
  Dataset data;
  auto network = problem.objective->shared_network();
  data.inputs = inputs;
  if (const MeansNetwork* means = as_means(*network)) {
    data.inputs = means->function_inputs(inputs, training.inputs);
    network = means->function();
  }
  if (training.bias) {
    data.inputs.conservativeResize(inputs.rows() + 1, Eigen::NoChange);
    data.inputs.bottomRows(1).setOnes();
  }
  data.targets = Matrix::Zero(training.targets.rows(), inputs.cols());
  return std::make_unique<Objective>(std::move(network), std::move(data), Loss());
}

class Evaluator {
 public:
  Evaluator(KktProblem& problem, const EvaluationOptions& options)
      : problem_(problem), options_(options), test_(stored_problem_data(problem.description).test) {
    if (options.inputs) points_ = function_at(problem, *options.inputs);
    if (test_)
      test_function_ =
          std::make_unique<Objective>(problem.objective->shared_network(), *test_, problem.objective->loss());
  }

  Evaluation run() {
    const std::vector<Real> times = options_.times.empty() ? times_of_events(*problem_.run) : options_.times;
    Evaluation evaluation;
    for (WeightsAt& at : weights_between(problem_, times, options_.interrupt)) {
      if (options_.progress)
        options_.progress(fmt::format("time {} of {}", evaluation.times.size() + 1, times.size()));
      evaluation.times.push_back(look(std::move(at)));
      if (stopped()) break;
    }
    evaluation.interrupted = evaluation.times.size() < times.size();
    return evaluation;
  }

 private:
  bool stopped() const { return options_.interrupt && *options_.interrupt; }

  EvaluatedTime look(WeightsAt at) {
    Objective& objective = *problem_.objective;
    EvaluatedTime result;
    result.time = at.time;
    result.weights = std::move(at.weights);
    result.error = at.error;
    const Vector& w = result.weights;
    Vector gradient(w.size());
    result.loss = objective.gradient(w, gradient);
    result.gradient_norm = gradient.norm();
    result.outputs = objective.outputs(w);
    result.test_loss = result.test_error = kUnknown;
    if (test_) {
      const TestScore score = test_score(objective.shared_network(), w, *test_, objective.loss());
      result.test_loss = score.loss;
      result.test_error = score.error;
      result.test_outputs = test_function_->outputs(w);
    }
    if (points_) result.values = points_->outputs(w);
    if (options_.spectrum != SpectrumPart::none) result.eigenvalues = spectrum(w);
    return result;
  }

  Vector spectrum(const Vector& w) {
    SpectrumOptions options;
    if (options_.spectrum == SpectrumPart::whole) options.dense_limit = w.size();
    options.counts = false;
    const Vector all = hessian_spectrum(*problem_.objective, w, options).eigenvalues;
    if (options_.spectrum == SpectrumPart::whole || all.size() <= 2 * options.ends) return all;
    Vector ends(2 * options.ends);
    ends << all.head(options.ends), all.tail(options.ends);
    return ends;
  }

  KktProblem& problem_;
  const EvaluationOptions& options_;
  std::optional<Dataset> test_;
  std::unique_ptr<Objective> points_, test_function_;
};

}  // namespace

Evaluation evaluate_run(KktProblem& problem, const EvaluationOptions& options) {
  return Evaluator(problem, options).run();
}

}  // namespace saddleflow

// How well what is learnt holds on new samples: Neuron Pursuit, the flow from a small start, and gradient
// descent from a standard start, on the same data and at the same width. The job of sf-experiment.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// What learns.
enum class LearningMethod { pursuit, flow, gradient_descent };

template <>
inline constexpr auto enum_table<LearningMethod> =
    named_enum<LearningMethod>("learning method", {{LearningMethod::pursuit, "pursuit"},
                                                   {LearningMethod::flow, "flow"},
                                                   {LearningMethod::gradient_descent, "gradient_descent"}});

/// One method on one training set, ended; or a pursuit after one of its rounds.
struct ExperimentRow {
  std::string study, method;
  Index samples = 0;
  std::uint64_t seed = 0;
  std::vector<Index> widths;
  bool final = true;  ///< the end of the method; false: on the way, or at a width on the way
  Real train_loss = 0, test_loss = 0, test_error = 0;  ///< see TestScore
  WorkCounters work;
  std::string stop;     ///< why it ended
  bool failed = false;  ///< the flow could not go on, or the path of the pursuit is not certain

  Index neurons() const;
};

struct ExperimentOptions {
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(const ExperimentRow& row)> on_row = {};
};

/// All of [experiment] of a study: sizes and seeds in turn. A file's training rows are taken from the first
/// on. Throws InputError (no test set, samples beyond what the file has), IoError.
std::vector<ExperimentRow> run_experiment(const std::string& study, const std::vector<std::string>& overrides,
                                          const ExperimentOptions& options = {});

/// Final rows of one study, method and size, over the seeds.
struct ExperimentSummary {
  std::string study, method;
  Index samples = 0;
  Index runs = 0;
  Real neurons = 0;                            ///< median
  Real train_loss = 0;                         ///< median
  Real median = 0, smallest = 0, largest = 0;  ///< of the test error
  Real gradients = 0;                          ///< median
};
std::vector<ExperimentSummary> summarise(const std::vector<ExperimentRow>& rows);

}  // namespace saddleflow

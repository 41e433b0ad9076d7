// The weights of a stored run at any time, and what the network is there; the job of sf-evaluate.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/archive/table_file.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/job/kkt_run.hpp"

namespace saddleflow {

/// How much of the Hessian's spectrum.
enum class SpectrumPart { none, ends, whole };

template <>
inline constexpr auto enum_table<SpectrumPart> = named_enum<SpectrumPart>("part of the spectrum",
                                                                          {{SpectrumPart::none, "none"},
                                                                           {SpectrumPart::ends, "ends"},
                                                                           {SpectrumPart::whole, "whole"}});

struct EvaluationOptions {
  std::vector<Real> times;       ///< ascending; empty: those of the events
  std::optional<Matrix> inputs;  ///< d x points, in the units of /problem/inputs, without a bias
  SpectrumPart spectrum = SpectrumPart::ends;
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(const std::string& what)> progress = {};
};

/// The network at one time.
struct EvaluatedTime {
  Real time = 0;
  Vector weights;
  /// Of the weights, relative to their norm: what the integration from the last stored weights adds to the
  /// error of the run, by a second one at ten times the tolerance. 0 at a snapshot.
  Real error = 0;
  Real loss = 0, gradient_norm = 0;
  Real test_loss = 0, test_error = 0;  ///< NaN without a test set
  Matrix outputs, test_outputs;        ///< k x samples
  Matrix values;                       ///< k x points, at the inputs asked for
  Vector eigenvalues;                  ///< of the Hessian, ascending; empty where none was asked for
};

struct Evaluation {
  std::vector<EvaluatedTime> times;
  bool interrupted = false;  ///< then the times until then
};

/// Between two snapshots the flow is integrated from the first of them, at a tenth of the run's tolerance,
/// with its stepper and its way with kinks. InputError for a time that the run does not cover, inputs of
/// another size, or a file without weights; NumericalError where the integration fails. `problem` must be of
/// a run.
Evaluation evaluate_run(KktProblem& problem, const EvaluationOptions& options);

/// As a file: axes time, sample, output, test_sample, point, input, eigenvalue; the weights of layer l as
/// weights_l (time, row_l, column_l).
archive::TableFile describe_evaluation(const KktProblem& problem, const EvaluationOptions& options,
                                       const Evaluation& evaluation, const std::string& command);

/// As text with one line a time: time, weights_error, loss, gradient_norm, test_loss, test_error, lambda_min,
/// lambda_max; with inputs one line a time and point: time, x1, ..., xd, h1, ..., hk.
void write_evaluation_csv(const std::string& path, const EvaluationOptions& options,
                          const Evaluation& evaluation, ExistingFile existing);

}  // namespace saddleflow

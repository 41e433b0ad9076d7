// The interface of a loss. A loss of your own derives from it (THEORY.md, section 1).
#pragma once

#include <memory>
#include <string>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/output_curvature.hpp"
#include "saddleflow/problem/loss_scale.hpp"

namespace saddleflow {

/// The properties on which algorithms may rely. No code branches on the name of a loss.
struct LossTraits {
  /// (1/2) |outputs - targets|^2, so that least squares find the minimum of a linear model.
  bool quadratic = false;
  bool convex = false;         ///< in the outputs
  bool bounded_below = false;  ///< the loss of a sample has an infimum
  /// That infimum is reached at finite outputs. Otherwise outputs and weights may grow for ever.
  bool attained = false;
  /// A sum over the outputs: OutputCurvature::off_diagonal is empty.
  bool separable = false;
  /// The targets are classes. The loss of a sample depends on its margins only and decreases in each of them,
  /// and margin_terms() and error_rate() are implemented. A sample is classified correctly if all its margins
  /// are positive.
  bool classification = false;
};

/// The loss of a block of samples. Outputs and targets are k x n, one column per sample. The function is
/// smooth and has no state, so that threads can share it. Arguments that are not finite give results that are
/// not finite, never an exception: the integrator decides how to react.
class LossFunction {
 public:
  virtual ~LossFunction() = default;

  /// For files, tables and messages.
  virtual std::string name() const = 0;
  virtual LossTraits traits() const = 0;

  /// The sum over the samples.
  virtual Real value(const Matrix& outputs, const Matrix& targets) const = 0;
  /// r = its derivative by the outputs, k x n.
  virtual void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const = 0;
  /// c = its second derivative by the outputs, one block a sample.
  virtual void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const = 0;

  /// Throws InputError that names sample, output, what was found and what was expected. By default all
  /// numbers must be finite.
  virtual void check_targets(const Matrix& targets) const;
  /// Converts the targets of a study or a file, k x n, to those of a network with `outputs` outputs. By
  /// default they stay unchanged; a loss may accept a second notation, such as class labels. InputError for
  /// targets that fit neither.
  virtual Matrix encoded_targets(const Matrix& given, Index outputs) const;

  /// Its sizes, where they are not those of the outputs and their residuals: null for a loss of networks (the
  /// default).
  virtual const LossScale* own_scale() const { return nullptr; }

  // For losses with the trait `classification`; by default these functions throw InputError.

  /// margins: q x n, linear in the outputs. weights: minus the derivative of the loss of each sample with
  /// respect to each of its q margins, >= 0.
  virtual void margin_terms(const Matrix& outputs, const Matrix& targets, Matrix& margins,
                            Matrix& weights) const;
  /// The fraction of misclassified samples, by default of those whose least margin is not positive.
  virtual Real error_rate(const Matrix& outputs, const Matrix& targets) const;
  /// The least margin of each sample, 1 x n.
  Matrix margins(const Matrix& outputs, const Matrix& targets) const;

 protected:
  /// "targets: found 0.5 for sample 3, output 0; the logistic loss expects -1 or +1" as an InputError.
  [[noreturn]] void refuse_target(Real found, Index sample, Index output, const std::string& expected) const;
};

using LossPointer = std::shared_ptr<const LossFunction>;

}  // namespace saddleflow

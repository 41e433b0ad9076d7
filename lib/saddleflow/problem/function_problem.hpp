// A loss that is given as a function of the weights, without network and data, in the form of both.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow {

/// L and what is known of it. The functions get weights of `size` numbers and return results of the right
/// size; numbers that are not finite are theirs to return, and the integrator reacts. They are called by one
/// thread at a time. An exception of theirs passes through unchanged; a StepFailure with
/// Stop::function_error ends a run with that reason.
struct FunctionProblem {
  Index size = 0;
  std::function<Real(const Vector& w)> value;
  std::function<void(const Vector& w, Vector& g)> gradient;
  /// Both at once, where that is cheaper: then it stands for both in every evaluation.
  std::function<Real(const Vector& w, Vector& g)> value_and_gradient = {};
  /// out = Hess L(w) v. Without it central differences of the gradient over kDifferenceStep ||w||: two
  /// gradients a product, an error of about 1e-10 of third derivatives.
  std::function<void(const Vector& w, const Vector& v, Vector& out)> hessian_vector = {};
  /// Symmetric, size x size. Without it as many products as there are weights.
  std::function<void(const Vector& w, Matrix& out)> hessian = {};
  /// The weights of each neuron: neurons are recorded one by one, each is resolved relative to its own norm,
  /// and those that are inactive at a critical point are put to zero. No weight may be in two of them.
  std::vector<std::vector<Index>> neurons = {};
  /// D where L(0) - L(w) is homogeneous of degree D to leading order at the origin, 0 where it is not known.
  int degree = 0;
  std::optional<Real> infimum = Real(0);
  bool attained = true;  ///< the infimum, at finite weights
  bool smooth = true;    ///< the gradient is locally Lipschitz; false: it may jump, nobody knows where
  /// Above the infimum, a loss that counts as large. With a degree this is L(0).
  Real reference = 0;
};

using FunctionPointer = std::shared_ptr<const FunctionProblem>;

/// Step of the central differences, in units of ||w||: the cube root of the rounding unit balances rounding
/// with the third derivative.
extern const Real kDifferenceStep;

/// Throws InputError where something is missing or does not fit: functions, indices of neurons, a reference
/// that is no more than the infimum.
void check_function(const FunctionProblem& problem);
/// kind() = "function": one input, on which nothing depends, and one output, L(w). Not homogeneous. Throws
/// InputError as check_function().
std::shared_ptr<const Network> function_network(FunctionPointer problem);
/// "function": passes the output on. The target is the reference; InputError for another one, which belongs
/// to another function.
LossPointer function_loss(FunctionPointer problem);
/// The data of both: one sample.
Dataset function_data(const FunctionProblem& problem);

}  // namespace saddleflow

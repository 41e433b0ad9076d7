#include "saddleflow/saddle/sign_counts.hpp"

#include <algorithm>
#include <limits>

#include "saddleflow/problem/neuron_factors.hpp"

namespace saddleflow {
namespace {

// Of the threshold: the error that borders are made for, and that which a count may have.
constexpr Real kAimedError = Real(0.01), kMostError = Real(0.1);

/// Below -zero and up to zero: what is neither negative nor positive is zero.
SignCounts between(const SignCounts& below, const SignCounts& above) {
  const Index n = below.total();
  return {below.negative, n - below.negative - above.positive, above.positive};
}

std::optional<SignCounts> count_by_neurons(const NeuronEigenform& form, Real zero) {
  const NeuronFactors below(form, -zero, kAimedError * zero), above(form, zero, kAimedError * zero);
  if (!(std::max(below.error(), above.error()) <= kMostError * zero)) return std::nullopt;
  return between(below.inertia(), above.inertia());
}

SignCounts count_whole(const Potential& potential, const Vector& w, Real zero) {
  Matrix hessian(w.size(), w.size());
  potential.hessian(w, hessian);
  hessian.diagonal().array() += zero;
  const SignCounts below = SymmetricFactors(hessian, "signs of the Hessian").inertia();
  hessian.diagonal().array() -= 2 * zero;
  return between(below, SymmetricFactors(std::move(hessian), "signs of the Hessian").inertia());
}

}  // namespace

SignCosts sign_costs(const Potential& potential, const NeuronEigenform* form) {
  SignCosts costs{potential.hessian_operations + 2 * factor_operations(potential.size),
                  std::numeric_limits<Real>::infinity()};
  if (form != nullptr)
    costs.by_neurons = 2 * neuron_factor_operations(form->jacobian().cols(), {form->outputs(), 0});
  else if (potential.neuron_form && potential.form_size)
    costs.by_neurons = neuron_eigenform_operations(potential.size, *potential.form_size) +
                       2 * neuron_factor_operations(potential.size, *potential.form_size);
  return costs;
}

std::optional<SignCounts> count_signs(const Potential& potential, const Vector& w, Real zero,
                                      const NeuronEigenform* form) {
  const SignCosts costs = sign_costs(potential, form);
  std::optional<NeuronEigenform> made;
  if (costs.by_neurons < std::min(costs.whole, kMostSignOperations)) {
    if (form == nullptr)
      if (std::optional<NeuronForm> parts = potential.neuron_form(w)) form = &made.emplace(std::move(*parts));
    if (form != nullptr)
      if (const std::optional<SignCounts> counts = count_by_neurons(*form, zero)) return counts;
  }
  if (costs.whole > kMostSignOperations) return std::nullopt;
  return count_whole(potential, w, zero);
}

}  // namespace saddleflow

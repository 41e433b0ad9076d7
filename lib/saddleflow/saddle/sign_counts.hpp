// The signs of all eigenvalues of a Hessian, without the eigenvalues.
#pragma once

#include <optional>

#include "saddleflow/base/symmetric_factors.hpp"
#include "saddleflow/problem/neuron_factors.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// How many eigenvalues are below -zero, between -zero and zero, and above zero: as exact as the counts of a
/// full decomposition, which has errors of some roundings of |H|; `zero` must be well above those. By two
/// factorisations, of the whole Hessian or by its neurons (NeuronFactors), whichever takes fewer operations;
/// the latter only where its own estimate of the error is below a tenth of `zero`. Empty where both take more
/// than kMostSignOperations.
/// `form`: that of w, where it is known already; it then is what counts, and not the bound of its size.
std::optional<SignCounts> count_signs(const Potential& potential, const Vector& w, Real zero,
                                      const NeuronEigenform* form = nullptr);

/// Multiplications and additions: about half a minute; the whole Hessian of 6000 weights.
inline constexpr Real kMostSignOperations = Real(2e11);

/// Operations of both ways; infinite where one is not there.
struct SignCosts {
  Real whole, by_neurons;
};
SignCosts sign_costs(const Potential& potential, const NeuronEigenform* form = nullptr);

}  // namespace saddleflow

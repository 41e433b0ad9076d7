// The eigenvectors of the zero eigenvalues of a Hessian too large for a full decomposition.
#pragma once

#include <optional>

#include "saddleflow/problem/neuron_factors.hpp"
#include "saddleflow/saddle/potential.hpp"

namespace saddleflow {

/// Orthonormal eigenvectors of the `count` eigenvalues up to `zero` in magnitude, one a column, as
/// count_signs() counts them: by inverse iteration with the factors of H at a small part of `zero`, of the
/// whole or by neurons. Empty where that takes more than kMostSignOperations, or does not find `count`
/// vectors whose residuals are below `zero`.
/// `form`: that of w, where it is known already.
std::optional<Matrix> null_space_of(const Potential& potential, const Vector& w, Real zero, Index count,
                                    const NeuronEigenform* form = nullptr);

}  // namespace saddleflow

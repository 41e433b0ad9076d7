// Gradient descent with a tiny step on a convolution with kinks: the arbiter's part for these. Plain arrays
// and loops that share no code with the library, nor with the arbiter's feed-forward networks.
#pragma once

#include <cstdint>
#include <vector>

#include "arbiter/gradient_descent.hpp"

namespace saddleflow::test {

/// Patches of a sample; 1 without a convolution.
int patch_count(const PlainProblem& problem);

/// The weights after `steps` steps, `at_zero` for sigma'(0). Outputs H_o = sum_k sum_q V_{o,k,q} sigma(a_k .
/// x_q), or sum_k V_{o,k} times the mean over q of these. Weights: A (kernels x patch size), then the outputs
/// x kernels blocks of V, one a patch or one for all, each column after column. std::invalid_argument where
/// the problem does not fit the arrays: six kernels, patches of eight numbers, eight patches, 32 samples,
/// three outputs.
std::vector<double> descend_convolution(const PlainProblem& problem, double at_zero, std::int64_t steps);

double convolution_loss(const PlainProblem& problem, const std::vector<double>& weights);

}  // namespace saddleflow::test

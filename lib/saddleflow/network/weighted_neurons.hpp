// One hidden layer whose neurons count with fixed factors.
#pragma once

#include <memory>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// H = W_2 diag(c) sigma(W_1 x) for a feed-forward network `plain` with the matrices W_1, W_2, and one factor
/// c_k > 0 for each hidden neuron. Its weights, degree, kinks and balances are those of `plain`; its neurons
/// cannot be permuted or rotated, as each has a factor of its own. With W_1 = diag(a) V_1 and W_2 = V_2
/// diag(b) it is, for c_k = a_k^p b_k, the network of `plain` in the coordinates V (THEORY.md, section 1:
/// rates). InputError unless `plain` is layered with one hidden layer, and the factors are as many as its
/// neurons, positive and finite.
std::shared_ptr<const Network> weighted_neurons(std::shared_ptr<const Network> plain, const Vector& factors);

}  // namespace saddleflow

// Networks that are bilinear in the two sides of a matrix: matrix factorisation, sensing and completion,
// quadratic networks, linear attention in context.
#pragma once

#include <memory>

#include "saddleflow/network/families.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

enum class BilinearOuter {
  trained,  ///< v_k are parameters: degree 3
  ones      ///< v_k = 1: degree 2
};

/// H(x) = sum_k v_k a_k^T M(x) b_k, k < width, one output. A sample is vec(M), column after column, of a
/// rows x columns matrix: input_count() = rows columns. With A of rows a_k and B of rows b_k it is <M, C>
/// with C = A^T diag(v) B.
///
/// Parameters lie as in a feed-forward network with one hidden layer, row k of W_1 entering neuron k and
/// column k of W_2 leaving it:
///   trained: W_1 = [A B] (width x (rows + columns)), W_2 = v (1 x width). Neuron k: incoming a_k and b_k,
///            outgoing v_k; of degree 2 in its incoming weights, hence activation() = s^2.
///   ones:    W_1 = A (width x rows), W_2 = B^T (columns x width). Neuron k: incoming a_k, outgoing b_k;
///            activation() is linear. H is W_2 W_1, paired with M.
/// activation() only says the power with which a neuron depends on its incoming weights: there are no
/// pre-activations, no kinks, and Kernel::feed_forward_state() is null. layer_sizes() = {rows columns, width,
/// 1} are inputs, neurons and outputs.
///
/// conserved(): ones: all entries of A A^T - B B^T (lower triangle); trained: |a_k|^2 - |b_k|^2 of all
/// neurons, then |a_k|^2 + |b_k|^2 - 2 v_k^2.
///
/// Symmetries: neurons may change places; two of the signs of a_k, b_k, v_k may change; without v, A -> G A
/// and B -> G^{-T} B for an invertible G, which keeps the norm of the weights where G is orthogonal. With v
/// it is A -> G A and diag(v) B -> G^{-T} diag(v) B (further_symmetries()).
///
/// Throws InputError for sizes that are not positive or too large.
std::shared_ptr<const Network> bilinear(Index rows, Index columns, Index width, BilinearOuter outer);

/// network.layers = [rows, columns, width], network.outer = "trained" or "ones".
NetworkFamily bilinear_family();

}  // namespace saddleflow

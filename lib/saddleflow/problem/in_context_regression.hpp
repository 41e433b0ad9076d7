// Linear regression in context, as linear attention sees it: a sample is a whole regression problem.
#pragma once

#include <cstdint>

#include "saddleflow/base/random.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// A prompt has `context` pairs (x_n, y_n = w . x_n) and a query x_q, with tokens x ~ N(0, covariance) and a
/// task w ~ N(0, I) of its own; the answer is y_q = w . x_q. Linear attention sees the prompt as the matrix
/// M = beta x_q^T with beta = (1/N) sum_n y_n x_n. On these samples bilinear(d, d, heads, trained) is
/// attention whose heads have a key a_k, a query b_k and a value v_k; where a head has one matrix in place of
/// key and query, it is feed_forward({d^2, heads, 1}) with linear activation.
struct InContextOptions {
  Matrix covariance;  ///< d x d, symmetric, positive definite
  Index context = 1;  ///< N
};

/// Of a prompt drawn so, in closed form [derived: Gaussian fourth moments].
struct InContextMoments {
  Matrix beta;      ///< E[beta beta^T] = (1 + 1/N) S^2 + (tr S / N) S with the covariance S, d x d
  Matrix second;    ///< E[vec M (vec M)^T] = S (x) E[beta beta^T], d^2 x d^2; vec: column after column
  Vector answers;   ///< E[y_q vec M] = vec(S^2), d^2
  Real square = 0;  ///< E[y_q^2] = tr S
  /// (1/2) E[(<C, M> - y_q)^2] at the best C, which is what attention cannot learn from N pairs.
  Real least_loss = 0;
};

/// All functions throw InputError for a covariance that is not square, finite, symmetric and positive
/// definite, and for a context below 1.
InContextMoments in_context_moments(const InContextOptions& options);

/// `samples` prompts: inputs vec(M_i) (d^2 x n), targets y_q (1 x n). Uses one stream of the seed (for a test
/// set: `test`). InputError for no samples.
Dataset in_context_regression(const InContextOptions& options, Index samples, std::uint64_t seed,
                              RandomStream stream = RandomStream::inputs);

/// The population as n = d^2 samples with targets whose means (1/n) sum_i are the moments above: under the
/// mean square loss the gradient flow is that of infinitely many prompts, and the loss theirs minus
/// least_loss. With S = U diag(s) U^T and E[beta beta^T] = U diag(f) U^T, sample (i, j) is d sqrt(f_i s_j)
/// u_i u_j^T: the columns of a square root of n E[vec M (vec M)^T], one prompt a pair of eigenvectors; only
/// those with i = j have an answer, d s_i^2 / sqrt(f_i s_i).
Dataset in_context_population(const InContextOptions& options);

}  // namespace saddleflow

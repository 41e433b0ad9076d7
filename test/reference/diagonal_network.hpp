// V7: the diagonal linear network beta = u o v from u0 = sqrt(2) alpha, v0 = 0 (THEORY.md, section 6).
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow::reference {

/// beta_j = -alpha^2 sinh(2 G_j) with G = int grad_beta L dt, for any loss. Takes ln(alpha), so that alpha
/// may be far below the smallest double.
Vector diagonal_beta(Real log_alpha, const Vector& integrated_gradient);

/// (u, v) at time t for L = (1/2)|beta - beta*|^2, no entry of beta* zero: the coordinates decouple into
/// unbalanced scalar products (V1) with c = 2 alpha^2.
Vector diagonal_weights(const Vector& beta_star, Real alpha, Real t);

}  // namespace saddleflow::reference

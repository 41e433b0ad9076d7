// Rank-one structure of a feed-forward KKT point (THEORY.md, section 2, "Rank-one KKT points").
#pragma once

#include "saddleflow/base/real.hpp"
#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// p^{m-l} / S for l = 1 .. m: the squared norms of the weight matrices at every KKT point with N != 0.
Vector expected_layer_shares(const Network& network);

/// Fills `layers`, `rank_one`, `scalar_kkt`, `scalar_residual` and `predicted_value` of the structure of a
/// feed-forward KKT point u with N(u) != 0. `inputs` d x n, `z` = -l'(0, Y) outputs x n.
///
/// Where sigma(ab) = sigma(a) sigma(b) up to a constant (|alpha| = 1) the signs of q_l are a matter of
/// symmetry and `one_sign` does not arise; elsewhere q_l and r_l are given the signs that make q_l mostly
/// positive. What builds on a condition that fails (the factors of a matrix that is not of rank one,
/// sigma(q_l) of a q_l of both signs) does not arise either.
///
/// The scalar problem is that of the composed activation with the signs e_l = sign(r_l . sigma(q_{l-1}))
/// between its layers: with leaky ReLU a negative one is possible. With several outputs, y_i = q_m . z_i
/// and q_m must be parallel to sum_i z_i tau(r_1 . x_i) besides. `predicted_value` is formula 3 with
/// c_l^2 = p^{m-l} / S and its sign: it is to equal N(u), not |N(u)|.
void analyse_rank_one(const Network& network, const Matrix& inputs, const Matrix& z, const Vector& u,
                      Real tolerance, KktStructure& structure);

/// Singular values and `residual` alone, for points with N(u) = 0, about which the theorem says nothing.
void analyse_singular_values(const Network& network, const Vector& u, KktStructure& structure);

}  // namespace saddleflow

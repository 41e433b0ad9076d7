// The square loss on infinitely many Gaussian inputs with the targets of a teacher (THEORY.md, section 7).
#pragma once

#include "saddleflow/network/population.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// f*(x) = sum_j c_j sigma(v_j . x), one hidden layer.
struct PopulationTeacher {
  Matrix vectors;  ///< v_j in the rows, t x d
  Matrix outer;    ///< c_j in the columns, k x t
  Activation activation;
};

/// The teacher as data of population_network(): inputs d x (t + r + 1), the vectors, the `basis` (d x r, or
/// none) and a column of zeros; targets k x (t + r + 1), the outer weights, zeros and (E[f*_o(x)^2])^{1/2}.
/// InputError for shapes that do not fit, numbers that are not finite, or a teacher that is zero.
Dataset population_data(const PopulationTeacher& teacher, const Matrix& basis = {});

/// Orthonormal columns that span the rows of both matrices (d columns each): d x min(d, rows of both).
Matrix span_of_rows(const Matrix& first, const Matrix& second);

/// L = (1/2) E|f(x) - f*(x)|^2 = (1/2) sum_o (|f_o|^2 + |f*_o|^2) - <f, f*> by the outputs of
/// population_network(), never below 0; its rounding is that of E|f*|^2, at which a perfect fit ends.
/// `targets`: those of population_data(). Its sizes (LossScale) are norms in L2 of the inputs: r = |grad L|
/// |w| / (|f|
/// (|f - f*| + eta |f*|)). `degree`: of the network. InputError where the targets are no such data.
Loss population_loss(const Matrix& targets, int degree);

}  // namespace saddleflow

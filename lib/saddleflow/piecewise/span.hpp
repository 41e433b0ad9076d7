// The span of normals, where those that all but coincide are one.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Normals that differ by less than about the square root of rounding are one: what is divided by their
/// difference has no digit left. Relative to the length of each.
Real normal_tolerance();

/// An orthonormal basis of the span of the columns, each in units of its length (a column that has been
/// projected may be much shorter than that): what is left of a column next to the others, up to
/// normal_tolerance(), is none.
Matrix orthonormal_basis(Matrix columns, const Vector& lengths);
Matrix orthonormal_basis(const Matrix& columns);

/// The x that minimises |columns x - b|, of least norm with the columns in units of their lengths, in the
/// span above.
Vector scaled_least_squares(Matrix columns, const Vector& lengths, const Vector& b);

/// The matrix that scaled_least_squares() multiplies b with, where the lengths are those of the columns.
Matrix scaled_pseudo_inverse(Matrix columns);

}  // namespace saddleflow

// Second-order status of a KKT point, with the zero modes that symmetry forces counted apart (P3).
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// One Hessian and one eigendecomposition, or one of each for every neuron (tangent_curvature()).
/// `correlation` must have output scale 0. An eigenvalue counts as zero up to 1e-8 of the largest magnitude
/// or ten times the residual, whichever is more: so much does the distance to the exact point change it. Of
/// the zero modes as many are explained as the symmetries of symmetry.hpp span in the kernel. Status unknown,
/// with nothing else filled in: at a null point, and on a kink of any layer across which the curvature jumps
/// (p = 1; p = 2 unless sigma is a square). A neuron without weights is on all of its kinks, which matter
/// where N is of second order in it (D = 2).
SecondOrder second_order_status(Correlation& correlation, const KktPoint& point);

/// Delta / (D N*): a generic start leaves the origin at an angle ~ delta to this power to the limit path
/// (THEORY.md, section 3 [derived]).
Real angle_exponent(const KktEntry& entry, int degree);

}  // namespace saddleflow

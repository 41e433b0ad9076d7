// Second-order status of a KKT point, with the zero modes that symmetry forces counted apart (P3).
#pragma once

#include "saddleflow/correlation/correlation.hpp"
#include "saddleflow/correlation/kkt_point.hpp"

namespace saddleflow {

/// One Hessian and one eigendecomposition. `correlation` must have output scale 0.
SecondOrder second_order_status(Correlation& correlation, const KktPoint& point);

}  // namespace saddleflow

// Everything that is checked of a KKT point, in one row.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Second-order status, structure, Clarke certificate, and whether all that must hold at a KKT point does:
/// residual below `tolerance`, and where N != 0 the layer shares and the balance to 1e-9.
KktEntry certify(Correlation& correlation, const KktPoint& point, Real tolerance = kKktTolerance);

}  // namespace saddleflow

// Layer shares, balance, rank-one structure and dead neurons of a KKT point (THEORY.md, section 2).
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Tolerances are relative: a number of size `tolerance` beside 1 counts as zero. Networks of other kinds
/// than feed_forward have shares, balance and zero neurons only; at null points there are singular values
/// besides, but no verdicts and no expected shares. Throws InputError when the direction has not the size of
/// the network's parameters.
KktStructure analyse_structure(Correlation& correlation, const KktPoint& point, Real tolerance = kZeroWeight);

}  // namespace saddleflow

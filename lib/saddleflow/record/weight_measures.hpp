// What a run stores of its weights beside them: singular values, effective widths, distances to the invariant
// manifolds.
#pragma once

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// Axes and meaning of what put_weight_measures() fills, as far as the network has it.
void describe_weight_measures(const Network& network, archive::RunDescription& description);

/// The singular values of Network::weight_matrices() and of the end-to-end map, and the effective widths.
/// About ten times the cube of the smaller side of each matrix in operations.
void put_weight_measures(const Network& network, const Vector& w, archive::SnapshotRow& row);

/// Whether a run stores the distances to the invariant manifolds: asked for, and the network has any.
bool records_distances(const Network& network, RecordedDistances asked);

/// The same as above for the distances d_0 ... d_{H-1} of every hidden layer (d_H is zero), see
/// manifold_distances() for what they cost.
void describe_distances(const Network& network, archive::RunDescription& description);
void put_distances(const Network& network, const Vector& w, archive::SnapshotRow& row);

/// Hidden layers up to this width are small for RecordedDistances::small: their distances take 2 ms a
/// snapshot at most, a second a run, and can be drawn.
inline constexpr Index kSmallWidth = 32;

}  // namespace saddleflow

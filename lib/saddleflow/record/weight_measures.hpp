// What a run stores of its weights beside them: singular values and effective widths.
#pragma once

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Axes and meaning of what put_weight_measures() fills, as far as the network has it.
void describe_weight_measures(const Network& network, archive::RunDescription& description);

/// The singular values of Network::weight_matrices() and of the end-to-end map, and the effective widths.
/// About ten times the cube of the smaller side of each matrix in operations.
void put_weight_measures(const Network& network, const Vector& w, archive::SnapshotRow& row);

}  // namespace saddleflow

// What the observables of one step are in a file.
#pragma once

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/flow/observables.hpp"

namespace saddleflow {

/// The columns of /time that observables fill, neuron_norm in the order of the network; times, step, method
/// and chart are the caller's.
archive::TimeRow observed_row(const Observables& observables);

}  // namespace saddleflow

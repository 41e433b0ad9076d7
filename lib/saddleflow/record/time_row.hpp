// What the observables of one step are in a file.
#pragma once

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/flow/observables.hpp"
#include "saddleflow/problem/test_score.hpp"

namespace saddleflow {

/// The columns of /time that observables fill, neuron_norm in the order of the network; times, step, method
/// and chart are the caller's.
archive::TimeRow observed_row(const Observables& observables);
/// The columns of the test set; those that the file has not are left out when the row is written.
void put_test_score(const TestScore& score, archive::TimeRow& row);

}  // namespace saddleflow

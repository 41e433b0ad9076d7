// The search for KKT points as sf-kkt and sf-limit run it, and the tables that they print.
#pragma once

#include <cstdio>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/late_direction.hpp"

namespace saddleflow::tools {

/// The search, with a progress line where stderr is a terminal and `quiet` is not asked for.
KktTable search_kkt_points(KktProblem& problem, KktSearchOptions options, bool quiet);
/// The 24 highest.
void print_kkt_points(std::FILE* out, const KktTable& table);
/// Starts, and what the search cost.
void print_search(std::FILE* out, const KktTable& table, bool descend, double seconds);
/// Which KKT point a run's direction went to, when, and how each neuron did.
/// `limits` may be empty.
void print_approach(std::FILE* out, const RunApproach& approach, const std::vector<NeuronLimit>& limits,
                    const KktTable& table, const archive::RunDescription& run);

/// The other end of the run: the KKT point of the max-margin problem, and when the direction came near.
void print_late_direction(std::FILE* out, const LateDirection& late);

}  // namespace saddleflow::tools

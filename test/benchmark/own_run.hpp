// The library on a problem of the benchmark, in the form in which peers are measured.
#pragma once

#include <string>
#include <vector>

#include "benchmark/cases.hpp"
#include "benchmark/peer.hpp"

namespace saddleflow::benchmark {

/// Assembled and integrated as sf-flow does it, without events, which no peer looks for, and without a file.
/// The path is the dense output at `times`. `own_set` overrides keys of the study.
PeerRun run_own(const Case& c, const std::string& root, const std::vector<std::string>& own_set,
                const std::vector<Real>& times, Real rtol);

/// Forty ascending times: 20 equidistant in log t over the last four decades, the last of which is the end,
/// and 20 equidistant along the path of the weights, most of which lie in its jumps.
std::vector<Real> sample_times(const Case& c, const std::string& root, Real rtol);

}  // namespace saddleflow::benchmark

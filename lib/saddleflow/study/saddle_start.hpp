// w(0) beside a stored saddle: the setting of P4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// The point in row `row` (from 1) of /catalogue of a file written by sf-saddles, and `delta` times a random
/// unit vector: of the weights of its zero neurons, or of all weights where it has none. InputError: no such
/// row or table, a point of another network.
Vector weights_beside_saddle(const std::string& file, std::int64_t row, Real delta, std::uint64_t seed,
                             const Network& network);

/// The overrides "init.kind=..." of a study for `--from FILE:ROW --perturb DELTA`. InputError for a source
/// that is not of this form.
std::vector<std::string> start_overrides(const std::string& source, double delta);
/// FILE of "FILE:ROW".
std::string file_of(const std::string& source);

}  // namespace saddleflow

// Data files: any bytes as CSV, as NumPy's files and as a list of weights.
#pragma once

#include <string>

#include "target.hpp"

namespace saddleflow::fuzz {

/// Beyond the documented refusals: what is taken has numbers that are finite, and as many targets as inputs;
/// a file without gaps is the same whether gaps are dropped or not. Bytes that begin as HDF5 files do are
/// left to the other targets: HDF5 itself is not defended against bytes (output/README.md).
void run_csv(const std::string& input);
/// Changes cells and lines.
std::string alter_csv(const std::string& input, std::size_t most, Dice& dice);

}  // namespace saddleflow::fuzz

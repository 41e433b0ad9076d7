// Files that studies of the fuzzers can name: data.csv, test.csv, data.npy, weights.txt.
#pragma once

#include <string>
#include <vector>

namespace saddleflow::fuzz {

/// Once per process, into the folder of scratch().
void write_sample_data();
/// Their names.
const std::vector<std::string>& sample_names();

}  // namespace saddleflow::fuzz

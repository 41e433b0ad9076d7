// Where files of the fuzzers lie: the readers take paths.
#pragma once

#include <string>

namespace saddleflow::fuzz {

/// The path of a file in a folder of this process, in memory where the system has such a place. The folder
/// goes with the process.
std::string scratch(const std::string& name);

/// All files of that folder whose names begin with this.
void clear_scratch(const std::string& beginning);

void write_bytes(const std::string& path, const std::string& bytes);
std::string read_bytes(const std::string& path);

}  // namespace saddleflow::fuzz

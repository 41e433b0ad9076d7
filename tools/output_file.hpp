// What a tool asks of the file it is to write, before the work that may take long.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"

namespace saddleflow::tools {

/// Nothing for an empty name. Else the lock that keeps other processes from writing the same output, to be
/// held until it is written. InputError if the output is the input itself, exists and is not to be
/// overwritten, is no plain file, or has a name that is too long; IoError if there is no such folder, if
/// nothing can be written there, or if another process is writing this output.
[[nodiscard]] inline archive::OutputLock check_output(const std::vector<std::string>& sources,
                                                      const std::string& output, bool force) {
  if (output.empty()) return {};
  require_plain_output(output);
  std::error_code ignored;
  for (const std::string& source : sources)
    if (std::filesystem::equivalent(source, output, ignored))
      throw InputError(output + ": is the input itself, expected another file");
  if (!force && std::filesystem::exists(output, ignored))
    throw InputError(output + ": the file exists; --force overwrites it");
  return archive::OutputLock(output);
}

}  // namespace saddleflow::tools

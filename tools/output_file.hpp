// What a tool asks of the file it is to write, before the work that may take long.
#pragma once

#include <filesystem>
#include <string>

#include "saddleflow/base/error.hpp"

namespace saddleflow::tools {

/// Nothing for an empty name. InputError if the output is the input itself, or exists and is not to be
/// overwritten; IoError if there is no such folder.
inline void check_output(const std::string& source, const std::string& output, bool force) {
  if (output.empty()) return;
  std::error_code ignored;
  if (std::filesystem::equivalent(source, output, ignored))
    throw InputError(output + ": is the input itself, expected another file");
  if (!force && std::filesystem::exists(output, ignored))
    throw InputError(output + ": the file exists; --force overwrites it");
  const std::filesystem::path folder = std::filesystem::path(output).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    throw IoError(output + ": cannot create the file: no such folder");
}

}  // namespace saddleflow::tools

// Whether what a run was made from is still what it would be made from now.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sweep/run_list.hpp"
#include "sweep/sweep_file.hpp"

namespace saddleflow::sweep {

/// Checksums (CRC) of all that the runs of a sweep depend on: the texts of the study and of the settings, the
/// tools and their arguments, and the contents of the files that study and settings name. Each file is read
/// once.
class Fingerprints {
 public:
  /// IoError if the study cannot be read; InputError if it is no TOML.
  explicit Fingerprints(const SweepFile& sweep);
  /// 16 hexadecimal digits.
  std::string of(const Run& run);

 private:
  std::string of_file(const std::string& path);

  const SweepFile& sweep_;
  std::string common_;
  std::map<std::string, std::string> files_;
};

}  // namespace saddleflow::sweep

#include <algorithm>

#include "csv_target.hpp"
#include "file_targets.hpp"
#include "study_target.hpp"
#include "target.hpp"

namespace saddleflow::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"study", run_study, alter_study},       {"csv", run_csv, alter_csv},
      {"run", run_run_file, alter_run_file},   {"checkpoint", run_checkpoint, alter_checkpoint},
      {"saddles", run_saddles, alter_saddles}, {"pursuit", run_pursuit_file, alter_pursuit_file},
  };
  return all;
}

const Target& find_target(const std::string& name) {
  const auto found = std::ranges::find(targets(), name, &Target::name);
  if (found == targets().end()) throw std::out_of_range("no fuzz target " + name);
  return *found;
}

}  // namespace saddleflow::fuzz

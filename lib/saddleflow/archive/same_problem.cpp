#include "saddleflow/archive/same_problem.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow::archive {

std::string problem_difference(const RunDescription& a, const RunDescription& b) {
  if (a.network_kind != b.network_kind || a.layer_sizes != b.layer_sizes || a.slope != b.slope ||
      a.power != b.power)
    return "the network";
  if (a.inputs != b.inputs || a.targets != b.targets) return "the data";
  if (a.loss != b.loss || a.reduction != b.reduction) return "the loss";
  return {};
}

void check_same_problem(const RunDescription& first, const std::string& first_path,
                        const RunDescription& other, const std::string& path) {
  const std::string what = problem_difference(first, other);
  if (what.empty()) return;
  throw InputError(fmt::format("{}: {} differ{} from {} of {}, expected runs of one problem", path, what,
                               what == "the data" ? "" : "s", what == "the data" ? "those" : "that",
                               first_path));
}

}  // namespace saddleflow::archive

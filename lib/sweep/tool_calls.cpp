#include "sweep/tool_calls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "saddleflow/base/error.hpp"

namespace saddleflow::sweep {

namespace {

struct Tool {
  std::string_view name;
  bool study, run;          ///< what it takes
  bool resumes;             ///< --resume starts or goes on
  bool threads;             ///< takes --jobs, by default all cores
  std::string_view ending;  ///< of its output
};

constexpr std::array<Tool, 8> kTools{{
    {"sf-flow", true, false, true, true, ".h5"},
    {"sf-pursuit", true, false, true, true, ".h5"},
    {"sf-kkt", true, true, false, true, ".h5"},
    {"sf-limit", true, true, false, true, ".h5"},
    {"sf-skeleton", true, false, false, false, ".h5"},
    {"sf-experiment", true, false, false, true, ".csv"},
    {"sf-saddles", false, true, false, true, ".h5"},
    {"sf-evaluate", false, true, false, false, ".nc"},
}};

const Tool* find_tool(const std::string& name) {
  const auto found = std::ranges::find(kTools, name, &Tool::name);
  return found == kTools.end() ? nullptr : found;
}

void require_tool(const std::string& name, bool Tool::*takes, const std::string& what,
                  const std::string& place) {
  const Tool* tool = find_tool(name);
  if (tool != nullptr && tool->*takes) return;
  std::vector<std::string_view> known;
  for (const Tool& one : kTools)
    if (one.*takes) known.push_back(one.name);
  throw InputError(fmt::format("{}: found \"{}\", expected a tool that takes {}: {}", place, name, what,
                               fmt::join(known, ", ")));
}

std::string program(const std::string& folder, const std::string& tool) {
  return (std::filesystem::path(folder) / tool).string();
}

/// The arguments that a sweep gives a tool, and one thread unless they say how many: the runs of a sweep
/// share the cores.
void add_arguments(const std::string& tool, const std::vector<std::string>& arguments, Call& call) {
  const bool says = std::ranges::any_of(arguments, [](const std::string& word) {
    return word == "--jobs" || word.starts_with("--jobs=") || word.starts_with("-j");
  });
  if (find_tool(tool)->threads && !says) call.insert(call.end(), {"--jobs", "1"});
  call.insert(call.end(), arguments.begin(), arguments.end());
}

}  // namespace

void require_study_tool(const std::string& tool, const std::string& place) {
  require_tool(tool, &Tool::study, "a study", place);
}

void require_run_tool(const std::string& tool, const std::string& place) {
  require_tool(tool, &Tool::run, "the file of a run", place);
}

std::string output_of(const SweepFile& sweep, const std::string& stem) {
  return fmt::format("{}{}", stem, find_tool(sweep.tool)->ending);
}

std::string output_of(const FollowUp& next, const std::string& stem) {
  return fmt::format("{}.{}{}", stem, next.tool.substr(next.tool.find('-') + 1),
                     find_tool(next.tool)->ending);
}

std::vector<Call> calls_of(const SweepFile& sweep, const std::vector<std::string>& overrides,
                           const std::string& stem, const Earlier& earlier, const std::string& programs) {
  const std::string output = output_of(sweep, stem);
  Call first{program(programs, sweep.tool), sweep.study};
  for (const std::string& override : overrides) first.insert(first.end(), {"--set", override});
  first.insert(first.end(), {"-o", output, "-q"});
  if (find_tool(sweep.tool)->resumes)
    first.push_back("--resume");
  else if (earlier.same)
    first.push_back("--force");
  add_arguments(sweep.tool, sweep.arguments, first);
  std::vector<Call> calls{std::move(first)};
  for (const FollowUp& next : sweep.then) {
    Call call{program(programs, next.tool), output, "-o", output_of(next, stem), "-q"};
    if (earlier.begun) call.push_back("--force");
    add_arguments(next.tool, next.arguments, call);
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace saddleflow::sweep

#include "study_target.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "documented.hpp"
#include "run_check.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/study/study_table.hpp"
#include "sample_data.hpp"
#include "scratch.hpp"
#include "watchdog.hpp"

namespace saddleflow::fuzz {
namespace {

// A run within them takes a fraction of a second with all checks of the compiler.
constexpr std::int64_t kMostSteps = 200;
constexpr Index kMostWidth = 8, kMostLayers = 5;
constexpr std::int64_t kMostSamples = 24;
constexpr std::chrono::milliseconds kPatience(2000);

bool all_small(const StudyTable& study, const std::string& key, Index most) {
  if (!study.has(key)) return true;
  const std::vector<Index> values = study.integers(key);
  return std::ssize(values) <= kMostLayers && std::ranges::all_of(values, [&](Index n) { return n <= most; });
}

bool small(const StudyTable& study, const std::string& key, std::int64_t most) {
  return !study.has(key) || study.integer(key) <= most;
}

/// Whether the run is done in a moment. Sizes that data files and matrices give are as small as these files.
bool is_small(const StudyTable& study) {
  return all_small(study, "network.layers", kMostWidth) &&
         all_small(study, "data.teacher.hidden", kMostWidth) && small(study, "data.samples", kMostSamples) &&
         small(study, "data.test_samples", kMostSamples) &&
         small(study, "data.in_context.context", kMostSamples) &&
         small(study, "data.matrix.rows", kMostWidth);
}

/// What a run file holds of its study is read again by every tool.
void require_same_when_filled(const StudyTable& study, const std::string& name) {
  const std::string filled = study.filled();
  try {
    const StudyTable again = StudyTable::parse(filled, name);
    if (again.filled() != filled || again.values() != study.values())
      throw Finding("the study with its defaults, read again, is another one:\n" + filled);
  } catch (const Error& error) {
    throw Finding("the study with its defaults is refused: " + std::string(error.what()) + "\n" + filled);
  }
}

void integrate(const std::string& input, const std::string& name, std::int64_t steps) {
  const StudyTable study = StudyTable::parse(input, name, {"flow.max_steps=" + std::to_string(steps)});
  const Watchdog watchdog(kPatience);
  FlowRunOptions options;
  options.output = scratch("study-run.h5");
  options.command = "fuzz";
  options.overwrite = true;
  options.interrupt = watchdog.flag();
  const archive::RunSummary summary = run_flow(study, options);
  require_sound_run(study, options.output, summary);
}

}  // namespace

void run_study(const std::string& input) {
  write_sample_data();
  const std::string name = scratch("study.toml");
  std::optional<StudyTable> study;
  if (!accepted([&] { study.emplace(StudyTable::parse(input, name)); })) return;
  require_same_when_filled(*study, name);
  const std::int64_t steps = std::min(study->integer("flow.max_steps"), kMostSteps);
  accepted([&] {
    if (is_small(*study)) integrate(input, name, steps);
  });
  clear_scratch("study-run");
}

}  // namespace saddleflow::fuzz

#include "saddleflow/job/continuation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/stop_reason.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/study_change.hpp"

namespace saddleflow {

namespace {

using How = Continuation::How;

/// InputError for what would be another path, an earlier stop, or less to read in the file than there is now.
void require_continuable(const std::vector<StudyChange>& changes, const StudyTable& then,
                         const StudyTable& study, const archive::RunReader& run) {
  for (const StudyChange& change : changes) {
    if (change.role == KeyRole::path)
      throw InputError(
          fmt::format("{}: was made from another study (or other --set values) than {}, which it "
                      "cannot be resumed with: {}: found {}, expected {} as in the run",
                      run.path(), study.name(), change.key, change.now, change.then));
    if (change.role == KeyRole::stop) require_looser(change, then, study, run.path());
    if (change.role == KeyRole::recording && !records_more(change))
      throw InputError(
          fmt::format("{}: cannot be continued: {}: found {}, expected {} as in the run, or more to be "
                      "recorded (--force begins anew)",
                      run.path(), change.key, change.now, change.then));
  }
}

const StudyChange* first_of(KeyRole role, const std::vector<StudyChange>& changes) {
  const auto found = std::ranges::find(changes, role, &StudyChange::role);
  return found == changes.end() ? nullptr : &*found;
}

bool aims_at_end(const archive::Checkpoint& checkpoint) {
  const auto found = checkpoint.integers.find(kAimsAtEnd);
  return found == checkpoint.integers.end() || found->second != std::vector<std::int64_t>{0};
}

}  // namespace

Continuation plan_continuation(const StudyTable& study, const archive::RunReader& run) {
  if (run.live()) throw IoError(fmt::format("{}: another process is writing it", run.path()));
  require_fixed_network(run, "--resume");
  const StudyTable then = StudyTable::parse(run.description().toml, run.path() + ": /config/toml");
  const std::vector<StudyChange> changes = study_changes(then, study);
  require_continuable(changes, then, study, run);
  if (const StudyChange* more = first_of(KeyRole::recording, changes))
    return {How::afresh,
            fmt::format("more is recorded: {} is {} now, it was {}", more->key, more->now, more->then)};
  const bool looser = first_of(KeyRole::stop, changes) != nullptr;
  if (!looser && !is_unfinished(run.summary().stop_reason)) return {How::show, ""};
  if (!run.has("snapshot_row")) return {How::afresh, "its file is of a format that holds less"};
  const std::string checkpoint = archive::checkpoint_path(run.path());
  if (!std::filesystem::exists(checkpoint)) return {How::afresh, "there is no checkpoint beside it"};
  const archive::Checkpoint last = archive::read_checkpoint(checkpoint);
  // A run that --force had begun was killed before it removed the checkpoint of the one before.
  if (last.run_id != run.run_id()) return {How::afresh, "the checkpoint beside it is of another run"};
  if (looser && aims_at_end(last))
    return {How::afresh,
            "its last checkpoint was made where the sizes of steps depend on the end asked for then"};
  return {How::go_on, ""};
}

}  // namespace saddleflow

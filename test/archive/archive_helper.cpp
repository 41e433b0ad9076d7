// What the tests do in another process:
//   make FILE ROWS             a finished sample run; every stream holds ROWS rows
//   modes FILE ROWS            the same of a piecewise-smooth run, with as many mode changes
//   kkt FILE POINTS            adds a table of that many KKT points, and the alignment of every snapshot
//   saddles FILE POINTS        adds that many critical points, and escapes, visits and transitions
//   pursuit FILE ROUNDS        a growing network after that many rounds
//   skeleton FILE SIZE         a skeleton with that many sequences beside it
//   grow FILE SEED             one round more again and again, for ever; prints "round <number>" after each
//   stream FILE SEED [ROWS]    appends to a piecewise-smooth run and flushes at random, prints
//                              "flushed <time> <snapshot> <event> <saddle> <mode change>" after each flush,
//                              for ever or up to ROWS time rows (then the run is finished)
//   resume FILE SEED ROWS      goes on from the checkpoint to ROWS time rows and finishes
//   check FILE                 reads the run, compares every row with what it must be, prints counts and
//   state watch FILE ROWS            reads the live run again and again until it holds ROWS time rows; then
//   as `check`
// Exit code: that of the error, 1 for a wrong row.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "saddleflow/archive/kkt_writer.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/run_writer.hpp"
#include "saddleflow/archive/saddle_writer.hpp"
#include "saddleflow/archive/skeleton_writer.hpp"
#include "saddleflow/base/error.hpp"
#include "sample_pursuit.hpp"
#include "sample_saddles.hpp"
#include "sample_skeleton.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::archive;

void say(const std::string& line) {
  // One write, past all buffers: the process may be killed after it.
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) throw IoError("stdout: cannot write");
}

std::string counts(const RowCounts& rows) {
  return fmt::format("{} {} {} {} {}", rows.time, rows.snapshot, rows.event, rows.saddle, rows.mode_change);
}

/// Adds the rows that belong to time row k: a snapshot every second, an event every eighth, a saddle every
/// 16th; three mode changes each.
void append_step(RunWriter& writer, std::int64_t k) {
  writer.append(sample::mode_changes(3 * k, 3 * k + 3));
  writer.append(sample::time_row_with_modes(k));
  if (k % 2 == 0) writer.append(sample::snapshot_row(k / 2));
  if (k % 8 == 0) writer.append(sample::event_row(k / 8));
  if (k % 16 == 0) writer.append(sample::saddle_row(k / 16));
}

void make(const std::string& path, std::int64_t rows, bool modes) {
  RunWriter writer = RunWriter::create(path, modes ? sample::description_with_modes() : sample::description(),
                                       {.overwrite = true});
  if (modes) writer.append(sample::mode_changes(0, rows));
  for (std::int64_t k = 0; k < rows; ++k) {
    writer.append(modes ? sample::time_row_with_modes(k) : sample::time_row(k));
    writer.append(sample::snapshot_row(k));
    writer.append(sample::event_row(k));
    writer.append(sample::saddle_row(k));
  }
  writer.finish({"reached_end", {{"gradients", 42}, {"wall_seconds", 1.5}}, {{"finished_on", "a Sunday"}}});
}

void add_points(const std::string& path, std::int64_t points) {
  std::vector<SnapshotRow> alignment;
  for (std::int64_t k = 0; k < RunReader::open(path).rows().snapshot; ++k)
    alignment.push_back(sample::alignment_row(k));
  add_kkt(path, sample::kkt_record(points), alignment);
}

void add_points_and_visits(const std::string& path, std::int64_t size) {
  add_saddles(path, size > 0 ? sample::saddle_record(size) : SaddleRecord{});
}

void grow(const std::string& path, unsigned seed) {
  std::mt19937 random(seed);
  write_pursuit(path, sample::pursuit_record(1), ExistingFile::keep);
  for (std::int64_t rounds = 1;; ++rounds) {
    if (rounds > 1) replace_pursuit(path, sample::pursuit_record(rounds));
    say(fmt::format("round {}\n", rounds));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
  }
}

void stream_rows(RunWriter& writer, std::int64_t first, std::int64_t last, unsigned seed) {
  std::mt19937 random(seed);
  for (std::int64_t k = first; last < 0 || k < last; ++k) {
    append_step(writer, k);
    if (random() % 40 == 0) {
      writer.flush();
      say(fmt::format("flushed {}\n", counts(writer.rows())));
    }
    if (random() % 100 == 0) {
      Checkpoint checkpoint;
      checkpoint.reals["weights"] = {Real(1) / Real(3), Real(k)};
      checkpoint.integers["next_row"] = {k + 1};
      writer.checkpoint(checkpoint);
      say(fmt::format("checkpoint {}\n", counts(writer.rows())));
    }
    if (random() % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
  }
  writer.finish({"reached_end", {{"steps", double(last)}}, {}});
}

void resume(const std::string& path, unsigned seed, std::int64_t last) {
  const Checkpoint checkpoint = read_checkpoint(checkpoint_path(path));
  RunWriter writer = RunWriter::resume(path, checkpoint, "resumed");
  stream_rows(writer, checkpoint.integers.at("next_row").front(), last, seed);
}

template <class Row, class Expected>
void compare(const std::vector<Row>& rows, const char* stream, Expected expected) {
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (!sample::same(rows[k], expected(static_cast<std::int64_t>(k)))) {
      say(fmt::format("row {} of {} is wrong\n", k, stream));
      std::exit(1);
    }
  }
}

void check(const RunReader& reader) {
  compare(reader.time_rows(), "time",
          reader.has_mode_changes() ? sample::time_row_with_modes : sample::time_row);
  compare(reader.mode_changes(), "change", sample::mode_change);
  compare(reader.snapshot_rows(), "snapshot_time", sample::snapshot_row);
  compare(reader.event_rows(), "event", sample::event_row);
  compare(reader.saddle_rows(), "saddle", sample::saddle_row);
  say(fmt::format("{} {} {}{}\n", counts(reader.rows()), reader.summary().stop_reason,
                  reader.live() ? "live" : "closed", reader.recovered() ? " recovered" : ""));
}

void watch(const std::string& path, std::int64_t rows) {
  for (std::int64_t found = 0, looks = 0; found < rows; ++looks) {
    const RunReader reader = RunReader::open(path);
    if (reader.recovered()) throw IoError(path + ": recovered under a live writer");
    if (reader.rows().time < found) throw IoError(path + ": rows went away");
    found = reader.rows().time;
    check(reader);
  }
}

int run(const std::vector<std::string>& arguments) {
  const std::string& verb = arguments.at(1);
  const std::string& path = arguments.at(2);
  const auto number = [&](std::size_t k) { return std::stoll(arguments.at(k)); };
  if (verb == "make" || verb == "modes") make(path, number(3), verb == "modes");
  if (verb == "kkt") add_points(path, number(3));
  if (verb == "saddles") add_points_and_visits(path, number(3));
  if (verb == "pursuit") write_pursuit(path, sample::pursuit_record(number(3)), ExistingFile::replace);
  if (verb == "skeleton")
    create_with_skeleton(path, sample::description(), {"interrupted", {{"horizon", 2}}, {}},
                         sample::skeleton_record(number(3)), ExistingFile::replace);
  if (verb == "grow") grow(path, static_cast<unsigned>(number(3)));
  if (verb == "stream") {
    RunWriter writer = RunWriter::create(path, sample::description_with_modes());
    stream_rows(writer, 0, arguments.size() > 4 ? number(4) : -1, static_cast<unsigned>(number(3)));
  }
  if (verb == "resume") resume(path, static_cast<unsigned>(number(3)), number(4));
  if (verb == "check") check(RunReader::open(path));
  if (verb == "watch") watch(path, number(3));
  return 0;
}

}  // namespace

int main(int count, char** values) {
  try {
    return run({values, values + count});
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
}

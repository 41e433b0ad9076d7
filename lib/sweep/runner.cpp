#include "sweep/runner.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "saddleflow/archive/file_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "sweep/claim.hpp"
#include "sweep/fingerprint.hpp"
#include "sweep/process.hpp"
#include "sweep/shell_word.hpp"
#include "sweep/tool_calls.hpp"

namespace saddleflow::sweep {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kInterrupted = 130;  // exit status of a tool that has stopped cleanly
// How long a look at the processes lasts, and a look at those of others: short beside what a person notices.
constexpr double kLook = 0.2;

/// A tool that is asked before it can answer ends by the signal itself.
bool asks_to_stop(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGHUP; }

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// 0 ... count - 1 in steps of the golden ratio, so that each beginning of the list is spread evenly.
std::vector<std::size_t> spread_order(std::size_t count) {
  const double golden = (std::sqrt(5.0) - 1) / 2;
  auto step = std::max<std::size_t>(1, static_cast<std::size_t>(golden * static_cast<double>(count)));
  while (std::gcd(step, count) != 1) ++step;
  std::vector<std::size_t> order;
  for (std::size_t k = 0, at = 0; k < count; ++k, at = (at + step) % count) order.push_back(at);
  return order;
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

/// The last line of a log from `begin` on; rather one with which the tool names itself.
std::string last_message(const std::string& log, std::uintmax_t begin, const std::string& tool) {
  std::ifstream in(log, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(begin));
  std::string last, own;
  for (std::string line; std::getline(in, line);) {
    const auto shown = line.rfind('\r');  // progress before it is overwritten
    if (shown != std::string::npos) line.erase(0, shown + 1);
    if (line.empty() || line.starts_with("$ ")) continue;
    last = line;
    if (line.starts_with(tool + ": ") && !line.starts_with(tool + ": note: ")) own = line;
  }
  return own.empty() ? last : own;
}

/// Mean wall time of the runs that have ended here, for the time that is left.
class MeanTime {
 public:
  void add(double seconds) {
    ++count_;
    sum_ += seconds;
    squares_ += seconds * seconds;
  }
  /// NaN unless its standard error is below a third.
  double mean() const {
    const auto n = static_cast<double>(count_);
    if (count_ < kLeast) return std::numeric_limits<double>::quiet_NaN();
    const double mean = sum_ / n, variance = std::max(0.0, squares_ / n - mean * mean);
    return std::sqrt(variance / n) < mean / 3 ? mean : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  static constexpr std::int64_t kLeast = 5;  // fewer say nothing about the spread
  std::int64_t count_ = 0;
  double sum_ = 0, squares_ = 0;
};

class Runner {
 public:
  Runner(const SweepFile& sweep, const RunList& runs, const SweepOptions& options)
      : sweep_(sweep), runs_(runs), options_(options), fingerprints_(sweep) {
    for (const std::size_t k : spread_order(options.numbers.size())) waiting_.push_back(options.numbers[k]);
  }

  SweepOutcome run() {
    while (!stopped() && (!waiting_.empty() || !active_.empty() || !elsewhere_.empty())) {
      while (!stopped() && !waiting_.empty() && std::ssize(active_) < options_.jobs) begin_next();
      step();
      if (waiting_.empty() && active_.empty()) waiting_ = std::exchange(elsewhere_, {});
    }
    stop_all();
    outcome_.unfinished += std::ssize(waiting_) + std::ssize(elsewhere_);
    outcome_.own_cpu_seconds = processor_seconds() - own_before_;
    std::ranges::sort(outcome_.failed, std::less<>(), &FailedRun::number);
    return std::move(outcome_);
  }

 private:
  struct Active {
    Run run;
    std::string stem, output;
    std::vector<Call> calls;
    std::size_t call = 0;
    JobRecord record;
    std::uintmax_t log_begin = 0;
    Clock::time_point start;
  };

  bool stopped() const { return options_.interrupt != nullptr && *options_.interrupt; }

  void begin_next() {
    const std::int64_t number = waiting_.front();
    waiting_.pop_front();
    Active job;
    job.run = runs_.run(number);
    job.stem = (fs::path(options_.folder) / job.run.name).string();
    job.output = output_of(sweep_, job.stem);
    const std::string fingerprint = fingerprints_.of(job.run);
    if (is_finished(look_up(job.stem, job.output, fingerprint))) return;
    // From here to the record that says "running": another sweep may have looked at the same moment.
    const Claim claim(job.stem + ".log");
    if (!claim.granted()) return elsewhere_.push_back(number);
    job.record = look_up(job.stem, job.output, fingerprint);
    if (is_finished(job.record)) return;
    if (job.record.state == RunState::running && !taken_over(job)) return elsewhere_.push_back(number);
    const Earlier earlier{job.record.attempts > 0, job.record.fingerprint == fingerprint};
    job.record.fingerprint = fingerprint;
    if (!job.run.fault.empty()) return fail(job, 2, job.run.fault);
    job.calls = calls_of(sweep_, job.run.overrides, job.stem, earlier, options_.programs);
    ++job.record.attempts;
    job.start = Clock::now();
    launch(std::move(job));
  }

  /// Notes a run that needs no more work.
  bool is_finished(const JobRecord& record) {
    if (record.state != RunState::finished) return false;
    ++outcome_.finished;
    ++outcome_.earlier;
    return true;
  }

  /// A run of another machine that may have gone down. On this one a running process is known to live.
  bool taken_over(const Active& job) const {
    const bool other_machine = job.record.host != host_ && !is_written(job.output);
    return other_machine && (options_.own || archive::locks_in_use());
  }

  /// What goes wrong around a single run is its failure, not that of the sweep.
  void launch(Active job) {
    try {
      const pid_t child = start_call(job);
      active_.emplace(child, std::move(job));
    } catch (const Error& error) {
      fail(job, error.exit_code(), error.what());
    }
  }

  pid_t start_call(Active& job) const {
    const std::string log = job.stem + ".log";
    const Call& call = job.calls[job.call];
    job.record.state = RunState::running;
    job.record.host = host_;
    job.record.pid = getpid();
    job.record.command = shell_line(call);
    job.record.status = -1;
    job.record.message.clear();
    write_record(job.stem + ".job", job.record);
    job.log_begin = size_of(log);
    std::ofstream out(log, std::ios::app);
    // A tool that cannot say what is wrong would fail without a reason.
    if (!(out << "$ " << job.record.command << "\n" << std::flush))
      throw IoError(fmt::format("{}: cannot be written: {}", log, std::strerror(errno)));
    out.close();
    return start_process(call, log);
  }

  void step() {
    show();
    if (active_.empty() && elsewhere_.empty()) return;
    const Ended ended = wait_for_any(kLook);
    const auto found = active_.find(ended.pid);
    if (found == active_.end()) return;
    Active job = std::move(found->second);
    active_.erase(found);
    take(std::move(job), ended);
  }

  void take(Active job, const Ended& ended) {
    outcome_.cpu_seconds += ended.cpu_seconds;
    job.record.cpu_seconds += ended.cpu_seconds;
    job.record.peak_mb = std::max(job.record.peak_mb, ended.peak_mb);
    job.record.status = ended.status;
    if (ended.status == 0 && ++job.call < job.calls.size() && !stopped()) return launch(std::move(job));
    const double seconds = seconds_since(job.start);
    job.record.seconds += seconds;
    if (ended.status == 0 && job.call == job.calls.size()) {
      mean_.add(seconds);
      job.record.state = RunState::finished;
      ++outcome_.finished;
      return keep(job);
    }
    if (ended.status == 0 || ended.status == kInterrupted || asks_to_stop(ended.signal)) {
      job.record.state = RunState::unfinished;
      ++outcome_.unfinished;
      return keep(job);
    }
    const std::string by_signal = signal_in_words(ended);
    const std::string tool = fs::path(job.calls[job.call].front()).filename().string();
    const std::string message = last_message(job.stem + ".log", job.log_begin, tool);
    mean_.add(seconds);
    fail(job, ended.status,
         !by_signal.empty() ? by_signal
         : message.empty()  ? fmt::format("status {}", ended.status)
                            : message);
  }

  void fail(Active& job, std::int64_t status, const std::string& message) {
    job.record.state = RunState::failed;
    job.record.status = status;
    job.record.message = message;
    outcome_.failed.push_back({job.run.number, job.run.name, status, message});
    if (options_.on_failure) options_.on_failure(outcome_.failed.back());
    keep(job);
  }

  /// Writes the record. On a full disk the message on the screen must do; the run is looked at again next
  /// time.
  void keep(Active& job) {
    try {
      write_record(job.stem + ".job", job.record);
    } catch (const IoError& error) {
      if (job.record.state == RunState::failed) return;
      --(job.record.state == RunState::finished ? outcome_.finished : outcome_.unfinished);
      outcome_.failed.push_back({job.run.number, job.run.name, error.exit_code(), error.what()});
      if (options_.on_failure) options_.on_failure(outcome_.failed.back());
    }
  }

  /// The processes write their checkpoints and end.
  void stop_all() {
    for (const auto& [pid, job] : active_) kill(pid, SIGTERM);
    while (!active_.empty()) step();
  }

  void show() {
    if (!options_.progress || seconds_since(shown_) < kLook) return;
    shown_ = Clock::now();
    SweepProgress p;
    p.total = std::ssize(options_.numbers);
    p.finished = outcome_.finished;
    p.failed = std::ssize(outcome_.failed);
    p.running = std::ssize(active_);
    p.elsewhere = std::ssize(elsewhere_);
    double work = mean_.mean() * static_cast<double>(waiting_.size() + active_.size());
    for (const auto& [pid, job] : active_) work -= std::min(mean_.mean(), seconds_since(job.start));
    p.seconds_left = work / options_.jobs;
    options_.progress(p);
  }

  const SweepFile& sweep_;
  const RunList& runs_;
  const SweepOptions& options_;
  Fingerprints fingerprints_;
  std::string host_ = host_name();
  std::deque<std::int64_t> waiting_, elsewhere_;
  std::map<pid_t, Active> active_;
  MeanTime mean_;
  double own_before_ = processor_seconds();
  Clock::time_point shown_ = Clock::now();
  SweepOutcome outcome_;
};

}  // namespace

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder))
    throw IoError(fmt::format("{}: cannot be made, expected a folder for the runs{}", folder,
                              error ? ": " + error.message() : ""));
}

bool is_written(const std::string& output) {
  try {
    return fs::exists(output) && archive::is_locked(output);
  } catch (const IoError&) {
    return false;
  }
}

JobRecord look_up(const std::string& stem, const std::string& output, const std::string& fingerprint) {
  const std::optional<JobRecord> found = read_record(stem + ".job");
  JobRecord record = found.value_or(JobRecord());
  record.state = is_written(output) ? RunState::running : present_state(record);
  const bool stale = !fs::exists(output) || record.fingerprint != fingerprint;
  if (record.state == RunState::finished && stale) record.state = RunState::unfinished;
  return record;
}

SweepOutcome run_sweep(const SweepFile& sweep, const RunList& runs, const SweepOptions& options) {
  make_folder(options.folder);
  return Runner(sweep, runs, options).run();
}

}  // namespace saddleflow::sweep

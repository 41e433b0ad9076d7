#include "sweep/job_record.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/write_study.hpp"

namespace saddleflow::sweep {

namespace {

std::string quoted(const std::string& text) { return toml_literal(toml::value<std::string>(text)); }

std::string written(const JobRecord& r) {
  return fmt::format(
      "state = \"{}\"\nfingerprint = \"{}\"\ncommand = {}\nstatus = {}\nmessage = {}\nattempts = {}\n"
      "seconds = {:.3f}\ncpu_seconds = {:.3f}\npeak_mb = {:.1f}\nhost = {}\npid = {}\n",
      name_of(r.state), r.fingerprint, quoted(r.command), r.status, quoted(r.message), r.attempts, r.seconds,
      r.cpu_seconds, r.peak_mb, quoted(r.host), r.pid);
}

std::string program_of(const std::string& process) {
  std::ifstream in("/proc/" + process + "/comm");
  std::string name;
  std::getline(in, name);
  return name;
}

/// Another process of this number and program. Numbers are used again, so the number alone says little.
bool is_another_sweep(std::int64_t pid) {
  if (pid <= 0 || pid == getpid()) return false;
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM) return false;
  return program_of(fmt::format("{}", pid)) == program_of("self");
}

}  // namespace

std::optional<JobRecord> read_record(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  try {
    const toml::table table = toml::parse(in);
    const auto state = find_name<RunState>(table["state"].value_or(std::string()));
    if (!state) return std::nullopt;
    JobRecord r;
    r.state = *state;
    r.fingerprint = table["fingerprint"].value_or(r.fingerprint);
    r.command = table["command"].value_or(r.command);
    r.status = table["status"].value_or(r.status);
    r.message = table["message"].value_or(r.message);
    r.attempts = table["attempts"].value_or(r.attempts);
    r.seconds = table["seconds"].value_or(r.seconds);
    r.cpu_seconds = table["cpu_seconds"].value_or(r.cpu_seconds);
    r.peak_mb = table["peak_mb"].value_or(r.peak_mb);
    r.host = table["host"].value_or(r.host);
    r.pid = table["pid"].value_or(r.pid);
    return r;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

namespace {

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  return static_cast<bool>(out);
}

/// Into the room that the file has already: a full disk has no other.
bool write_in_place(const std::string& path, const std::string& text) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const auto size = static_cast<off_t>(text.size());
  const bool done =
      pwrite(descriptor, text.data(), text.size(), 0) == size && ftruncate(descriptor, size) == 0;
  return close(descriptor) == 0 && done;
}

}  // namespace

void write_record(const std::string& path, const JobRecord& record) {
  const std::string draft = path + ".part", text = written(record);
  if (!write_file(draft, text)) {
    const int error = errno;
    std::remove(draft.c_str());
    if (write_in_place(path, text)) return;
    throw IoError(fmt::format("{}: cannot be written: {}", path, std::strerror(error)));
  }
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(draft.c_str());
    throw IoError(fmt::format("{}: cannot rename {} to it: {}", path, draft, std::strerror(error)));
  }
}

RunState present_state(const JobRecord& record) {
  if (record.state != RunState::running) return record.state;
  const bool gone = record.host == host_name() && !is_another_sweep(record.pid);
  return gone ? RunState::unfinished : RunState::running;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace saddleflow::sweep

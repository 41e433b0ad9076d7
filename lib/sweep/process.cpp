#include "sweep/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "saddleflow/base/error.hpp"

namespace saddleflow::sweep {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

sigset_t child_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// In the child, which has the memory of its parent until exec: nothing is changed there. Never returns.
[[noreturn]] void become(char* const* arguments, int log, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(130);  // it died before the line above
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const sigset_t child = child_signal();
  sigprocmask(SIG_UNBLOCK, &child, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(arguments[0], arguments);
  dprintf(STDERR_FILENO, "%s: cannot be started: %s\n", arguments[0], std::strerror(errno));
  _exit(127);
}

}  // namespace

pid_t start_process(const std::vector<std::string>& call, const std::string& log) {
  const int descriptor = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0) throw IoError(fmt::format("{}: cannot be written: {}", log, std::strerror(errno)));
  // What OpenMP, OpenBLAS and others look at. A run has one core.
  setenv("OMP_NUM_THREADS", "1", 0);
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  std::vector<char*> arguments;
  arguments.reserve(call.size() + 1);
  for (const std::string& argument : call) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  // fork() copies the tables of all pages, which takes longer than all the rest of a start. posix_spawn()
  // cannot ask for a signal at the parent's death. NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork)
  const pid_t child = vfork();
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): nothing of it touches memory, and it never returns
  if (child == 0) become(arguments.data(), descriptor, parent);
  const int error = errno;
  close(descriptor);
  if (child < 0) throw IoError(fmt::format("{}: cannot be started: {}", call.front(), std::strerror(error)));
  setpgid(child, child);  // whoever comes first
  return child;
}

namespace {

Ended take_ended() {
  Ended ended;
  int status = 0;
  rusage usage{};
  const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
  if (pid <= 0) return ended;
  ended.pid = pid;
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  ended.peak_mb = static_cast<double>(usage.ru_maxrss) / 1024;
  return ended;
}

}  // namespace

Ended wait_for_any(double seconds) {
  // Blocked, the signal waits for sigtimedwait() even if it comes between the two lines that look.
  const sigset_t child = child_signal();
  sigprocmask(SIG_BLOCK, &child, nullptr);
  const Ended at_once = take_ended();
  if (at_once.pid != 0) return at_once;
  timespec limit{};
  limit.tv_sec = static_cast<time_t>(seconds);
  limit.tv_nsec = static_cast<long>(1e9 * (seconds - static_cast<double>(limit.tv_sec)));
  sigtimedwait(&child, nullptr, &limit);
  return take_ended();
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string signal_in_words(const Ended& ended) {
  if (ended.signal == 0) return "";
  std::string words = fmt::format("ended by signal {} ({})", ended.signal, strsignal(ended.signal));
  if (ended.signal == SIGKILL) words += ": by somebody, or by the system for want of memory";
  if (ended.signal == SIGILL)
    words += ": built for another processor; use the preset portable on unlike machines";
  return words;
}

}  // namespace saddleflow::sweep

// Ctrl-C, SIGTERM and SIGHUP (the session is gone) for a tool's long work: the first one asks it to stop
// cleanly, a second one ends the process at once.
#pragma once

#include <atomic>
#include <csignal>

namespace saddleflow::tools {

/// What long work looks at.
inline std::atomic<bool> interrupted{false};

extern "C" inline void on_interrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

/// From here on Ctrl-C, SIGTERM and SIGHUP set `interrupted`. A process that was started with SIGHUP ignored
/// (nohup) goes on ignoring it.
inline void catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  if (std::signal(SIGHUP, on_interrupt) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

}  // namespace saddleflow::tools

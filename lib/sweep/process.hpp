// Child processes of a sweep.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace saddleflow::sweep {

/// How a process ended and what it used.
struct Ended {
  pid_t pid = 0;
  int status = 0;          ///< exit status; -1 if a signal ended it
  int signal = 0;          ///< that signal, 0 if none
  double cpu_seconds = 0;  ///< user and system time
  double peak_mb = 0;      ///< largest resident memory
};

/// Starts a program whose output and errors are appended to the file `log`. It has a process group of its
/// own, so that Ctrl-C in a terminal reaches the sweep alone; it gets SIGTERM if the sweep dies; and linear
/// algebra in it uses one thread. IoError if it cannot be started.
pid_t start_process(const std::vector<std::string>& call, const std::string& log);

/// Waits until one of the processes that this one has started has ended, at most `seconds`, or until a signal
/// handler has run. pid 0: none has ended. For the thread that starts them, which gets no SIGCHLD from the
/// first call on.
Ended wait_for_any(double seconds);

/// User and system time of this process, without its children.
double processor_seconds();

/// "ended by signal 9 (Killed)", or empty if no signal has ended it.
std::string signal_in_words(const Ended& ended);

}  // namespace saddleflow::sweep

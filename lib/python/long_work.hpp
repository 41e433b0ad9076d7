// Long work that is called from Python: Ctrl-C, progress and the global interpreter lock.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <utility>

namespace saddleflow::python {

namespace py = pybind11;

/// What the work looks at.
inline std::atomic<bool> interrupted{false};

extern "C" inline void on_interrupt(int) { interrupted = true; }

/// Ctrl-C while it lives asks the work to stop cleanly; Python's own handler would wait for its end. Without
/// the GIL, which progress takes for the time of its call.
class LongWork {
 public:
  LongWork() : before_(std::signal(SIGINT, on_interrupt)) { interrupted = false; }
  ~LongWork() { std::signal(SIGINT, before_); }
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  /// Calls back into Python; what it throws stops the work, and is thrown again by finish().
  template <class... Arguments>
  void tell(const py::function& callback, Arguments&&... arguments) {
    if (failure_) return;
    py::gil_scoped_acquire gil;
    try {
      callback(std::forward<Arguments>(arguments)...);
    } catch (...) {
      failure_ = std::current_exception();
      interrupted = true;
    }
  }
  /// After the work, with the GIL.
  void finish() const {
    if (failure_) std::rethrow_exception(failure_);
    if (!interrupted) return;
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw py::error_already_set();
  }

 private:
  void (*before_)(int);
  std::exception_ptr failure_;
};

/// What `work` returns, which other threads of Python need not wait for.
template <class Work>
auto without_gil(Work work) {
  py::gil_scoped_release release;
  return work();
}

}  // namespace saddleflow::python

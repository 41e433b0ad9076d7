#include "saddleflow/base/workers.hpp"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"

namespace saddleflow {

namespace {

// The matrix products take up to 2 MB from the stack. A thread has as much as the shell's limit says, which
// may be less; that of a main thread is 8 MB as a rule.
constexpr std::size_t kStack = std::size_t{8} << 20;

}  // namespace

/// The jobs of one call of run().
class Workers::Batch {
 public:
  Batch(std::atomic<int>& free, Index count, const std::function<void(Index)>& job)
      : free_(free), count_(count), job_(job), first_failed_(count) {}

  void run() {
    work();
    // A thread that waits leaves its place to the jobs inside of those that are still at work.
    ++free_;
    while (const std::optional<pthread_t> thread = next_thread()) pthread_join(*thread, nullptr);
    --free_;
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    for (Index k = next_++; k < first_failed_; k = next_++) {
      start_another();
      try {
        job_(k);
      } catch (...) {
        note_failure(k);
      }
    }
  }

  /// Asked before every job: places become free while a batch is at work.
  void start_another() {
    if (next_ >= first_failed_ || !take_place()) return;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStack);
    const std::lock_guard lock(mutex_);
    pthread_t thread{};
    if (pthread_create(&thread, &attributes, &enter, this) == 0)
      threads_.push_back(thread);
    else
      ++free_;  // the system has no more: those at work go on
    pthread_attr_destroy(&attributes);
  }

  static void* enter(void* batch) {
    auto& self = *static_cast<Batch*>(batch);
    const InterruptScope scope(self.interrupt_);
    self.work();
    ++self.free_;
    return nullptr;
  }

  bool take_place() {
    for (int places = free_; places > 0;)
      if (free_.compare_exchange_weak(places, places - 1)) return true;
    return false;
  }

  void note_failure(Index k) {
    const std::lock_guard lock(mutex_);
    if (k >= first_failed_) return;
    first_failed_ = k;
    failure_ = std::current_exception();
  }

  std::optional<pthread_t> next_thread() {
    const std::lock_guard lock(mutex_);
    if (threads_.empty()) return {};
    const pthread_t last = threads_.back();
    threads_.pop_back();
    return last;
  }

  std::atomic<int>& free_;
  const std::atomic<bool>* interrupt_ = current_interrupt();
  const Index count_;
  const std::function<void(Index)>& job_;
  std::atomic<Index> next_ = 0;
  std::atomic<Index> first_failed_;  ///< the number of jobs where none has failed
  std::mutex mutex_;
  std::vector<pthread_t> threads_;
  std::exception_ptr failure_;
};

Workers::Workers(int threads) : free_(threads - 1) {
  if (threads < 1) throw InputError("threads: found " + std::to_string(threads) + ", expected at least 1");
}

int Workers::all_cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void Workers::run(Index count, const std::function<void(Index)>& job) { Batch(free_, count, job).run(); }

void run_jobs(Workers* workers, Index count, const std::function<void(Index)>& job) {
  if (workers != nullptr) return workers->run(count, job);
  for (Index k = 0; k < count; ++k) job(k);
}

}  // namespace saddleflow

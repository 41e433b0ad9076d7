#include "saddleflow/base/workers.hpp"

#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

/// The jobs of one call of run().
class Workers::Batch {
 public:
  Batch(std::atomic<int>& free, Index count, const std::function<void(Index)>& job)
      : free_(free), count_(count), job_(job), first_failed_(count) {}

  void run() {
    work();
    // A thread that waits leaves its place to the jobs inside of those that are still at work.
    ++free_;
    for (std::thread thread = next_thread(); thread.joinable(); thread = next_thread()) thread.join();
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
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this] {
      work();
      ++free_;
    });
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

  std::thread next_thread() {
    const std::lock_guard lock(mutex_);
    if (threads_.empty()) return {};
    std::thread last = std::move(threads_.back());
    threads_.pop_back();
    return last;
  }

  std::atomic<int>& free_;
  const Index count_;
  const std::function<void(Index)>& job_;
  std::atomic<Index> next_ = 0;
  std::atomic<Index> first_failed_;  ///< the number of jobs where none has failed
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::exception_ptr failure_;
};

Workers::Workers(int threads) : free_(threads - 1) {
  if (threads < 1) throw InputError("threads: found " + std::to_string(threads) + ", expected at least 1");
}

int Workers::all_cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void Workers::run(Index count, const std::function<void(Index)>& job) { Batch(free_, count, job).run(); }

}  // namespace saddleflow

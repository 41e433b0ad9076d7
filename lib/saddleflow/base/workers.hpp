// Independent jobs on several threads.
#pragma once

#include <atomic>
#include <functional>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// How many threads may work at a time, for all jobs together and for the jobs inside of jobs. Which thread
/// takes which job is left to chance: results that are kept by the number of the job do not depend on it.
class Workers {
 public:
  /// The calling thread counts as one. Throws InputError for less than one.
  explicit Workers(int threads);
  /// One for each core.
  static int all_cores();

  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// job(k) for k = 0 ... count - 1, each once: in this thread, and in others as long as fewer than allowed
  /// are at work. A job changes nothing that another one reads. Where jobs throw, no later ones are started,
  /// and the exception of the first of them (by k) is thrown when all have ended.
  void run(Index count, const std::function<void(Index)>& job);

 private:
  class Batch;
  std::atomic<int> free_;  ///< threads that may still be started
};

/// workers->run(), or in this thread, one job after the other, without workers.
void run_jobs(Workers* workers, Index count, const std::function<void(Index)>& job);

}  // namespace saddleflow

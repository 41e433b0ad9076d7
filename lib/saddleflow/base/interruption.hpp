// How long work is asked to end before it has a result: a flag that its caller sets, and that work deep
// inside looks at.
#pragma once

#include <atomic>

namespace saddleflow {

/// As long as this lives, check_interrupt() in this thread, and in the threads of Workers that do its jobs,
/// looks at `flag`, which must outlive it. Null leaves what the caller has set. Scopes nest, and end in the
/// reverse order.
class InterruptScope {
 public:
  explicit InterruptScope(const std::atomic<bool>* flag);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  const std::atomic<bool>* outer_;
};

/// The flag that counts in this thread; null: none.
const std::atomic<bool>* current_interrupt();

/// Throws Interrupted where the flag is set. Decompositions of matrices, functions on the sphere and NCF
/// flows call it. Integrations of flows have a flag of their own (IntegrationOptions::interrupt), which ends
/// them with what they have.
void check_interrupt();

}  // namespace saddleflow

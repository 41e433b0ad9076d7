#include "saddleflow/base/interruption.hpp"

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

thread_local const std::atomic<bool>* interrupt_of_thread = nullptr;

}  // namespace

InterruptScope::InterruptScope(const std::atomic<bool>* flag) : outer_(interrupt_of_thread) {
  if (flag != nullptr) interrupt_of_thread = flag;
}

InterruptScope::~InterruptScope() { interrupt_of_thread = outer_; }

const std::atomic<bool>* current_interrupt() { return interrupt_of_thread; }

void check_interrupt() {
  if (interrupt_of_thread != nullptr && interrupt_of_thread->load()) throw Interrupted();
}

}  // namespace saddleflow

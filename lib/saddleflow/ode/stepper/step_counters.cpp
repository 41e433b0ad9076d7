#include "saddleflow/ode/stepper/step_counters.hpp"

#include <array>

#include "saddleflow/base/memory.hpp"

namespace saddleflow {
namespace {

using Counter = std::int64_t StepCounters::*;
constexpr std::array<Counter, 8> kCounters = {
    &StepCounters::accepted,           &StepCounters::rejected_error,
    &StepCounters::rejected_nonfinite, &StepCounters::rejected_indefinite,
    &StepCounters::factorizations,     &StepCounters::jacobians,
    &StepCounters::spectral_estimates, &StepCounters::switches};
static_assert(sizeof(StepCounters) == kCounters.size() * sizeof(std::int64_t), "a counter is missing above");

}  // namespace

StepCounters operator+(StepCounters a, const StepCounters& b) {
  for (const Counter counter : kCounters) a.*counter += b.*counter;
  return a;
}

void save(MemoryWriter& memory, const StepCounters& counters) {
  for (const Counter counter : kCounters) memory.add(counters.*counter);
}

StepCounters load_counters(MemoryReader& memory) {
  StepCounters counters;
  for (const Counter counter : kCounters) counters.*counter = memory.integer();
  return counters;
}

}  // namespace saddleflow

#include "saddleflow/ode/stepper/stepper_memory.hpp"

#include <array>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

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

void MemoryWriter::add(const Vector& values) {
  add(static_cast<std::int64_t>(values.size()));
  data_.insert(data_.end(), values.begin(), values.end());
}

void MemoryWriter::add(const StepCounters& counters) {
  for (const Counter counter : kCounters) add(counters.*counter);
}

Real MemoryReader::real() {
  if (next_ >= data_.size())
    throw InputError("stepper memory: holds " + std::to_string(data_.size()) +
                     " numbers, more were expected: written by another method or damaged");
  return data_[next_++];
}

Vector MemoryReader::vector() {
  const Real size = real();
  const auto left = static_cast<Real>(data_.size() - next_);
  if (!(size >= 0 && size <= left))
    throw InputError(
        "stepper memory: names a vector longer than itself: written by another method or damaged");
  Vector values(static_cast<Index>(size));
  for (Real& value : values) value = real();
  return values;
}

StepCounters MemoryReader::counters() {
  StepCounters counters;
  for (const Counter counter : kCounters) counters.*counter = integer();
  return counters;
}

void MemoryReader::finish() const {
  if (next_ != data_.size())
    throw InputError("stepper memory: holds " + std::to_string(data_.size()) + " numbers, expected " +
                     std::to_string(next_) + ": written by another method or damaged");
}

StepCounters operator+(StepCounters a, const StepCounters& b) {
  for (const Counter counter : kCounters) a.*counter += b.*counter;
  return a;
}

}  // namespace saddleflow

#include "saddleflow/base/memory.hpp"

#include <cmath>
#include <string>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

void MemoryWriter::add(const Vector& values) {
  add(static_cast<std::int64_t>(values.size()));
  data_.insert(data_.end(), values.begin(), values.end());
}

Real MemoryReader::real() {
  if (next_ >= data_.size())
    throw InputError(what_ + ": holds " + std::to_string(data_.size()) +
                     " numbers, more were expected: written by another method or damaged");
  return data_[next_++];
}

std::int64_t MemoryReader::integer() {
  const Real number = real();
  const Real most = Real(1LL << 53);  // the digits of a double
  if (!(std::abs(number) <= most) || number != std::trunc(number))
    throw InputError(what_ + ": holds " + std::to_string(static_cast<double>(number)) +
                     " where a whole number is expected: written by another method or damaged");
  return static_cast<std::int64_t>(number);
}

Vector MemoryReader::vector() {
  const Real size = real();
  const auto left = static_cast<Real>(data_.size() - next_);
  if (!(size >= 0 && size <= left))
    throw InputError(what_ + ": names a vector longer than itself: written by another method or damaged");
  Vector values(static_cast<Index>(size));
  for (Real& value : values) value = real();
  return values;
}

Vector MemoryReader::vector(Index size) {
  Vector values = vector();
  if (values.size() != size)
    throw InputError(what_ + ": holds a vector of " + std::to_string(values.size()) + " numbers, expected " +
                     std::to_string(size));
  return values;
}

void MemoryReader::finish() const {
  if (next_ != data_.size())
    throw InputError(what_ + ": holds " + std::to_string(data_.size()) + " numbers, expected " +
                     std::to_string(next_) + ": written by another method or damaged");
}

}  // namespace saddleflow

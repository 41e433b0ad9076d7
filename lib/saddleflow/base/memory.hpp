// What an object remembers as a flat list of numbers, so that a checkpoint need not know the object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Appends numbers; integers are exact up to 2^53.
class MemoryWriter {
 public:
  void add(Real value) { data_.push_back(value); }
  void add(std::int64_t value) { data_.push_back(static_cast<Real>(value)); }
  void add(int value) { add(static_cast<std::int64_t>(value)); }
  void add(bool value) { add(static_cast<std::int64_t>(value)); }
  void add(const Vector& values);
  std::vector<Real> take() { return std::move(data_); }

 private:
  std::vector<Real> data_;
};

/// Reads them back in the same order. Throws InputError "`what`: ..." where the memory is too short or too
/// long.
class MemoryReader {
 public:
  /// Keeps a reference to the data.
  explicit MemoryReader(const std::vector<Real>& data, std::string what = "stepper memory")
      : data_(data), what_(std::move(what)) {}
  Real real();
  /// InputError for a number that is none, or beyond what a double counts one by one.
  std::int64_t integer();
  bool boolean() { return real() != 0; }
  Vector vector();
  /// A vector of so many entries.
  Vector vector(Index size);
  /// Everything must have been read.
  void finish() const;

 private:
  const std::vector<Real>& data_;
  std::string what_;
  std::size_t next_ = 0;
};

}  // namespace saddleflow

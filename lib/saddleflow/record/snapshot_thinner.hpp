// Which weights along a path are worth keeping, where not all are.
#pragma once

#include <cstdint>

#include "saddleflow/base/memory.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Keeps weights that have moved since the last ones kept: their direction by a fiftieth, or their norm by a
/// tenth. After every 128 of them both are doubled, so that their number grows like the logarithm of the
/// path, whatever its length.
class SnapshotThinner {
 public:
  /// Whether these are to be kept; if so they are the last ones from now on.
  bool keeps(const Vector& w);
  /// The last ones kept, whoever has asked for that.
  void note(const Vector& w);

  void save(MemoryWriter& memory) const;
  void load(MemoryReader& memory);

 private:
  Real moved(const Vector& w) const;

  Vector direction_;
  Real log_norm_ = 0;
  Real threshold_ = 0;
  std::int64_t kept_ = 0;
};

}  // namespace saddleflow

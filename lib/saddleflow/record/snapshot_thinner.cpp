#include "saddleflow/record/snapshot_thinner.hpp"

#include <cmath>

namespace saddleflow {

namespace {

// A fiftieth of the radius is hardly seen in a picture of the path; from a start of 1e-3 to three saddles
// that makes about three hundred. By judgement.
constexpr Real kFirstThreshold = Real(0.02);
constexpr std::int64_t kBeforeDoubling = 128;
// A change of the norm alone, near the origin for instance, tells less than one of the direction.
constexpr Real kOfNorm = Real(0.2);

}  // namespace

// From weights that are all zero, or to them, is as far as can be.
Real SnapshotThinner::moved(const Vector& w) const {
  const Real norm = w.stableNorm();
  if (direction_.size() == 0 || !(norm > 0)) return direction_.size() == 0 && !(norm > 0) ? Real(0) : Real(2);
  return (w / norm - direction_).norm() + kOfNorm * std::abs(std::log(norm) - log_norm_);
}

bool SnapshotThinner::keeps(const Vector& w) {
  if (threshold_ == 0) threshold_ = kFirstThreshold;
  if (!(moved(w) > threshold_)) return false;
  note(w);
  if (++kept_ % kBeforeDoubling == 0) threshold_ *= 2;
  return true;
}

void SnapshotThinner::note(const Vector& w) {
  const Real norm = w.stableNorm();
  direction_ = norm > 0 ? Vector(w / norm) : Vector();
  log_norm_ = norm > 0 ? std::log(norm) : Real(0);
}

void SnapshotThinner::save(MemoryWriter& memory) const {
  memory.add(direction_);
  memory.add(log_norm_);
  memory.add(threshold_);
  memory.add(kept_);
}

void SnapshotThinner::load(MemoryReader& memory) {
  direction_ = memory.vector();
  log_norm_ = memory.real();
  threshold_ = memory.real();
  kept_ = memory.integer();
}

}  // namespace saddleflow

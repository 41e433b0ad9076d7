// Notices a run that goes on without end and goes nowhere.
#pragma once

#include <cstdint>

#include "saddleflow/base/memory.hpp"
#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Looks at time and state once in kSteps steps. Where since the last look the time has advanced by less than
/// kChange of itself and no component has changed by so much of itself, the steps are as short as rounding
/// makes them: late in a run a force may change its size within the last digits of a pre-activation. Slow
/// flows advance the time; a neuron that grows from almost nothing changes by parts of itself.
class Standstill {
 public:
  /// Of steps within which a jump, the shortest of what may happen late in a run, changes the weights.
  static constexpr std::int64_t kSteps = 2000;
  /// Some thousand roundings: what so many steps of the last digit add up to, at most.
  static constexpr Real kChange = Real(1e-12);

  void start(Real time, const Vector& x) {
    time_ = time;
    state_ = x;
    steps_ = 0;
  }
  /// After a step: whether the run stands still.
  bool note(Real time, const Vector& x) {
    if (++steps_ < kSteps) return false;
    const bool moves = state_.size() != x.size() || time - time_ > kChange * time ||
                       ((x - state_).cwiseAbs().array() > kChange * state_.cwiseAbs().array()).any();
    if (moves) start(time, x);
    return !moves;
  }

  void save(MemoryWriter& memory) const {
    memory.add(time_);
    memory.add(steps_);
    memory.add(state_);
  }
  void restore(MemoryReader& memory) {
    time_ = memory.real();
    steps_ = memory.integer();
    state_ = memory.vector();
  }

 private:
  Real time_ = 0;
  std::int64_t steps_ = 0;
  Vector state_;
};

}  // namespace saddleflow

// Flow time over several charts: the time at which the present chart was entered, and the time since then.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/real.hpp"
#include "saddleflow/flow/clock.hpp"

namespace saddleflow {

/// Time spent near the origin can be so long that a double neither holds it nor, when it does, resolves what
/// comes after it. So the time since the chart was entered, the phase time, is kept apart, and the whole time
/// also as a logarithm.
class FlowTime {
 public:
  Real absolute(Real phase) const { return start_.absolute(phase); }
  Real phase(Real absolute) const { return start_.local(absolute); }
  /// ln of start + phase; `log_phase` = ln(phase), -infinity for 0.
  Real log_absolute(Real log_phase) const {
    const Real larger = std::max(log_start_, log_phase), smaller = std::min(log_start_, log_phase);
    return std::isinf(larger) ? larger : larger + std::log1p(std::exp(smaller - larger));
  }
  /// The chart has been left after `phase`.
  void leave(Real phase, Real log_phase) {
    log_start_ = log_absolute(log_phase);
    if (std::isfinite(phase))
      start_.advance(phase);
    else
      start_ = Clock(phase, 0);
  }
  const Clock& start() const { return start_; }
  Real log_start() const { return log_start_; }
  void restore(const Clock& start, Real log_start) {
    start_ = start;
    log_start_ = log_start;
  }

 private:
  Clock start_;
  Real log_start_ = -std::numeric_limits<Real>::infinity();
};

}  // namespace saddleflow

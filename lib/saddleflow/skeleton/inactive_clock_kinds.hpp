// The kinds of clocks. Not part of the interface of the room.
#pragma once

#include "saddleflow/skeleton/inactive_clocks.hpp"

namespace saddleflow {

// Above degree 2 a neuron that comes back from the active ones has the norm infinity in units of delta: what
// it is a time later, [D (D-2) |N| tau]^{-1/(D-2)}, depends on this by its inverse.
constexpr Real kReturnLogNorm = 20;
// Far below what such a neuron has at the next jump.
constexpr Real kCollapse = Real(1e-30);

// Of the NCF flows of clocks that tell times: these are compared to SkeletonOptions::tie, 1e-9, and what a
// flow errs by adds up to a hundred times this at most.
constexpr Real kClockTolerance = Real(1e-11);

std::unique_ptr<InactiveClocks> log_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<InactiveClocks> mode_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<InactiveClocks> blow_up_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<InactiveClocks> deep_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<InactiveClocks> deep_mode_clocks(const Objective& objective, const Vector& direction);

}  // namespace saddleflow

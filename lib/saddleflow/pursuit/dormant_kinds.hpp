// The kinds of clocks. Not part of the interface of the room.
#pragma once

#include "saddleflow/pursuit/dormant.hpp"

namespace saddleflow {

std::unique_ptr<Dormant> log_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<Dormant> mode_clocks(const Objective& objective, const Vector& direction);
std::unique_ptr<Dormant> blow_up_clocks(const Objective& objective, const Vector& direction);

}  // namespace saddleflow

#pragma once

#include <cstdint>

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// What the pre-activation of a neuron at a sample does at zero: it passes, is caught there (sliding begins),
/// or leaves; or, at a branching, it could as well have gone to another side than the one it is on now. The
/// numbers are those of the run file.
enum class ModeChangeKind { cross = 0, enter = 1, release = 2, branch = 3 };

template <>
inline constexpr auto enum_table<ModeChangeKind> =
    named_enum<ModeChangeKind>("kind of mode change", {{ModeChangeKind::cross, "cross"},
                                                       {ModeChangeKind::enter, "enter"},
                                                       {ModeChangeKind::release, "release"},
                                                       {ModeChangeKind::branch, "branch"}});

/// Where the trajectory is in respect of one switching surface.
enum class Side : std::int8_t { below = -1, sliding = 0, above = 1 };

template <>
inline constexpr auto enum_table<Side> = named_enum<Side>("side of a surface", {{Side::below, "below"},
                                                                                {Side::sliding, "sliding"},
                                                                                {Side::above, "above"}});

}  // namespace saddleflow

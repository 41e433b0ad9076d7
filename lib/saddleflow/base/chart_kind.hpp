#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// The coordinates of a step: the weights, or near the origin logarithms of norms and directions.
enum class ChartKind { cartesian, polar };

template <>
inline constexpr auto enum_table<ChartKind> =
    named_enum<ChartKind>("chart", {{ChartKind::cartesian, "cartesian"}, {ChartKind::polar, "polar"}});

}  // namespace saddleflow

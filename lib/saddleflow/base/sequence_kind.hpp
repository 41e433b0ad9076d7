#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// What a sequence of critical points is one of, beside the skeleton.
enum class SequenceKind { flow, pursuit };

template <>
inline constexpr auto enum_table<SequenceKind> = named_enum<SequenceKind>(
    "kind of sequence", {{SequenceKind::flow, "flow"}, {SequenceKind::pursuit, "pursuit"}});

}  // namespace saddleflow

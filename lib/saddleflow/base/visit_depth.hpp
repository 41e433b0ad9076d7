#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// How near a visit came to a critical point: a plateau of the loss that is seen and no more, or so near that
/// the point's linearisation holds (VisitRule::enter).
enum class VisitDepth { shallow, close };

template <>
inline constexpr auto enum_table<VisitDepth> = named_enum<VisitDepth>("depth of a visit",
                                                                      {{VisitDepth::shallow, "shallow"},
                                                                       {VisitDepth::close, "close"}});

}  // namespace saddleflow

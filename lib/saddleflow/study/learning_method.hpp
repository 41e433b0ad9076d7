// What an experiment compares (sf-experiment).
#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// What learns.
enum class LearningMethod { pursuit, flow, gradient_descent };

template <>
inline constexpr auto enum_table<LearningMethod> =
    named_enum<LearningMethod>("learning method", {{LearningMethod::pursuit, "pursuit"},
                                                   {LearningMethod::flow, "flow"},
                                                   {LearningMethod::gradient_descent, "gradient_descent"}});

}  // namespace saddleflow

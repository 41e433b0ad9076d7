#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// Where a round of a growing network has ended.
enum class RoundStop {
  reached_critical_point,
  reached_loss,  ///< the loss asked for
  not_critical,
  interrupted,
  gradient_steps_spent,
  valley,  ///< no minimum within reach, the gradient relatively small
};

template <>
inline constexpr auto enum_table<RoundStop> =
    named_enum<RoundStop>("end of a round", {{RoundStop::reached_critical_point, "reached_critical_point"},
                                             {RoundStop::reached_loss, "reached_loss"},
                                             {RoundStop::not_critical, "not_critical"},
                                             {RoundStop::interrupted, "interrupted"},
                                             {RoundStop::gradient_steps_spent, "gradient_steps_spent"},
                                             {RoundStop::valley, "valley"}});

}  // namespace saddleflow

// Which time axis a page opens with; the reader may choose another.
#pragma once

#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/report/run_data.hpp"

namespace saddleflow {
namespace report {

enum class TimeAxis {
  linear,  ///< flow time
  log,     ///< its logarithm
  steps,   ///< accepted steps
};

}  // namespace report

template <>
inline constexpr auto enum_table<report::TimeAxis> =
    named_enum<report::TimeAxis>("time axis", {{report::TimeAxis::linear, "linear"},
                                               {report::TimeAxis::log, "log"},
                                               {report::TimeAxis::steps, "steps"}});

namespace report {

/// Linear, unless what happens in the run lies within a quarter of a linear axis; then log or steps,
/// whichever gives it more room. What happens: the loss falls (from 5 % to 95 % of its logarithm's fall), and
/// events, visits and rounds, those at the end of the run aside. Linear where nothing happens.
TimeAxis first_time_axis(const RunData& run);

/// The same of several runs over a common time: linear or log, since their steps are not comparable.
TimeAxis first_time_axis(const std::vector<RunData>& runs);

}  // namespace report
}  // namespace saddleflow

#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

/// Why one sequence of critical points lacks a stop of another.
enum class AbsenceKind {
  none,             ///< it has the stop
  failed,           ///< it could not be computed
  interrupted,      ///< before it came there
  ended_before,     ///< it ended before it came there
  other_way,        ///< it went to another point
  too_large_delta,  ///< a flow passed by: at its delta the jump lasts longer than the skeleton stays there
  passed_by,        ///< without coming near enough
  unresolved,       ///< it came near, but no critical point was found from there
  other_order,      ///< it has the point, at another place of the sequence
  together,         ///< there several neurons activate at once
  not_found,        ///< no reason was found
};

template <>
inline constexpr auto enum_table<AbsenceKind> =
    named_enum<AbsenceKind>("reason of an absence", {{AbsenceKind::none, "none"},
                                                     {AbsenceKind::failed, "failed"},
                                                     {AbsenceKind::interrupted, "interrupted"},
                                                     {AbsenceKind::ended_before, "ended_before"},
                                                     {AbsenceKind::other_way, "other_way"},
                                                     {AbsenceKind::too_large_delta, "too_large_delta"},
                                                     {AbsenceKind::passed_by, "passed_by"},
                                                     {AbsenceKind::unresolved, "unresolved"},
                                                     {AbsenceKind::other_order, "other_order"},
                                                     {AbsenceKind::together, "together"},
                                                     {AbsenceKind::not_found, "not_found"}});

}  // namespace saddleflow

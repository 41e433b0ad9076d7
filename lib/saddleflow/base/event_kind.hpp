// The events that the library knows by itself. Events of one's own have free names.
#pragma once

#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

enum class EventKind {
  escape_loss,        ///< the loss has fallen by a part of L(0)
  escape_norm,        ///< ||w|| has risen to a given size
  direction_settled,  ///< near the origin: w and -grad L have become parallel
  saddle_enter,       ///< of a close visit of a critical point: its neighbourhood is entered
  saddle_closest,     ///< the closest approach in it
  saddle_leave,       ///< a visit ends, close or not
  steady,             ///< the proximity to a critical point has fallen to that of rest
  level,              ///< a recorded quantity crosses a level; its name goes on: "level:loss=0.1"
  end,                ///< of the trajectory
  dip_farthest,       ///< the proximity has a maximum between two visits
  dip_begin,          ///< the proximity has begun to dip: a visit, if it rises again as far
  dip_closest,        ///< it has a minimum there
};

template <>
inline constexpr auto enum_table<EventKind> =
    named_enum<EventKind>("kind of event", {{EventKind::escape_loss, "escape_loss"},
                                            {EventKind::escape_norm, "escape_norm"},
                                            {EventKind::direction_settled, "direction_settled"},
                                            {EventKind::saddle_enter, "saddle_enter"},
                                            {EventKind::saddle_closest, "saddle_closest"},
                                            {EventKind::saddle_leave, "saddle_leave"},
                                            {EventKind::steady, "steady"},
                                            {EventKind::level, "level"},
                                            {EventKind::end, "end"},
                                            {EventKind::dip_farthest, "dip_farthest"},
                                            {EventKind::dip_begin, "dip_begin"},
                                            {EventKind::dip_closest, "dip_closest"}});

/// Events of a dip are told to observers, but not stored: whether it is a visit shows later, when it is left.
constexpr bool is_stored(std::optional<EventKind> kind) {
  return kind != EventKind::dip_farthest && kind != EventKind::dip_begin && kind != EventKind::dip_closest;
}

/// Of an event's name: the word before a colon, where there is one. None for names that are not the
/// library's.
constexpr std::optional<EventKind> event_kind_of(std::string_view name) {
  return find_name<EventKind>(name.substr(0, name.find(':')));
}

/// The origin has been left by the loss or the norm.
constexpr bool is_escape(std::optional<EventKind> kind) {
  return kind == EventKind::escape_loss || kind == EventKind::escape_norm;
}

/// How an event's function has crossed zero, as files say it; neither: at the end of a run.
enum class CrossingKind { falling = -1, neither = 0, rising = 1 };

template <>
inline constexpr auto enum_table<CrossingKind> = named_enum<CrossingKind>("direction of a crossing",
                                                                          {{CrossingKind::falling, "falling"},
                                                                           {CrossingKind::neither, "neither"},
                                                                           {CrossingKind::rising, "rising"}});

}  // namespace saddleflow

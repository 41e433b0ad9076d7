// Why an integration, a descent or a path has ended.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/named_enum.hpp"

namespace saddleflow {

enum class Stop {
  // As it was asked for.
  reached_end,  ///< the end time
  event,        ///< a terminal one, see StopReason::event()
  step_limit,
  interrupted,
  collapsed,  ///< the weights tend to zero: ||w|| fell below the smallest normal number near the origin, or
              ///< their decay has won
  iterations_spent,  ///< of gradient descent
  // It could not go on, or should not have.
  step_underflow,      ///< t + h == t
  nonfinite,           ///< a slope, a state or the function of an event
  numerical_error,     ///< what was computed besides the flow, at a step or an event, failed
  function_error,      ///< a function of the user's failed
  sliding_unresolved,  ///< no mode fits where several kinks meet, or they follow one another without end
  projection,          ///< kinks that were reached together are further from the weights than rounding
  sampled_decision,    ///< so many kinks met that only a random sample of the ways to go on was looked at
  balance_drift,       ///< a gauge is beyond its bound, here and below
  energy_drift,
  loss_rise,
};

template <>
inline constexpr auto enum_table<Stop> = named_enum<Stop>("stop reason",
                                                          {{Stop::reached_end, "reached_end"},
                                                           {Stop::event, "event"},
                                                           {Stop::step_limit, "step_limit"},
                                                           {Stop::interrupted, "interrupted"},
                                                           {Stop::collapsed, "collapsed"},
                                                           {Stop::iterations_spent, "iterations_spent"},
                                                           {Stop::step_underflow, "step_underflow"},
                                                           {Stop::nonfinite, "nonfinite"},
                                                           {Stop::numerical_error, "numerical_error"},
                                                           {Stop::function_error, "function_error"},
                                                           {Stop::sliding_unresolved, "sliding_unresolved"},
                                                           {Stop::projection, "projection"},
                                                           {Stop::sampled_decision, "sampled_decision"},
                                                           {Stop::balance_drift, "balance_drift"},
                                                           {Stop::energy_drift, "energy_drift"},
                                                           {Stop::loss_rise, "loss_rise"}});

/// Whether it could not go on, or should not have.
bool is_failure(Stop stop);

/// A stop with the name of its event, where it is one. As text "reached_end", "event:saddle_leave", ...
class StopReason {
 public:
  /// std::logic_error for Stop::event, which has a name: see at_event().
  StopReason(Stop stop = Stop::reached_end);  // NOLINT: a stop is a reason
  static StopReason at_event(std::string name);
  static StopReason at_event(EventKind kind) { return at_event(std::string(name_of(kind))); }
  /// Of a text as text() makes it; none for another one.
  static std::optional<StopReason> find(std::string_view text);
  /// The same; InputError naming the known ones for another text.
  static StopReason parse(std::string_view text);

  Stop stop() const { return stop_; }
  /// The event's name; empty where none has stopped it.
  const std::string& event() const { return event_; }
  bool is_event() const { return stop_ == Stop::event; }
  /// Stopped by an event of the library's of this kind.
  bool is_event(EventKind kind) const { return is_event() && event_kind_of(event_) == kind; }
  bool is_failure() const { return saddleflow::is_failure(stop_); }
  std::string text() const;

  friend bool operator==(const StopReason&, const StopReason&) = default;
  /// InputError for a text that is no reason, so that a misspelt one is noticed.
  friend bool operator==(const StopReason& reason, std::string_view text) { return reason == parse(text); }
  friend std::ostream& operator<<(std::ostream& out, const StopReason& reason) {
    return out << reason.text();
  }

 private:
  Stop stop_;
  std::string event_;
};

/// What the attribute stop_reason of a file says where it tells of no end: neither a StopReason nor that of a
/// pursuit.
enum class RunState {
  running,       ///< so far
  killed,        ///< found by recovery
  search_ended,  ///< tables without a trajectory
};

template <>
inline constexpr auto enum_table<RunState> = named_enum<RunState>("state of a run",
                                                                  {{RunState::running, "running"},
                                                                   {RunState::killed, "killed"},
                                                                   {RunState::search_ended, "search_ended"}});

/// Whether a run whose file has this attribute can go on: it is running, was killed or interrupted.
bool is_unfinished(std::string_view attribute);

}  // namespace saddleflow

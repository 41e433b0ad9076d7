#include "saddleflow/base/stop_reason.hpp"

#include <stdexcept>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

constexpr std::string_view kEventPrefix = "event:";

}  // namespace

bool is_failure(Stop stop) {
  switch (stop) {
    case Stop::reached_end:
    case Stop::event:
    case Stop::step_limit:
    case Stop::interrupted:
    case Stop::collapsed:
    case Stop::iterations_spent:
      return false;
    case Stop::step_underflow:
    case Stop::nonfinite:
    case Stop::numerical_error:
    case Stop::function_error:
    case Stop::sliding_unresolved:
    case Stop::projection:
    case Stop::sampled_decision:
    case Stop::balance_drift:
    case Stop::energy_drift:
    case Stop::loss_rise:
      return true;
  }
  throw std::logic_error("stop reason: no enumerator");
}

StopReason::StopReason(Stop stop) : stop_(stop) {
  if (stop == Stop::event) throw std::logic_error("stop reason: an event without its name");
}

StopReason StopReason::at_event(std::string name) {
  StopReason reason;
  reason.stop_ = Stop::event;
  reason.event_ = std::move(name);
  return reason;
}

std::optional<StopReason> StopReason::find(std::string_view text) {
  if (text.starts_with(kEventPrefix)) return at_event(std::string(text.substr(kEventPrefix.size())));
  const std::optional<Stop> stop = find_name<Stop>(text);
  if (!stop || *stop == Stop::event) return std::nullopt;
  return StopReason(*stop);
}

StopReason StopReason::parse(std::string_view text) {
  if (std::optional<StopReason> reason = find(text)) return *std::move(reason);
  std::vector<std::string> known;
  for (const NamedValue<Stop>& row : enum_table<Stop>.rows)
    known.emplace_back(row.value == Stop::event ? "event:<name>" : row.name);
  detail::throw_unknown("", enum_table<Stop>.what, '"' + std::string(text) + '"', known);
}

bool is_unfinished(std::string_view attribute) {
  const std::optional<RunState> state = find_name<RunState>(attribute);
  return state == RunState::running || state == RunState::killed || attribute == name_of(Stop::interrupted);
}

std::string StopReason::text() const {
  return is_event() ? std::string(kEventPrefix) + event_ : name_of(stop_);
}

}  // namespace saddleflow

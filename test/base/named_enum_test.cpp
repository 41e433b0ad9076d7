// Tables of enums, and the reasons of a stop.
#include "saddleflow/base/named_enum.hpp"

#include <stdexcept>

#include "base/enum_round_trip.hpp"
#include "saddleflow/base/chart_kind.hpp"
#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/base/event_kind.hpp"
#include "saddleflow/base/kkt_status.hpp"
#include "saddleflow/base/mode_change_kind.hpp"
#include "saddleflow/base/round_stop.hpp"
#include "saddleflow/base/stop_reason.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(named_enum_test)

BOOST_AUTO_TEST_CASE(every_table_of_the_room) {
  test::check_round_trip<ChartKind>();
  test::check_round_trip<CriticalKind>();
  test::check_round_trip<EscapeKind>();
  test::check_round_trip<EventKind>();
  test::check_round_trip<CrossingKind>();
  test::check_round_trip<SecondOrderStatus>();
  test::check_round_trip<Verdict>();
  test::check_round_trip<ModeChangeKind>();
  test::check_round_trip<Side>();
  test::check_round_trip<RoundStop>();
  test::check_round_trip<Stop>();
  test::check_round_trip<RunState>();
}

BOOST_AUTO_TEST_CASE(messages) {
  const auto says = [](const std::string& message) {
    return [message](const InputError& error) { return error.what() == message; };
  };
  BOOST_CHECK_EXCEPTION(by_name<ChartKind>("round", "run.toml: flow.chart"), InputError,
                        says("run.toml: flow.chart: found \"round\", expected one of cartesian, polar"));
  BOOST_CHECK_EXCEPTION(by_name<ChartKind>("round"), InputError,
                        says("chart: found \"round\", expected one of cartesian, polar"));
  BOOST_CHECK_EXCEPTION(
      by_flag<Verdict>(7, "/kkt/rank_one"), InputError,
      says("/kkt/rank_one: found flag 7, expected one of -1 (not_applicable), 0 (no), 1 (yes)"));
  BOOST_CHECK_THROW(name_of(static_cast<ChartKind>(9)), std::logic_error);
  BOOST_CHECK_THROW(flag_of(static_cast<ChartKind>(9)), std::logic_error);
  BOOST_TEST(in_words(CriticalKind::gradient_flat) == "gradient-flat");
}

BOOST_AUTO_TEST_CASE(stop_reasons) {
  for (const NamedValue<Stop>& row : enum_table<Stop>.rows) {
    if (row.value == Stop::event) continue;
    const StopReason reason = row.value;
    BOOST_TEST(reason.text() == row.name);
    BOOST_TEST(StopReason::parse(row.name) == reason);
    BOOST_TEST(reason == row.name);
    BOOST_TEST(reason.is_failure() == is_failure(row.value));
    BOOST_TEST(!reason.is_event());
  }
  const StopReason left = StopReason::at_event(EventKind::saddle_leave);
  BOOST_TEST(left.text() == "event:saddle_leave");
  BOOST_TEST(StopReason::parse("event:saddle_leave") == left);
  BOOST_TEST(left.is_event(EventKind::saddle_leave));
  BOOST_TEST(!left.is_event(EventKind::saddle_enter));
  BOOST_TEST(!left.is_failure());
  const StopReason level = StopReason::at_event("level:loss=0.1"), own = StopReason::at_event("of_my_own");
  BOOST_TEST(level.is_event(EventKind::level));
  BOOST_TEST(level.event() == "level:loss=0.1");
  BOOST_TEST((StopReason::parse(own.text()) == own && own.is_event() && !event_kind_of(own.event())));

  BOOST_CHECK_THROW(StopReason{Stop::event}, std::logic_error);
  for (const char* text : {"event", "reached_the_end", ""})
    BOOST_CHECK_EXCEPTION(StopReason::parse(text), InputError, [](const InputError& error) {
      const std::string message = error.what();
      return message.find("reached_end, event:<name>") != std::string::npos &&
             message.find("loss_rise") != std::string::npos;
    });
  BOOST_CHECK_THROW(static_cast<void>(left == "event_saddle_leave"), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

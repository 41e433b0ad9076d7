#include "saddleflow/ode/event/detector.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(detector_test)

namespace {

// A scalar "trajectory" x(t) = t: the event function is then any function of time.
void clock_output(Real t, Vector& x) { x = Vector::Constant(1, t); }

Vector at(Real t) { return Vector::Constant(1, t); }

Event event(std::function<Real(Real)> f, Direction direction = Direction::either) {
  Event e;
  e.name = "test";
  e.function = [f](const Vector& x) { return f(x[0]); };
  e.direction = direction;
  return e;
}

std::vector<EventHit> scan(EventDetector& detector, Real t0, Real t1) {
  return detector.scan(t0, t1, at(t1), clock_output, Real(1e-14));
}

struct Transition {
  int before, after;
  bool rising, falling;
};

std::ostream& operator<<(std::ostream& out, const Transition& t) {
  return out << t.before << " -> " << t.after;
}

const std::vector<Transition> kTruthTable{{-1, -1, false, false}, {-1, 0, true, false}, {-1, 1, true, false},
                                          {0, -1, false, false},  {0, 0, false, false}, {0, 1, false, false},
                                          {1, -1, false, true},   {1, 0, false, true},  {1, 1, false, false}};

}  // namespace

BOOST_DATA_TEST_CASE(trigger_contract_is_the_truth_table, boost::unit_test::data::make(kTruthTable), row) {
  // A function that is `before` at 0 and `after` at 1.
  const auto f = [row](Real t) {
    return static_cast<Real>(row.before) * (1 - t) + static_cast<Real>(row.after) * t;
  };
  for (Direction direction : {Direction::rising, Direction::falling, Direction::either}) {
    EventDetector detector({event(f, direction)});
    detector.start(at(0));
    const bool expected =
        (direction != Direction::falling && row.rising) || (direction != Direction::rising && row.falling);
    BOOST_TEST((scan(detector, 0, 1).size() == 1) == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_root_on_a_step_end_is_reported_once) {
  EventDetector detector({event([](Real t) { return t - 1; })});
  detector.start(at(0));
  const auto first = scan(detector, 0, 1);
  BOOST_REQUIRE(first.size() == 1u);
  BOOST_TEST(first[0].time == Real(1));
  BOOST_TEST(scan(detector, 1, 2).empty());
}

BOOST_AUTO_TEST_CASE(identically_zero_is_allowed_and_nan_is_an_error_that_names_the_event) {
  EventDetector zero({event([](Real) { return Real(0); })});
  zero.start(at(0));
  BOOST_TEST(scan(zero, 0, 1).empty());

  EventDetector nan({event([](Real t) { return t < 1 ? Real(1) : std::numeric_limits<Real>::quiet_NaN(); })});
  nan.start(at(0));
  BOOST_CHECK_EXCEPTION(scan(nan, 0, 2), NumericalError, [](const NumericalError& e) {
    return std::string(e.what()).find("'test'") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(roots_are_located_to_the_tolerance_and_ordered_in_time) {
  // cos has its roots at pi/2 + k pi; two further events at known times.
  EventDetector detector({event([](Real t) { return std::cos(t); }), event([](Real t) { return t * t - 2; }),
                          event([](Real t) { return std::exp(t) - 4; })});
  detector.start(at(0));
  const auto hits = scan(detector, 0, 2);
  BOOST_REQUIRE(hits.size() == 3u);
  const Real expected[] = {std::log(Real(4)), std::numbers::sqrt2_v<Real>, std::numbers::pi_v<Real> / 2};
  Real worst = 0;
  for (std::size_t i = 0; i < 3; ++i) worst = std::max(worst, std::abs(hits[i].time - expected[i]));
  fmt::print("largest error of a root: {:.1e}\n", static_cast<double>(worst));
  BOOST_TEST(worst <= Real(1e-13));
  BOOST_TEST(hits[0].event == 2u);
  BOOST_TEST(hits[1].event == 1u);
  BOOST_TEST(hits[2].event == 0u);
}

BOOST_AUTO_TEST_CASE(looks_inside_a_step_find_what_the_ends_miss) {
  const auto dips = [](Real t) { return (t - Real(0.4)) * (t - Real(0.6)); };
  Event with = event(dips), without = event(dips);
  with.every_crossing = true;
  EventDetector looking({with}), blind({without});
  looking.start(at(0));
  blind.start(at(0));
  const auto hits = scan(looking, 0, 1);
  BOOST_REQUIRE(hits.size() == 2u);
  BOOST_TEST(std::abs(hits[0].time - Real(0.4)) < Real(1e-13));
  BOOST_TEST(std::abs(hits[1].time - Real(0.6)) < Real(1e-13));
  BOOST_TEST(scan(blind, 0, 1).empty());
}

// A step over a maximum, the level a little below it: down to where the dip is rounding.
BOOST_AUTO_TEST_CASE(two_crossings_are_found_however_close_they_are) {
  for (int digits = 1; digits <= 13; ++digits) {
    const Real below = std::pow(Real(10), Real(-digits)), level = 1 - below;
    int found = 0, evaluations = 0;
    Real worst = 0;
    for (int k = 0; k < 20; ++k) {  // the maximum at every place of the step
      const Real phase = static_cast<Real>(k) / 20;
      Event e = event([&](Real t) { return std::cos(t - phase) - level; });
      e.every_crossing = true;
      e.unit = level;
      EventDetector detector({e});
      const Real half = std::acos(level), first = phase - half;
      if (first <= 0 || phase + half >= 1) {  // they are not both in the step
        ++found;
        continue;
      }
      detector.start(at(0));
      const auto hits = scan(detector, 0, 1);
      found += hits.size() == 2U ? 1 : 0;
      for (const EventHit& hit : hits)
        worst = std::max(worst, std::abs(std::abs(hit.time - phase) - half) * half);
      evaluations = std::max(evaluations, static_cast<int>(detector.root_evaluations()));
    }
    fmt::print(
        "1e-{:02} below the maximum: {} of 20 found, times off by {:.0e} / distance, {} evaluations at "
        "most\n",
        digits, found, static_cast<double>(worst), evaluations);
    BOOST_TEST(found == 20);
    BOOST_TEST(worst < Real(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(three_crossings_between_two_looks_are_found) {
  Event e = event([](Real t) { return (t - Real(0.55)) * (t - Real(0.6)) * (t - Real(0.7)); });
  e.every_crossing = true;
  EventDetector detector({e});
  detector.start(at(0));
  const auto hits = scan(detector, 0, 1);
  BOOST_REQUIRE(hits.size() == 3U);
  for (std::size_t k = 0; k < 3; ++k)
    BOOST_TEST(std::abs(hits[k].time - std::vector<Real>{Real(0.55), Real(0.6), Real(0.7)}[k]) < Real(1e-12));
}

// Away from the level two looks a step are all; where it was crossed at the end of the last step nothing is
// reported again, and a touch that is rounding is none.
BOOST_AUTO_TEST_CASE(looks_are_few_away_from_the_level_and_rounding_is_no_crossing) {
  int calls = 0;
  Event far = event([&](Real t) {
    ++calls;
    return 10 + std::sin(t);
  });
  far.every_crossing = true;
  EventDetector away({far});
  away.start(at(0));
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(scan(away, static_cast<Real>(i) / 10, static_cast<Real>(i + 1) / 10).empty());
  BOOST_TEST(calls == 301);
  for (const Real level : {Real(0.1), Real(0.7), Real(3)}) {
    Event touch =
        event([&](Real t) { return (level + (t - 1) * (t - 1)) - std::nextafter(level, Real(10)); });
    touch.every_crossing = true;
    touch.unit = level;
    EventDetector detector({touch});
    detector.start(at(0));
    for (int i = 0; i < 7; ++i)
      BOOST_TEST(
          scan(detector, Real(0.3) * static_cast<Real>(i), Real(0.3) * static_cast<Real>(i + 1)).empty());
  }
}

BOOST_AUTO_TEST_CASE(simultaneous_events_come_in_the_order_of_the_list) {
  EventDetector detector(
      {event([](Real t) { return t - Real(0.5); }), event([](Real t) { return Real(0.5) - t; })});
  detector.start(at(0));
  const auto hits = scan(detector, 0, 1);
  BOOST_REQUIRE(hits.size() == 2u);
  BOOST_TEST(hits[0].event == 0u);
  BOOST_TEST(hits[0].time == hits[1].time);
}

BOOST_AUTO_TEST_CASE(a_terminal_event_ends_the_scan) {
  Event stop = event([](Real t) { return t - Real(0.3); });
  stop.terminal = true;
  EventDetector detector(
      {stop, event([](Real t) { return t - Real(0.2); }), event([](Real t) { return t - Real(0.6); })});
  detector.start(at(0));
  const auto hits = scan(detector, 0, 1);
  BOOST_REQUIRE(hits.size() == 2u);
  BOOST_TEST(hits[0].event == 1u);
  BOOST_TEST(hits[1].terminal);
}

BOOST_AUTO_TEST_CASE(cooldown_blinds_an_event) {
  Event e = event([](Real t) { return std::sin(t); });
  e.cooldown = 4;
  EventDetector detector({e});
  detector.start(at(1));
  std::vector<Real> times;
  for (int i = 1; i < 16; ++i)
    for (const EventHit& hit : scan(detector, static_cast<Real>(i), static_cast<Real>(i + 1)))
      times.push_back(hit.time);
  // Roots at pi, 2 pi (blind), 3 pi, 4 pi (blind), 5 pi.
  BOOST_REQUIRE(times.size() == 3u);
  for (std::size_t k = 0; k < 3; ++k)
    BOOST_TEST(std::abs(times[k] - static_cast<Real>(2 * k + 1) * std::numbers::pi_v<Real>) < Real(1e-12));
}

namespace {

// Enter below 1/4, leave above 1/2, with the hysteresis of saddle visits, on a given function of time.
struct Hysteresis {
  bool inside = false;
  std::vector<std::string> log;

  std::vector<Event> events(const std::function<Real(Real)>& f) {
    Event enter = event([f](Real t) { return f(t) - Real(0.25); }, Direction::falling);
    enter.armed = [this] { return !inside; };
    enter.on_fire = [this](const EventHit&, const Vector&) {
      inside = true;
      log.emplace_back("enter");
    };
    Event leave = event([f](Real t) { return f(t) - Real(0.5); }, Direction::rising);
    leave.armed = [this] { return inside; };
    leave.on_fire = [this](const EventHit&, const Vector&) {
      inside = false;
      log.emplace_back("leave");
    };
    return {enter, leave};
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(hysteresis_follows_events_armed_within_the_step) {
  Hysteresis h;
  // From 1 down to 0.04 at t = 0.5 and up again: with a look at 0.5 by an event that watches the inside, the
  // whole visit happens in one step.
  const auto parabola = [](Real t) { return Real(0.04) + 4 * (t - Real(0.5)) * (t - Real(0.5)); };
  std::vector<Event> events = h.events(parabola);
  events[0].every_crossing = true;
  EventDetector detector(events);
  detector.start(at(0));
  const auto hits = scan(detector, 0, 1);
  BOOST_REQUIRE(hits.size() == 2u);
  BOOST_TEST((h.log == std::vector<std::string>{"enter", "leave"}));
  BOOST_TEST(std::abs(hits[1].time - (Real(0.5) + std::sqrt(Real(0.115)))) < Real(1e-12));
  BOOST_TEST(!h.inside);
}

BOOST_AUTO_TEST_CASE(hysteresis_ignores_wiggles_between_the_thresholds) {
  Hysteresis h;
  const auto wiggles = [](Real t) {
    return Real(0.375) + Real(0.1) * std::sin(20 * t) - (t > 3 ? Real(0.3) : Real(0));
  };
  EventDetector detector(h.events(wiggles));
  detector.start(at(0));
  for (int i = 0; i < 400; ++i) scan(detector, static_cast<Real>(i) / 100, static_cast<Real>(i + 1) / 100);
  BOOST_TEST((h.log == std::vector<std::string>{"enter"}));
}

BOOST_AUTO_TEST_CASE(memory_restores_signs_and_blindness_exactly) {
  const auto make = [] {
    Event e = event([](Real t) { return std::sin(t); });
    e.cooldown = 4;
    return EventDetector({e, event([](Real t) { return t - 1; })});
  };
  EventDetector whole = make(), first = make();
  whole.start(at(Real(0.5)));
  first.start(at(Real(0.5)));
  for (int i = 0; i < 8; ++i) {
    scan(whole, Real(0.5) + static_cast<Real>(i), Real(1.5) + static_cast<Real>(i));
    if (i < 3) scan(first, Real(0.5) + static_cast<Real>(i), Real(1.5) + static_cast<Real>(i));
  }
  EventDetector second = make();
  second.restore(first.memory());
  for (int i = 3; i < 8; ++i)
    scan(second, Real(0.5) + static_cast<Real>(i), Real(1.5) + static_cast<Real>(i));
  BOOST_TEST(second.memory() == whole.memory());
  BOOST_CHECK_THROW(second.restore({1, 2}), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow

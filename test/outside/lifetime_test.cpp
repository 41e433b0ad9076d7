// Objects that others hold references to, or that hand out themselves, are not copied; what outlives an
// integration does not ask it.
#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/kink_check.hpp"
#include "saddleflow/ode/event/detector.hpp"
#include "saddleflow/saddle/kinks/kinked_surface.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(lifetime_test)

namespace {

template <class... T>
constexpr bool stay_where_they_are = ((!std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> &&
                                       !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>)&&...);

// Steppers, charts, probes, events, observers and lambdas keep references or pointers to these.
static_assert(stay_where_they_are<Objective, Correlation, GradientFlow, PolarFlow, PolarChart, PiecewiseFlow,
                                  Probe, EventDetector, Integration, FlowAssembly, KinkedSurface>);
// A stepper is copied as a whole, by clone(), or not at all.
static_assert(!std::is_copy_assignable_v<PiecewiseStepper>);

/// States (w, E) whose first weight goes from one value to another.
struct Line {
  Real t0, t1, from, to;
  Vector operator()(Real t) const {
    return Vector{{from + (to - from) * (t - t0) / (t1 - t0), Real(1e-6), 0}};
  }
};

}  // namespace

// In the polar chart the detector asks the integration for the flow time; afterwards its own time counts.
BOOST_AUTO_TEST_CASE(a_detector_outlives_its_integration) {
  Dataset data;
  data.inputs = data.targets = Matrix::Ones(1, 1);
  Objective objective(feed_forward({1, 1, 1}, Activation()), data, Loss());
  const Real low = Real(1e-6), level = Real(2e-6), high = Real(3e-6);
  Event event;
  event.name = "level_of_my_own";
  event.function = [level](const Vector& w) { return w[0] - level; };
  event.direction = Direction::rising;
  event.cooldown = 10;
  FlowAssemblyOptions options;
  options.events = no_flow_events();
  options.events.own.push_back(event);
  FlowAssembly flow(objective, Vector::Constant(2, low), options);
  BOOST_REQUIRE(flow.polar != nullptr);
  Observer nobody;
  IntegrationOptions until;
  until.t_end = Real(0.1);  // too early for the level, of which the detector would remember the blind time
  BOOST_TEST(!flow.run(nobody, until).failed());
  const Line lines[] = {
      {0, 1, low, high}, {1, 2, high, low}, {2, 3, low, high}, {3, 20, high, low}, {20, 21, low, high}};
  flow.detector.start(lines[0](0));
  std::vector<Real> times;
  for (const Line& line : lines)
    for (const EventHit& hit : flow.detector.scan(
             line.t0, line.t1, line(line.t1), [&line](Real t, Vector&x) { x = line(t); }, Real(1e-9)))
      times.push_back(hit.time);
  // The crossing at 2.5 is within the blind time of the first.
  BOOST_REQUIRE(times.size() == 2u);
  BOOST_TEST(std::abs(times[0] - Real(0.5)) <= Real(1e-6));
  BOOST_TEST(std::abs(times[1] - Real(20.5)) <= Real(1e-6));
}

BOOST_AUTO_TEST_CASE(own_events_see_weights_in_every_chart) {
  Dataset data;
  data.inputs = data.targets = Matrix::Ones(1, 1);
  for (const Real start : {Real(1e-8), Real(0.5)}) {
    Objective objective(feed_forward({1, 1, 1}, Activation()), data, Loss());
    Event half;
    half.name = "product";
    half.function = [](const Vector& w) { return w[0] * w[1] - Real(0.5); };
    half.direction = Direction::rising;
    half.terminal = true;
    Vector seen;
    half.on_fire = [&seen](const EventHit&, const Vector& w) { seen = w; };
    FlowAssemblyOptions options;
    options.events.own.push_back(half);
    FlowAssembly flow(objective, Vector::Constant(2, start), options);
    Observer nobody;
    IntegrationOptions until;
    until.t_end = 100;
    const Outcome end = flow.run(nobody, until);
    BOOST_TEST(end.stop_reason.text() == "event:product");
    BOOST_REQUIRE(seen.size() == 2);
    // p' = 2 p (1 - p).
    const Real exact = std::log(1 / (start * start) - 1) / 2;
    BOOST_TEST(std::abs(end.time - exact) <= Real(1e-5) * exact);
    BOOST_TEST(std::abs(seen[0] * seen[1] - Real(0.5)) <= Real(1e-10));
  }
}

BOOST_AUTO_TEST_CASE(own_events_need_a_name_and_a_function) {
  Dataset data;
  data.inputs = data.targets = Matrix::Ones(1, 1);
  Objective objective(feed_forward({1, 1, 1}, Activation()), data, Loss());
  const auto refused = [&](std::vector<Event> own) {
    FlowAssemblyOptions options;
    options.events.own = std::move(own);
    BOOST_CHECK_THROW(FlowAssembly(objective, Vector::Ones(2), options), InputError);
  };
  Event event;
  event.name = "mine";
  event.function = [](const Vector& w) { return w[0]; };
  refused({event, event});
  event.name = "";
  refused({event});
  event.name = "level:mine";
  refused({event});
  event.name = "mine";
  event.function = nullptr;
  refused({event});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test

// Where a switching stepper gives up, and what it says.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "ode/switching/filippov.hpp"

using namespace saddleflow;
using test::FilippovRun;
using test::FilippovSystem;

namespace {

/// x1' = sign x2 - a sign x1, x2' = -sign x1 - b sign x2: round the origin, clockwise.
FilippovSystem around_the_origin(Real a, Real b) {
  std::vector<test::SmoothField> fields;
  for (int c = 0; c < 4; ++c) {
    const Real s1 = c % 2 == 1 ? 1 : -1, s2 = c / 2 == 1 ? 1 : -1;
    fields.push_back(test::constant(Vector(Eigen::Matrix<Real, 2, 1>(s2 - a * s1, -s1 - b * s2))));
  }
  return FilippovSystem({test::plane(Vector::Unit(2, 0), 0), test::plane(Vector::Unit(2, 1), 0)}, fields);
}

struct GivenUp {
  std::string reason, message;
};

GivenUp give_up(FilippovRun& run, Real end) {
  try {
    run.drive(end);
  } catch (const StepFailure& failure) {
    return {name_of(failure.reason()), failure.what()};
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(unresolved_test)

// Squares round the origin, of every size: at it both surfaces would have to be held, and neither attracts.
BOOST_AUTO_TEST_CASE(no_mode_fits_in_the_middle_of_a_rotation) {
  FilippovRun run(around_the_origin(0, 0), "dopri5", Real(1e-8), Vector(Vector::Zero(2)));
  const GivenUp end = give_up(run, 1);
  fmt::print("{}: {}\n", end.reason, end.message);
  BOOST_TEST(end.reason == "sliding_unresolved");
  BOOST_TEST(has(end.message, "no consistent mode at t = 0 for 2 switching functions"));
  BOOST_TEST(run.steps == 0);
}

BOOST_AUTO_TEST_CASE(the_mode_stays_where_none_fits) {
  FilippovSystem system = around_the_origin(0, 0);
  for (const Side first : {Side::below, Side::above})
    for (const Side second : {Side::below, Side::above}) {
      Mode mode;
      mode.sides = {first, second};
      system.set_mode(mode);
      const Transition transition = resolve_transition(system, Vector::Zero(2), {0, 1}, Entry::starting);
      BOOST_TEST(!transition.resolved);
      BOOST_TEST(transition.changes.empty());
      BOOST_TEST((system.mode().sides == mode.sides));
      BOOST_TEST(system.mode().sliding.empty());
    }
}

// From (0, 1) both coordinates shrink by a factor with every quarter of a turn, and the quarters' times with
// them: 1 - q^k of 1/(a + b) after k half turns, q = (1 - a)(1 - b) / ((1 + a)(1 + b)). What comes after that
// is not the stepper's to say.
BOOST_AUTO_TEST_CASE(infinitely_many_crossings_in_finite_time) {
  for (const auto& [a, b] : {std::pair<Real, Real>{0.2, 0.2}, {0.4, -0.2}, {-0.2, 0.4}}) {
    FilippovRun run(around_the_origin(a, b), "dopri5", Real(1e-8), Vector(Vector::Unit(2, 1)));
    const GivenUp end = give_up(run, 50);
    const Real q = (1 - a) * (1 - b) / ((1 + a) * (1 + b)), limit = 1 / (a + b);
    Real worst = 0;
    int half_turns = 0;
    for (const test::SwitchRecord& record : run.records)
      if (record.index == 0 && record.t > 0 && half_turns < 40) {
        ++half_turns;
        worst = std::max(worst, std::abs(record.t / (limit * (1 - std::pow(q, half_turns))) - 1));
      }
    const Real reached = run.stepper.current_time();
    fmt::print("a {}, b {}: {} at t = {:.16g} after {} crossings; half turns to {:.1e}, the end to {:.1e}\n",
               static_cast<double>(a), static_cast<double>(b), end.reason, static_cast<double>(reached),
               run.records.size(), static_cast<double>(worst),
               static_cast<double>(std::abs(reached / limit - 1)));
    BOOST_TEST(end.reason == "sliding_unresolved");
    BOOST_TEST(has(end.message, "without any progress"));
    BOOST_TEST(half_turns == 40);
    BOOST_TEST(worst <= 1e-12);
    BOOST_TEST(std::abs(reached / limit - 1) <= 1e-12);
  }
}

BOOST_AUTO_TEST_SUITE_END()

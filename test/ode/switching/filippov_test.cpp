// Classical switched systems against their closed forms, and what a switching stepper promises of its state.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "ode/switching/filippov.hpp"
#include "ode/switching/filippov_cases.hpp"

using namespace saddleflow;
using test::FilippovCase;
using test::FilippovRun;
using test::SwitchRecord;
namespace bdata = boost::unit_test::data;

namespace {

constexpr Real kRtol = Real(1e-12);
const std::vector<std::string> kMethods{"dopri5", "dop853", "rodas5p"};

FilippovRun run_of(const FilippovCase& of, const std::string& method, Real rtol = kRtol) {
  return FilippovRun(of.system, method, rtol, of.start);
}

std::string text(const SwitchRecord& record) {
  const char* kinds[] = {"cross", "enter", "release"};
  return fmt::format("{} {} side {}", kinds[static_cast<int>(record.kind)], record.index,
                     static_cast<int>(record.side));
}

std::string text(const std::vector<SwitchRecord>& records) {
  std::string all;
  for (const SwitchRecord& record : records)
    all += fmt::format(" [{} at {}]", text(record), static_cast<double>(record.t));
  return all;
}

/// Largest relative error of the switch times; -1 where the changes are others.
Real worst_time(const std::vector<SwitchRecord>& found, const std::vector<SwitchRecord>& expected) {
  if (found.size() != expected.size()) return -1;
  Real worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (text(found[i]) != text(expected[i])) return -1;
    worst = std::max(worst, std::abs(found[i].t - expected[i].t) / expected[i].t);
  }
  return worst;
}

/// In the middle of the longest slide.
Real mid_slide(const FilippovCase& of) {
  Real longest = 0, middle = of.end / 2;
  for (std::size_t i = 0; i < of.expected.size(); ++i) {
    const Real next = i + 1 < of.expected.size() ? of.expected[i + 1].t : of.end;
    if (of.expected[i].kind != ModeChangeKind::enter || next - of.expected[i].t <= longest) continue;
    longest = next - of.expected[i].t;
    middle = (of.expected[i].t + next) / 2;
  }
  return middle;
}

}  // namespace

namespace std {
ostream& operator<<(ostream& out, const FilippovCase& of) { return out << of.name; }
}  // namespace std

BOOST_AUTO_TEST_SUITE(filippov_test)

BOOST_AUTO_TEST_SUITE(filippov)

BOOST_DATA_TEST_CASE(switch_times, bdata::make(test::filippov_cases()) * bdata::make(kMethods), of, method) {
  FilippovRun run = run_of(of, method);
  run.drive(of.end);
  const Real worst = worst_time(run.records, of.expected);
  const Real state = (run.stepper.current_state() - of.final_state).norm() / of.final_state.norm();
  BOOST_TEST_MESSAGE(fmt::format("{}, {}: {} changes, times to {:.2g}, state to {:.2g}, {} steps", of.name,
                                 method, run.records.size(), static_cast<double>(worst),
                                 static_cast<double>(state), run.steps));
  BOOST_TEST((worst >= 0 && worst <= Real(1e-10)),
             "found" << text(run.records) << ", expected" << text(of.expected));
  BOOST_TEST(state <= Real(1e-10));
}

// Looser tolerances find the same changes, at times as good as the tolerance.
BOOST_DATA_TEST_CASE(loose_tolerances,
                     bdata::make(test::filippov_cases()) * bdata::make({Real(1e-4), Real(1e-6), Real(1e-8)}),
                     of, rtol) {
  FilippovRun run = run_of(of, "dopri5", rtol);
  run.drive(of.end);
  const Real worst = worst_time(run.records, of.expected);
  BOOST_TEST_MESSAGE(fmt::format("{}, rtol {:g}: times to {:.2g}, {} steps", of.name,
                                 static_cast<double>(rtol), static_cast<double>(worst), run.steps));
  BOOST_TEST((worst >= 0 && worst <= 100 * rtol), "found" << text(run.records));
}

// From every accepted step of a run: a new system and stepper go on bit by bit.
BOOST_DATA_TEST_CASE(checkpoints, bdata::make(test::filippov_cases()) * bdata::make(kMethods), of, method) {
  FilippovRun run = run_of(of, method, Real(1e-6));
  int compared = 0;
  while (run.stepper.current_time() < of.end && compared < 60) {
    FilippovRun other = run_of(of, method, Real(1e-6));
    other.stepper.restore(run.stepper.current_state(), run.stepper.current_time(), run.stepper.memory());
    run.step(of.end);
    other.step(of.end);
    ++compared;
    BOOST_TEST_REQUIRE(run.stepper.current_time() == other.stepper.current_time());
    BOOST_TEST_REQUIRE((run.stepper.current_state() == other.stepper.current_state()));
    BOOST_TEST_REQUIRE((run.stepper.memory() == other.stepper.memory()));
    BOOST_TEST_REQUIRE(run.stepper.changes().size() == other.stepper.changes().size());
  }
  BOOST_TEST(compared > 3);
}

// A checkpoint is numbers of a file: one that is not what it stands for is refused, and changes nothing.
BOOST_AUTO_TEST_CASE(damaged_checkpoints_are_refused) {
  int refused = 0, taken = 0;
  for (const auto& of : test::filippov_cases()) {
    FilippovRun run = run_of(of, "dopri5", Real(1e-6));
    run.drive(mid_slide(of));
    const std::vector<Real> memory = run.stepper.memory();
    // cut, fresh, standing, gap, count; then the sides, and three lists with their lengths in front.
    for (std::size_t at = 4; at < memory.size(); ++at)
      for (const Real wrong :
           {Real(-2), Real(0.5), Real(7), Real(1e18), std::numeric_limits<Real>::quiet_NaN()}) {
        std::vector<Real> damaged = memory;
        damaged[at] = wrong;
        FilippovRun other = run_of(of, "dopri5", Real(1e-6));
        try {
          other.stepper.restore(run.stepper.current_state(), run.stepper.current_time(), damaged);
          ++taken;  // a number of the inner stepper
        } catch (const InputError&) {
          ++refused;
        }
        const std::size_t sides = other.system.mode().sides.size();
        BOOST_TEST((sides == 0U || sides == static_cast<std::size_t>(other.system.switch_count())));
        for (const Side side : other.system.mode().sides)
          BOOST_TEST(std::abs(static_cast<int>(side)) <= 1, of.name << ", number " << at << " = " << wrong);
      }
  }
  BOOST_TEST_MESSAGE(fmt::format("{} damaged memories refused, {} taken", refused, taken));
  BOOST_TEST(refused > 40);
}

BOOST_DATA_TEST_CASE(checkpoint_in_a_slide, bdata::make(test::filippov_cases()) * bdata::make(kMethods), of,
                     method) {
  const Real middle = mid_slide(of);
  FilippovRun run = run_of(of, method, Real(1e-8));
  run.drive(middle);
  FilippovRun other = run_of(of, method, Real(1e-8));
  other.stepper.restore(run.stepper.current_state(), run.stepper.current_time(), run.stepper.memory());
  BOOST_TEST(other.system.mode().sliding == run.system.mode().sliding, boost::test_tools::per_element());
  BOOST_TEST(run.system.mode().sliding.empty() == (of.name == "relay"));
  run.records.clear();
  run.drive(of.end);
  other.drive(of.end);
  BOOST_TEST((run.stepper.current_state() == other.stepper.current_state()));
  BOOST_TEST(worst_time(other.records, run.records) == 0);
}

// A copy goes on as the original would; both share the system and with it its mode.
BOOST_DATA_TEST_CASE(copies, bdata::make(test::filippov_cases()) * bdata::make(kMethods), of, method) {
  FilippovRun run = run_of(of, method, Real(1e-8)), whole = run_of(of, method, Real(1e-8));
  run.drive(mid_slide(of));
  whole.drive(mid_slide(of));
  const std::unique_ptr<Stepper> copy = run.stepper.clone();
  BOOST_TEST((copy->current_state() == run.stepper.current_state()));
  BOOST_TEST((copy->memory() == run.stepper.memory()));
  Vector x, y;
  const Real inside = (run.stepper.previous_time() + run.stepper.current_time()) / 2;
  copy->calc_state(inside, x);
  run.stepper.calc_state(inside, y);
  BOOST_TEST((x == y));
  for (int i = 0; i < 20; ++i) {
    copy->do_step(run.system.field());
    whole.stepper.do_step(whole.system.field());
    BOOST_TEST_REQUIRE((copy->current_state() == whole.stepper.current_state()));
  }
}

BOOST_DATA_TEST_CASE(shifted_clock, bdata::make(test::filippov_cases()) * bdata::make(kMethods), of, method) {
  FilippovRun run = run_of(of, method, Real(1e-10));
  const Real middle = mid_slide(of);
  run.drive(middle);
  run.stepper.shift_time(middle);
  BOOST_TEST(run.stepper.current_time() == 0);
  for (std::size_t i = run.records.size(); i-- > 0;) run.records[i].t -= middle;
  run.drive(of.end - middle);
  for (SwitchRecord& record : run.records) record.t += middle;
  const Real worst = worst_time(run.records, of.expected);
  const Real state = (run.stepper.current_state() - of.final_state).norm() / of.final_state.norm();
  BOOST_TEST((worst >= 0 && worst <= Real(1e-8)), "found" << text(run.records));
  BOOST_TEST(state <= Real(1e-8));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

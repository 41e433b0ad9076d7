// Long searches end soon after they are asked to: in the middle of a climb, of a flow, of an analysis.
#include "saddleflow/base/interruption.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "saddleflow/study/build.hpp"

using namespace saddleflow;

namespace {

/// Sets a flag a moment after it is made.
class Alarm {
 public:
  explicit Alarm(std::chrono::milliseconds wait)
      : thread_([this, wait] {
          std::this_thread::sleep_for(wait);
          flag = true;
        }) {}
  ~Alarm() { thread_.join(); }
  std::atomic<bool> flag{false};

 private:
  std::thread thread_;
};

/// Three layers of weights, 2520 of them: one climb takes minutes if it is not interrupted, a skeleton
/// likewise.
StudyTable wide_study(const std::string& slope, int power) {
  return StudyTable::parse("network.layers = [20, 40, 40, 3]\nnetwork.slope = " + slope +
                               "\nnetwork.power = " + std::to_string(power) +
                               "\ndata.inputs = \"gaussian\"\ndata.samples = 100\nflow.t_end = 1.0\n",
                           "wide.toml");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(interruption_test)

BOOST_AUTO_TEST_CASE(scopes_nest_and_reach_the_threads_of_workers) {
  std::atomic<bool> flag{true}, other{false};
  BOOST_CHECK_NO_THROW(check_interrupt());
  {
    const InterruptScope scope(&flag);
    BOOST_CHECK_THROW(check_interrupt(), Interrupted);
    {
      const InterruptScope inner(&other);
      BOOST_CHECK_NO_THROW(check_interrupt());
    }
    const InterruptScope none(nullptr);
    BOOST_CHECK_THROW(check_interrupt(), Interrupted);
    Workers workers(3);
    std::atomic<Index> thrown = 0;
    workers.run(30, [&](Index) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      try {
        check_interrupt();
      } catch (const Interrupted&) {
        ++thrown;
      }
    });
    BOOST_TEST(thrown == 30);
  }
  BOOST_CHECK_NO_THROW(check_interrupt());
}

BOOST_AUTO_TEST_CASE(a_search_ends_in_the_middle_of_a_climb) {
  for (const char* slope : {"0.1", "1.0"}) {
    const StudyTable study = wide_study(slope, slope == std::string("1.0") ? 2 : 1);
    const Objective objective(build_network(study), build_data(study, *build_network(study)).training,
                              build_loss(study));
    Correlation correlation(objective);
    KktSearchOptions options;
    options.starts = 1;
    const Alarm alarm(std::chrono::milliseconds(100));
    options.interrupt = &alarm.flag;
    const KktTable table = find_kkt_points(correlation, options);
    BOOST_TEST(table.interrupted);
    BOOST_TEST(table.starts == 0);
    BOOST_TEST(table.entries.empty());
    BOOST_TEST_MESSAGE("slope " << slope << ": " << table.work.gradients << " gradients, "
                                << table.work.hessians << " Hessians until then");
  }
}

// The flag of the work that the search is part of: it has none of its own.
BOOST_AUTO_TEST_CASE(a_search_hears_the_scope_that_it_is_in) {
  const StudyTable study = wide_study("0.1", 1);
  const Objective objective(build_network(study), build_data(study, *build_network(study)).training,
                            build_loss(study));
  Correlation correlation(objective);
  const std::atomic<bool> flag{true};
  const InterruptScope scope(&flag);
  const KktTable table = find_kkt_points(correlation, {});
  BOOST_TEST(table.interrupted);
  BOOST_TEST(table.starts == 0);
}

BOOST_AUTO_TEST_CASE(a_skeleton_ends_with_the_jumps_that_it_has) {
  const StudyTable study = wide_study("1.0", 2);
  SkeletonRunOptions options;
  options.deltas = {Real(1e-2)};
  const Alarm alarm(std::chrono::milliseconds(200));
  options.interrupt = &alarm.flag;
  const SkeletonRun run = run_skeleton(study, options);
  BOOST_TEST(run.interrupted);
  BOOST_TEST((run.skeleton.end == SkeletonEnd::interrupted));
  BOOST_TEST(run.skeleton.jumps.empty());
  BOOST_TEST(run.others.empty());
  BOOST_TEST(!run.failed());
}

BOOST_AUTO_TEST_SUITE_END()

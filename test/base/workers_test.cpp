#include "saddleflow/base/workers.hpp"

#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(workers_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;

BOOST_DATA_TEST_CASE(every_job_runs_once_nested_ones_too, data::make({1, 2, 5}), threads) {
  constexpr Index kOuter = 7, kInner = 50;
  Workers workers(threads);
  std::vector<std::vector<int>> done(kOuter, std::vector<int>(kInner, 0));
  workers.run(kOuter, [&](Index i) {
    workers.run(kInner, [&](Index k) { ++done[static_cast<std::size_t>(i)][static_cast<std::size_t>(k)]; });
  });
  for (const auto& row : done)
    for (const int count : row) BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(one_thread_keeps_the_order) {
  Workers workers(1);
  std::vector<Index> order;
  workers.run(5, [&](Index k) { order.push_back(k); });
  BOOST_TEST(order == (std::vector<Index>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
  workers.run(0, [](Index) { BOOST_ERROR("a job of none"); });
}

/// Two jobs that each wait for the other one end only where they run at the same time.
BOOST_AUTO_TEST_CASE(jobs_run_at_the_same_time) {
  Workers workers(2);
  std::atomic<int> arrived = 0;
  std::atomic<bool> met = true;
  const auto meet = [&](Index) {
    ++arrived;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (arrived < 2) met = false;
  };
  workers.run(2, meet);
  BOOST_TEST(met.load());
  arrived = 0;
  workers.run(1, [&](Index) { workers.run(2, meet); });  // the place that the outer jobs do not need
  BOOST_TEST(met.load());
}

BOOST_DATA_TEST_CASE(the_first_failure_is_thrown_and_later_jobs_are_not_started, data::make({1, 3}),
                     threads) {
  Workers workers(threads);
  std::atomic<Index> started = 0;
  const auto job = [&](Index k) {
    ++started;
    if (k >= 4) throw std::runtime_error(std::to_string(k));
  };
  BOOST_CHECK_EXCEPTION(workers.run(1000, job), std::runtime_error,
                        [](const std::runtime_error& e) { return std::string(e.what()) == "4"; });
  BOOST_TEST(started.load() >= 5);
  BOOST_TEST(started.load() < 1000);
  std::atomic<Index> again = 0;
  workers.run(10, [&](Index) { ++again; });
  BOOST_TEST(again.load() == 10);
}

BOOST_AUTO_TEST_CASE(no_thread_at_all_is_refused) { BOOST_CHECK_THROW(Workers(0), InputError); }

BOOST_AUTO_TEST_SUITE_END()

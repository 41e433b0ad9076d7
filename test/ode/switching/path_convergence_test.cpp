// The path of a network that slides most of the time, at tolerances from 1e-4 to 1e-12 against 1e-13: how far
// it is away, and whether its modes change in the same order.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "ode/switching/kink_run.hpp"

using namespace saddleflow;
using test::KinkRun;
using test::TimedChange;
namespace bdata = boost::unit_test::data;

namespace {

constexpr int kTimes = 40;

/// Ten inputs, twenty neurons with slope 0.1, a teacher of three, from 1e-3.
KinkRun run_at(Real rtol, int seed) {
  test::KinkProblem problem;
  problem.seed = static_cast<std::uint64_t>(seed);
  test::KinkOptions options;
  options.rtol = rtol;
  options.gauges = false;
  for (int i = 1; i <= kTimes; ++i) options.times.push_back(problem.t_end * static_cast<Real>(i) / kTimes);
  return test::run_kinks(problem, options);
}

Real path_difference(const KinkRun& run, const KinkRun& reference) {
  if (run.path.size() != reference.path.size()) return 1;
  Real worst = 0;
  for (std::size_t i = 0; i < run.path.size(); ++i)
    worst = std::max(worst, (run.path[i] - reference.path[i]).norm() / reference.path[i].norm());
  return worst;
}

bool same(const TimedChange& a, const TimedChange& b) {
  return a.change.index == b.change.index && a.change.kind == b.change.kind && a.change.side == b.change.side;
}

struct SequenceDifference {
  bool same_changes = true;      ///< in whatever order
  std::int64_t swaps = 0;        ///< of neighbours that lead from one order to the other
  Real first = 0, furthest = 0;  ///< time of the first difference; largest gap in time of two swapped ones
};

// Bubble sort: every change of the reference is brought to its place from where the run has it.
SequenceDifference compare(std::vector<TimedChange> run, const std::vector<TimedChange>& reference) {
  SequenceDifference result;
  result.same_changes = run.size() == reference.size();
  const std::size_t count = std::min(run.size(), reference.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto here = run.begin() + static_cast<std::ptrdiff_t>(i);
    const auto at =
        std::find_if(here, run.end(), [&](const TimedChange& c) { return same(c, reference[i]); });
    if (at == here) continue;
    if (result.first == 0) result.first = reference[i].t;
    if (at == run.end()) {
      result.same_changes = false;
      return result;
    }
    result.swaps += at - here;
    result.furthest = std::max(result.furthest, std::abs(at->t - here->t));
    std::rotate(here, at, at + 1);
  }
  return result;
}

std::string order_of(const SequenceDifference& d) {
  if (!d.same_changes) return fmt::format("others from t = {:.9g}", static_cast<double>(d.first));
  if (d.swaps == 0) return "same";
  return fmt::format("{} swaps, {:.1e} apart, from t = {:.9g}", d.swaps, static_cast<double>(d.furthest),
                     static_cast<double>(d.first));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(path_convergence_test)

BOOST_AUTO_TEST_SUITE(path_convergence)

BOOST_DATA_TEST_CASE(tolerances, bdata::xrange(1, 6), seed) {
  const KinkRun reference = run_at(Real(1e-13), seed);
  BOOST_TEST_REQUIRE(reference.stop_reason == "reached_end");
  fmt::print("seed {}, reference, rtol 1e-13: {} crossings, {} entries, {} releases, {} at once, {} steps\n",
             seed, reference.crossings, reference.entries, reference.releases, reference.most,
             reference.steps);
  fmt::print("{:>6} {:>10} {:>10} {:>8} {:>9} {:>8} {:>7} {:>8}  order of the changes\n", "rtol", "path",
             "path/rtol", "steps", "gradients", "crossings", "entries", "releases");
  for (int digits = 4; digits <= 12; ++digits) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const KinkRun run = run_at(rtol, seed);
    const Real difference = path_difference(run, reference);
    const SequenceDifference sequence = compare(run.changes, reference.changes);
    fmt::print("{:>6} {:>10.2e} {:>10.2f} {:>8} {:>9} {:>8} {:>7} {:>8}  {}\n", fmt::format("1e-{}", digits),
               static_cast<double>(difference), static_cast<double>(difference / rtol), run.steps,
               run.work.gradients, run.crossings, run.entries, run.releases, order_of(sequence));
    BOOST_TEST_CONTEXT("rtol 1e-" << digits) {
      BOOST_TEST(run.stop_reason == "reached_end");
      BOOST_TEST(difference <= 4 * rtol);
      // Those that are closer in time than the error of the path may come in either order.
      BOOST_TEST((sequence.same_changes && sequence.furthest <= rtol), order_of(sequence));
      if (seed == 1) BOOST_TEST(sequence.swaps == 0, order_of(sequence));
      if (digits == 10) BOOST_TEST(run.steps <= 4000);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

// A convolution with one patch is a feed-forward network: its flow with kinks bit by bit.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/convolution.hpp"

using namespace saddleflow;
using test::KinkRun;
namespace bdata = boost::unit_test::data;

namespace {

constexpr std::uint64_t kOnePatchSeed = 8200;
constexpr Real kOnePatchEnd = 8;

/// Kinks that meet and slide: every third sample is another one again, or its opposite.
Dataset one_patch_data(Index inputs, Index outputs, Index samples, Random& random) {
  Matrix x = random.normal_matrix(inputs, samples);
  for (Index i = 2; i < samples; i += 3) x.col(i) = (i % 2 == 0 ? 1 : -1) * x.col(i - 1);
  return {std::move(x), random.normal_matrix(outputs, samples), "one patch"};
}

KinkRun run_network(const std::shared_ptr<const Network>& network, const Dataset& data, const Vector& w0) {
  Objective objective(network, data, Loss());
  test::KinkOptions options;
  options.stepper = "auto";
  options.rtol = Real(1e-8);
  for (int i = 1; i <= 20; ++i) options.times.push_back(kOnePatchEnd * static_cast<Real>(i) / 20);
  return test::run_kinks(objective, w0, kOnePatchEnd, options);
}

void require_same(const KinkRun& run, const KinkRun& expected) {
  BOOST_TEST(run.stop_reason == expected.stop_reason);
  BOOST_TEST(run.time == expected.time);
  BOOST_TEST(run.steps == expected.steps);
  BOOST_TEST(run.work.gradients == expected.work.gradients);
  BOOST_TEST(run.work.hessians == expected.work.hessians);
  BOOST_TEST(run.branchings == expected.branchings);
  BOOST_TEST(run.energy == expected.energy);
  BOOST_TEST(run.balance == expected.balance);
  BOOST_TEST_REQUIRE(run.changes.size() == expected.changes.size());
  for (std::size_t k = 0; k < run.changes.size(); ++k) {
    BOOST_TEST(run.changes[k].t == expected.changes[k].t);
    BOOST_TEST(run.changes[k].change.index == expected.changes[k].change.index);
    BOOST_TEST((run.changes[k].change.kind == expected.changes[k].change.kind));
    BOOST_TEST((run.changes[k].change.side == expected.changes[k].change.side));
  }
  BOOST_TEST_REQUIRE(run.path.size() == expected.path.size());
  for (std::size_t k = 0; k < run.path.size(); ++k) BOOST_TEST((run.path[k] == expected.path[k]));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(one_patch_flow_test)

BOOST_DATA_TEST_CASE(same_steps_and_changes,
                     bdata::make({0.0, 0.1, -0.5}) * bdata::xrange(1, 4) * bdata::make({true, false}), slope,
                     outputs, dense) {
  const Activation sigma(static_cast<Real>(slope), 1);
  std::size_t changes = 0, most = 0;
  std::int64_t entries = 0, steps = 0;
  for (std::uint64_t seed = kOnePatchSeed; seed < kOnePatchSeed + 4; ++seed) {
    Random random(seed);
    const Dataset data = one_patch_data(4, outputs, 15, random);
    const auto expected = feed_forward({4, 5, outputs}, sigma);
    const auto network = convolution(
        {sequence_patches(4, 1, 4), 5, outputs, dense ? OuterWeights::dense : OuterWeights::average}, sigma);
    const Vector w0 = random.unit_vector(expected->parameter_count()) / 2;
    const KinkRun run = run_network(network, data, w0);
    BOOST_TEST_CONTEXT("seed " << seed) require_same(run, run_network(expected, data, w0));
    changes += run.changes.size();
    most = std::max(most, run.most);
    entries += run.entries;
    steps += run.steps;
  }
  BOOST_TEST(entries > 0);
  BOOST_TEST_MESSAGE(fmt::format(
      "slope {}, {} outputs, seeds from {}: {} steps and {} changes, {} slides begin, {} at once, "
      "bit by bit those of a feed-forward network",
      slope, outputs, kOnePatchSeed, steps, changes, entries, most));
}

BOOST_AUTO_TEST_SUITE_END()

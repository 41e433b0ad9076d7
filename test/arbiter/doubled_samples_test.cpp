// Every sample twice, with labels y - e and y + e: under the mean of the square loss the flow is that of the
// data once. Each pair of twins shares all its kinks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "arbiter/library_flow.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;
using test::LibraryFlow;
using test::PlainProblem;

namespace {

constexpr std::array<double, 5> kSlopes{-1, -0.5, 0, 0.1, 0.5};

int between(Random& random, int low, int high) {
  return low + static_cast<int>(static_cast<double>(random.uniform()) * (high - low + 1));
}

std::vector<double> normals(Random& random, int n) {
  std::vector<double> x;
  for (int j = 0; j < n; ++j) x.push_back(static_cast<double>(random.normal()));
  return x;
}

PlainProblem once(std::uint64_t seed) {
  Random random(seed, RandomStream::test);
  PlainProblem p;
  p.mean = true;
  p.slope = kSlopes[seed % kSlopes.size()];
  p.widths = {between(random, 1, 3)};
  for (int l = between(random, 1, 2); l > 0; --l) p.widths.push_back(between(random, 1, 5));
  p.widths.push_back(between(random, 1, 2));
  for (int n = between(random, 3, 10); n > 0; --n) {
    p.inputs.push_back(normals(random, p.widths.front()));
    p.targets.push_back(normals(random, p.widths.back()));
  }
  for (std::size_t l = 1; l < p.widths.size(); ++l)
    for (const double w : normals(random, p.widths[l] * p.widths[l - 1])) p.start.push_back(0.5 * w);
  p.t_end = 10 + 90 * static_cast<double>(random.uniform());
  return p;
}

PlainProblem twice(const PlainProblem& single, std::uint64_t seed) {
  Random random(seed, RandomStream::noise);
  PlainProblem p = single;
  p.inputs.clear();
  p.targets.clear();
  for (std::size_t i = 0; i < single.inputs.size(); ++i) {
    std::vector<double> up = single.targets[i], down = up;
    for (std::size_t k = 0; k < up.size(); ++k) {
      const double e = static_cast<double>(random.normal());
      up[k] += e;
      down[k] -= e;
    }
    p.inputs.insert(p.inputs.end(), 2, single.inputs[i]);
    p.targets.push_back(up);
    p.targets.push_back(down);
  }
  return p;
}

std::string end(const LibraryFlow& flow) {
  return fmt::format("{} at t = {:.4g}", flow.stop_reason, flow.time);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doubled_samples_test)

BOOST_AUTO_TEST_CASE(end_where_the_data_once_end) {
  constexpr int runs = 250;
  constexpr double bound = 1e-5;
  const test::LibraryFlowOptions how;
  std::array<int, kSlopes.size()> differ{};
  int stopped = 0, branched = 0;
  double largest = 0, seconds = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const PlainProblem single = once(seed);
    const LibraryFlow a = test::library_flow(single, how);
    const LibraryFlow b = test::library_flow(twice(single, seed), how);
    seconds += a.seconds + b.seconds;
    const std::string what =
        fmt::format("seed {}, {}, {} samples, slope {}, t = {:.4g}", seed, fmt::join(single.widths, "-"),
                    single.inputs.size(), single.slope, single.t_end);
    // A flow that branches is followed up to there, at the same time in both.
    const bool both_branch = a.branched_at && b.branched_at && std::abs(a.time - b.time) <= 1e-6 * a.time;
    branched += both_branch ? 1 : 0;
    if (!both_branch && (a.stop_reason != "reached_end" || b.stop_reason != "reached_end")) {
      ++stopped;
      fmt::print("{}: once {}, twice {}\n", what, end(a), end(b));
      continue;
    }
    const double distance = test::relative_distance(b.weights, a.weights);
    largest = std::max(largest, distance);
    if (distance <= bound) continue;
    ++differ[seed % kSlopes.size()];
    BOOST_ERROR(fmt::format("{}: ends {:.1e} apart", what, distance));
  }
  fmt::print(
      "every sample twice, {} networks: {} differ by more than {:g} (by slope {}: {}), {} branched at one "
      "time, {} "
      "stopped; largest difference {:.1e}; {:.1f} s\n",
      runs, differ[0] + differ[1] + differ[2] + differ[3] + differ[4], bound, kSlopes, differ, branched,
      stopped, largest, seconds);
  BOOST_TEST(stopped == 0);
}

BOOST_AUTO_TEST_SUITE_END()

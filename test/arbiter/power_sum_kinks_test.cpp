// Sums of max(s, alpha s) without outer weights against gradient descent with two tiny steps, a plain loop.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/network.hpp"

using namespace saddleflow;

namespace {

constexpr std::uint64_t kSumSeed = 6100;
constexpr Real kSumsEnd = 2;

struct Sums {
  Dataset data;
  Real slope = 0;
  Index width = 1;
  Matrix start;  // width x inputs

  std::shared_ptr<const Network> network() const {
    return power_sum(data.inputs.rows(), width, Activation(slope, 1));
  }
  Vector weights() const { return start.reshaped(); }
};

/// Inputs are standard normal, rounded to integers, x and -x in turn, each twice, or corners of a cube.
Sums random_sums(std::uint64_t seed) {
  Random random(seed);
  const auto between = [&](int low, int high) {
    return static_cast<Index>(low) + static_cast<Index>(random.uniform() * static_cast<Real>(high - low + 1));
  };
  Sums sums;
  sums.slope = std::array<Real, 6>{-1, Real(-0.5), Real(-0.2), 0, Real(0.1), Real(0.5)}[seed % 6];
  sums.width = between(1, 3);
  const Index inputs = between(1, 4), samples = between(4, 13);
  Matrix x = random.normal_matrix(inputs, samples);
  switch (seed / 6 % 5) {
    case 1:
      x = x.array().round();
      break;
    case 2:
      for (Index i = 0; i + 1 < samples; i += 2) x.col(i + 1) = -x.col(i);
      break;
    case 3:
      for (Index i = 0; i + 1 < samples; i += 2) x.col(i + 1) = x.col(i);
      break;
    case 4:
      x = x.array().sign();
      break;
    default:
      break;
  }
  sums.data = {std::move(x), random.normal_matrix(1, samples), "sums"};
  sums.start = random.normal_matrix(sums.width, inputs) / 2;
  return sums;
}

Vector gradient_descent_end(const Sums& sums, int steps) {
  Matrix w = sums.start;
  const Real h = kSumsEnd / static_cast<Real>(steps);
  for (int n = 0; n < steps; ++n) {
    const Matrix z = w * sums.data.inputs;
    const Matrix slope = z.unaryExpr([&](Real s) { return s > 0 ? Real(1) : sums.slope; });
    const Matrix r = slope.cwiseProduct(z).colwise().sum() - sums.data.targets;
    w -= h * (slope.array().rowwise() * r.row(0).array()).matrix() * sums.data.inputs.transpose();
  }
  return w.reshaped();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_sum_kinks_test)

BOOST_AUTO_TEST_CASE(ends_of_gradient_descent) {
  constexpr int problems = 90, steps = 10'000;
  Real worst = 0;
  std::size_t most = 0;
  int sliding = 0, branched = 0;
  for (int n = 0; n < problems; ++n) {
    const Sums sums = random_sums(kSumSeed + static_cast<std::uint64_t>(n));
    Objective objective(sums.network(), sums.data, Loss(square_loss(), Reduction::sum));
    test::KinkOptions options;
    options.times = {kSumsEnd};
    const test::KinkRun run = test::run_kinks(objective, sums.weights(), kSumsEnd, options);
    BOOST_TEST_CONTEXT("problem " << n << ", " << run.message) {
      BOOST_TEST_REQUIRE(run.stop_reason == "reached_end");
      BOOST_TEST(run.rise <= 1e-9);
      BOOST_TEST(run.energy <= 1e-6);
      most = std::max(most, run.most);
      sliding += run.most > 0 ? 1 : 0;
      branched += run.branchings > 0 ? 1 : 0;
      if (run.branchings > 0) continue;
      const Vector coarse = gradient_descent_end(sums, steps), fine = gradient_descent_end(sums, 2 * steps);
      const Real size = std::max(Real(1), fine.norm()), own = (fine - coarse).norm() / size;
      const Real off = (run.path.back() - fine).norm() / size;
      BOOST_TEST(off <= std::max(Real(1e-3), 5 * own));
      worst = std::max(worst, off);
    }
  }
  fmt::print(
      "{} sums, {} of them slide, on up to {} kinks at once, {} branch: ends of the others off by at most "
      "{:.1e} (seed {})\n",
      problems, sliding, most, branched, static_cast<double>(worst), kSumSeed);
  BOOST_TEST(sliding > problems / 2);
  BOOST_TEST(branched < problems / 10);
}

BOOST_AUTO_TEST_SUITE_END()

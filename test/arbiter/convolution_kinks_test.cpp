// Convolutions with kinks against gradient descent with a tiny step, and what the flow conserves while it
// slides.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "arbiter/convolution_descent.hpp"
#include "arbiter/library_flow.hpp"
#include "arbiter/random_convolutions.hpp"
#include "ode/switching/kink_run.hpp"

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

constexpr std::uint64_t kConvolutionSeed = 41;
// Twice round all kinds of data with both kinds of outer weights, with two slopes.
constexpr int kConvolutions = 32;

/// Largest difference between a step of descent and central differences of the loss, relative to the
/// gradient.
double slope_error(const PlainProblem& problem) {
  constexpr double h = 1e-6;
  PlainProblem step = problem;
  step.t_end = h;
  const std::vector<double> after = descend(step, 1);
  double error = 0, largest = 0;
  for (std::size_t k = 0; k < after.size(); ++k) {
    std::vector<double> up = problem.start, down = up;
    up[k] += h;
    down[k] -= h;
    const double slope = (plain_loss(problem, up) - plain_loss(problem, down)) / (2 * h);
    error = std::max(error, std::abs((problem.start[k] - after[k]) / h - slope));
    largest = std::max(largest, std::abs(slope));
  }
  return largest > 0 ? error / largest : error;
}

KinkRun followed(const PlainProblem& problem, double rtol) {
  const auto objective = objective_of(problem);
  KinkOptions options;
  options.stepper = "auto";
  options.rtol = Real(rtol);
  return run_kinks(*objective, start_of(problem), Real(problem.t_end), options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convolution_kinks_test)

BOOST_AUTO_TEST_CASE(the_arbiters_gradient) {
  double worst = 0, library = 0;
  for (int number = 0; number < 64; ++number) {
    const RandomConvolution made = random_convolution(kConvolutionSeed, number);
    const double error = slope_error(made.plain);
    BOOST_TEST(error < 1e-6, made.description());
    worst = std::max(worst, error);
    const double loss = plain_loss(made.plain, made.plain.start);
    const auto objective = objective_of(made.plain);
    library =
        std::max(library, std::abs(static_cast<double>(objective->value(start_of(made.plain))) / loss - 1));
  }
  BOOST_TEST(library < 1e-13);
  BOOST_TEST_MESSAGE(
      fmt::format("64 convolutions of seed {}: gradient against differences of the loss {:.1e}, loss against "
                  "the library's {:.1e}",
                  kConvolutionSeed, worst, library));
}

/// With one patch the arbiter's convolution is its feed-forward network.
BOOST_AUTO_TEST_CASE(the_arbiters_one_patch) {
  double worst = 0;
  for (int number = 0; number < 16; ++number) {
    PlainProblem one = random_convolution(kConvolutionSeed + 1, number).plain;
    const std::size_t size = static_cast<std::size_t>(one.patches.kernel * one.patches.channels);
    for (auto& x : one.inputs) x.resize(size);
    one.widths[0] = static_cast<int>(size);
    one.start.resize(
        static_cast<std::size_t>(one.widths[1]) * (size + static_cast<std::size_t>(one.widths[2])), 0.3);
    PlainProblem plain = one;
    plain.patches = {};
    worst = std::max(worst, relative_distance(descend(one, 2000), descend(plain, 2000)));
  }
  BOOST_TEST(worst < 1e-12);
  BOOST_TEST_MESSAGE(fmt::format("16 descents with one patch: {:.1e} from a feed-forward network's", worst));
}

/// The library's flow, or where it branches its part before, is that of gradient descent up to twice the step
/// h, for h and for a quarter of it. Where pre-activations slide the error is irregular in h: in the mean
/// over all problems it has the order 1.
BOOST_AUTO_TEST_CASE(ends_of_gradient_descent) {
  constexpr double longest = 4e-4;
  int slide = 0, branched = 0, judged = 0;
  double worst = 0, order = 0;
  for (int number = 0; number < kConvolutions; ++number) {
    const RandomConvolution made = random_convolution(kConvolutionSeed, number);
    const LibraryFlow flow = library_flow(made.plain, {});
    BOOST_TEST_REQUIRE(flow.finished(), made.description()
                                            << ": " << flow.stop_reason << ", " << flow.message);
    PlainProblem problem = made.plain;
    slide += followed(problem, 1e-8).most > 0 ? 1 : 0;
    branched += flow.branched_at ? 1 : 0;
    if (flow.branched_at) problem.t_end = *flow.branched_at;
    if (problem.t_end == 0) continue;
    const auto steps = static_cast<std::int64_t>(problem.t_end / longest) + 1;
    const double h = problem.t_end / static_cast<double>(steps);
    const double coarse = relative_distance(descend(problem, steps), flow.weights);
    const double fine = relative_distance(descend(problem, 4 * steps, SlopeAtZero::right), flow.weights);
    BOOST_TEST(coarse <= 2 * h, made.description() << ": " << coarse << " with h = " << h);
    BOOST_TEST(fine <= 2 * h / 4, made.description() << ": " << fine << " with h = " << h / 4);
    worst = std::max({worst, coarse / h, 4 * fine / h});
    // Below that the library's own error shows.
    if (fine < 1e-6) continue;
    order += std::log(coarse / fine) / std::log(4.0);
    ++judged;
  }
  BOOST_TEST(slide > kConvolutions / 2);
  BOOST_TEST(branched < kConvolutions / 4);
  BOOST_TEST_REQUIRE(judged > kConvolutions / 2);
  BOOST_TEST(std::abs(order / judged - 1) < 0.1);
  BOOST_TEST_MESSAGE(fmt::format(
      "{} convolutions of seed {}, {} slide, {} branch: gradient descent with steps h = {:g} and h / "
      "4 ends within {:.2f} h, mean order {:.2f}",
      kConvolutions, kConvolutionSeed, slide, branched, longest, worst, order / judged));
}

BOOST_AUTO_TEST_CASE(conserved_while_it_slides) {
  Real balance = 0, energy = 0, rise = 0;
  std::int64_t entries = 0;
  std::size_t most = 0;
  for (int number = 0; number < kConvolutions; ++number) {
    const RandomConvolution made = random_convolution(kConvolutionSeed, number);
    const KinkRun run = followed(made.plain, 1e-11);
    BOOST_TEST_CONTEXT(made.description() << ": " << run.message) {
      BOOST_TEST(run.stop_reason == "reached_end");
      BOOST_TEST(run.balance <= 1e-9);
      BOOST_TEST(run.energy <= 1e-8);
      BOOST_TEST(run.rise <= 1e-12);
    }
    balance = std::max(balance, run.balance);
    energy = std::max(energy, run.energy);
    rise = std::max(rise, run.rise);
    entries += run.entries;
    most = std::max(most, run.most);
  }
  BOOST_TEST(entries > kConvolutions);
  BOOST_TEST_MESSAGE(
      fmt::format("{} convolutions of seed {}, {} slides begin, up to {} at once: balance {:.1e}, "
                  "energy identity {:.1e}, loss rises by {:.1e}",
                  kConvolutions, kConvolutionSeed, entries, most, static_cast<double>(balance),
                  static_cast<double>(energy), static_cast<double>(rise)));
}

BOOST_AUTO_TEST_SUITE_END()

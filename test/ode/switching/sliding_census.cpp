// A census of random small networks with kinks: what their flows do, and which of them fail.
//   build/release/bin/sliding-census [two-layer runs [three-layer runs [rtol [stepper [first seed]]]]]
// Run number i has the seed `first seed` + i and depends on it alone: one failure again is "1 0 RTOL STEPPER
// SEED" (two layers) or "0 1 RTOL STEPPER SEED" (three).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;
using test::KinkProblem;
using test::KinkRun;

namespace {

constexpr Real kGauge = Real(1e-8);  // balance and energy, at rtol 1e-9
constexpr Real kRise = Real(1e-12);  // what rounding may do, in units of the loss at the start

struct Settings {
  int two = 240, three = 60;
  test::KinkOptions run;
  std::uint64_t first = 1;
};

struct Census {
  std::int64_t runs = 0, failures = 0, unresolved = 0, slid = 0, sampled = 0;
  std::int64_t crossings = 0, entries = 0, releases = 0, steps = 0, gradients = 0;
  std::size_t most = 0;
  Real rise = 0, balance = 0, energy = 0;
  double seconds = 0;
  std::map<std::string, int> reasons;

  void add(const KinkRun& run) {
    ++runs;
    ++reasons[run.stop_reason];
    unresolved += run.stop_reason == "sliding_unresolved" ? 1 : 0;
    slid += run.entries > 0 ? 1 : 0;
    sampled += run.sampled > 0 ? 1 : 0;
    crossings += run.crossings;
    entries += run.entries;
    releases += run.releases;
    steps += run.steps;
    gradients += run.work.gradients;
    most = std::max(most, run.most);
    rise = std::max(rise, run.rise);
    balance = std::max(balance, run.balance);
    energy = std::max(energy, run.energy);
    seconds += run.seconds;
  }
};

Index between(Random& random, Index low, Index high) {
  return low + static_cast<Index>(random.uniform() * static_cast<Real>(high - low + 1));
}

KinkProblem two_layers(std::uint64_t seed) {
  Random random(seed, RandomStream::noise);
  KinkProblem p;
  p.seed = seed;
  p.sizes = {between(random, 2, 10), between(random, 20, 50), 1};
  p.samples = between(random, 20, 100);
  p.slope = std::array{Real(0), Real(0.1), Real(0.5)}[seed % 3];
  p.targets = random.uniform() < Real(0.5) ? test::Targets::random : test::Targets::teacher;
  p.reduction = random.uniform() < Real(0.5) ? Reduction::mean : Reduction::sum;
  p.norm = std::pow(Real(10), -3 * random.uniform());
  p.t_end = p.reduction == Reduction::mean ? 20 : 2;
  return p;
}

KinkProblem three_layers(std::uint64_t seed) {
  Random random(seed, RandomStream::noise);
  KinkProblem p;
  p.seed = seed;
  p.sizes = {between(random, 3, 6), between(random, 6, 10), between(random, 5, 9), 1};
  p.samples = between(random, 20, 30);
  p.slope = std::array{Real(0), Real(0.1), Real(0.2)}[seed % 3];
  p.targets = random.uniform() < Real(0.5) ? test::Targets::random : test::Targets::teacher;
  p.norm = 1 + 3 * random.uniform();
  p.t_end = 30;
  return p;
}

std::string complaint(const KinkRun& run) {
  std::string text;
  if (run.stop_reason != "reached_end")
    text += fmt::format(" {} at t = {} ({});", run.stop_reason, static_cast<double>(run.time), run.message);
  if (run.balance > kGauge) text += fmt::format(" balance drift {:.3g};", static_cast<double>(run.balance));
  if (run.energy > kGauge) text += fmt::format(" energy drift {:.3g};", static_cast<double>(run.energy));
  if (run.rise > kRise) text += fmt::format(" loss rises by {:.3g};", static_cast<double>(run.rise));
  return text;
}

void take(const KinkProblem& problem, const Settings& settings, Census& census) {
  const KinkRun run = test::run_kinks(problem, settings.run);
  census.add(run);
  const std::string text = complaint(run);
  if (text.empty()) return;
  ++census.failures;
  fmt::print("FAILED {}: {} [steps {}, slides at once {}]\n", problem.description(), text, run.steps,
             run.most);
}

void print(const std::string& name, const Census& c) {
  fmt::print(
      "{:<12} {:>5} {:>5} {:>9} {:>7} {:>8} {:>5} {:>8} {:>9} {:>8.1e} {:>8.1e} {:>8.1e} {:>7.1f} {:>6}\n",
      name, c.runs, c.slid, c.crossings, c.entries, c.releases, c.most, c.steps, c.gradients,
      static_cast<double>(c.rise), static_cast<double>(c.balance), static_cast<double>(c.energy), c.seconds,
      c.failures);
  for (const auto& [reason, count] : c.reasons) fmt::print("  {}: {}\n", reason, count);
  if (c.sampled > 0)
    fmt::print("  of which not certain (decided on a sample of the ways to go on): {}\n", c.sampled);
}

// Every run reaches its end, and does its gauges.
bool acceptable(const Census& c) { return c.failures == 0 && c.unresolved == 0; }

Settings settings_of(int argc, char** argv) {
  Settings s;
  if (argc > 1) s.two = std::atoi(argv[1]);
  if (argc > 2) s.three = std::atoi(argv[2]);
  if (argc > 3) s.run.rtol = static_cast<Real>(std::atof(argv[3]));
  if (argc > 4) s.run.stepper = argv[4];
  if (argc > 5) s.first = static_cast<std::uint64_t>(std::atoll(argv[5]));
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  Census two, three;
  for (int i = 0; i < settings.two; ++i)
    take(two_layers(settings.first + static_cast<std::uint64_t>(i)), settings, two);
  for (int i = 0; i < settings.three; ++i)
    take(three_layers(settings.first + static_cast<std::uint64_t>(i)), settings, three);
  fmt::print("sliding census, {}, rtol {:g}, seeds from {}\n", settings.run.stepper,
             static_cast<double>(settings.run.rtol), settings.first);
  fmt::print("{:<12} {:>5} {:>5} {:>9} {:>7} {:>8} {:>5} {:>8} {:>9} {:>8} {:>8} {:>8} {:>7} {:>6}\n", "",
             "runs", "slid", "crossings", "entries", "releases", "most", "steps", "gradients", "rise",
             "balance", "energy", "seconds", "failed");
  print("two layers", two);
  print("three layers", three);
  return acceptable(two) && acceptable(three) ? 0 : 1;
}

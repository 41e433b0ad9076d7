// Tiny networks that slide, against explicit and implicit Euler steps that know nothing of modes: both are
// first-order methods for the flow of the Clarke subdifferential, so that their distance falls with the step.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "ode/switching/kink_run.hpp"
#include "ode/switching/tiny_network.hpp"
#include "saddleflow/base/random.hpp"

using namespace saddleflow;
using test::KinkRun;
using test::TinyNetwork;
namespace bdata = boost::unit_test::data;

namespace {

struct TinyCase {
  std::vector<Index> sizes;
  std::uint64_t seed;
  double slope;
};
std::ostream& operator<<(std::ostream& out, const TinyCase& c) {
  out << "sizes";
  for (const Index size : c.sizes) out << ' ' << size;
  return out << ", seed " << c.seed << ", slope " << c.slope;
}

constexpr double kEnd = 2;
constexpr int kCheckTimes = 20;
constexpr Index kSamples = 4;

/// A case with its data, start and path by the library.
struct TinyRun {
  explicit TinyRun(const TinyCase& of) : tiny({}, 0, {}, {}) {
    Random random(of.seed);
    Dataset data;
    data.inputs = random.normal_matrix(of.sizes.front(), kSamples);
    data.targets = 2 * random.normal_matrix(1, kSamples);
    tiny = TinyNetwork({of.sizes.begin(), of.sizes.end()}, of.slope, data.inputs.cast<double>(),
                       data.targets.transpose().cast<double>());
    Objective objective(feed_forward(of.sizes, Activation(static_cast<Real>(of.slope), 1)), data, Loss());
    start = random.normal_matrix(objective.size(), 1);
    test::KinkOptions options;
    options.rtol = Real(1e-10);
    for (int i = 1; i <= kCheckTimes; ++i) options.times.push_back(static_cast<Real>(kEnd * i / kCheckTimes));
    run = test::run_kinks(objective, start, static_cast<Real>(kEnd), options);
  }
  /// How long something slides.
  double sliding_time() const {
    double total = 0, since = 0;
    int sliding = 0;
    for (const test::TimedChange& change : run.changes) {
      const int before = sliding;
      if (change.change.kind == ModeChangeKind::enter) ++sliding;
      if (change.change.kind == ModeChangeKind::release) --sliding;
      if (before == 0 && sliding == 1) since = static_cast<double>(change.t);
      if (before == 1 && sliding == 0) total += static_cast<double>(change.t) - since;
    }
    return sliding > 0 ? total + kEnd - since : total;
  }
  /// Largest relative distance at the times of steps of length h.
  template <class Method>
  double distance(double h, Method& method) const {
    std::vector<double> w(start.data(), start.data() + start.size());
    const auto steps = std::llround(kEnd / kCheckTimes / h);
    double worst = 0;
    for (const Vector& expected : run.path) {
      for (long long s = 0; s < steps; ++s) method(tiny, h, w);
      double gap = 0;
      for (std::size_t i = 0; i < w.size(); ++i) {
        const double d = w[i] - static_cast<double>(expected[static_cast<Index>(i)]);
        gap += d * d;
      }
      worst = std::max(worst, std::sqrt(gap) / static_cast<double>(expected.norm()));
    }
    return worst;
  }

  TinyNetwork tiny;
  Vector start;
  KinkRun run;
};

const std::vector<TinyCase> kCases{{{2, 2, 1}, 2, 0.1},   {{2, 3, 1}, 8, 0.1},    {{2, 3, 1}, 8, 0},
                                   {{2, 3, 1}, 12, -1},   {{2, 2, 2, 1}, 5, 0.1}, {{2, 2, 2, 1}, 10, 0.1},
                                   {{2, 2, 2, 1}, 10, 0}, {{2, 3, 2, 1}, 28, 0},  {{2, 2, 2, 1}, 4, -1}};

template <class Method>
void falls_linearly(const TinyCase& of, const std::string& name, const std::vector<double>& steps) {
  const TinyRun tiny(of);
  BOOST_TEST_REQUIRE(tiny.run.stop_reason == "reached_end");
  BOOST_TEST(tiny.run.entries > 0);
  BOOST_TEST(tiny.sliding_time() > 0.1 * kEnd);
  std::string line =
      fmt::format("{} Euler, {} weights, seed {}, slope {}: {} changes, slides for {:.2f} of {}", name,
                  tiny.start.size(), of.seed, of.slope, tiny.run.changes.size(), tiny.sliding_time(), kEnd);
  double before = 0;
  for (const double h : steps) {
    Method method;
    const double error = tiny.distance(h, method);
    line += fmt::format("; {:.0e}: {:.2e}", h, error);
    if (before > 0) BOOST_TEST((error > before / 20 && error < before / 5), line);
    before = error;
  }
  fmt::print("{}\n", line);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tiny_steps_test)

BOOST_DATA_TEST_CASE(explicit_steps, bdata::make(kCases), of) {
  falls_linearly<test::ExplicitEuler>(of, "explicit", {1e-4, 1e-5, 1e-6});
}

BOOST_DATA_TEST_CASE(implicit_steps, bdata::make(kCases), of) {
  falls_linearly<test::ImplicitEuler>(of, "implicit", {1e-2, 1e-3, 1e-4});
}

// Networks this narrow come through every degenerate meeting of kinks: none may give up, or change its mode
// so often that it chatters.
BOOST_AUTO_TEST_CASE(all_finish) {
  constexpr std::size_t most_changes = 200;
  int runs = 0, changes = 0, unresolved = 0, chattering = 0;
  for (const std::vector<Index>& sizes : {std::vector<Index>{2, 2, 1}, {2, 3, 1}, {2, 2, 2, 1}, {2, 3, 2, 1}})
    for (const double slope : {0.0, 0.1, -1.0})
      for (std::uint64_t seed = 1; seed <= 60; ++seed, ++runs) {
        const TinyCase of{sizes, seed, slope};
        const TinyRun tiny(of);
        changes += static_cast<int>(tiny.run.changes.size());
        const bool gave_up = tiny.run.stop_reason == "sliding_unresolved";
        const bool chatters = tiny.run.changes.size() > most_changes;
        if (gave_up || chatters)
          fmt::print("{} layers, seed {}, slope {}: {} changes, {} {}\n", sizes.size() - 1, seed, slope,
                     tiny.run.changes.size(), tiny.run.stop_reason, tiny.run.message);
        if (!gave_up) BOOST_TEST(tiny.run.stop_reason == "reached_end", of << " " << tiny.run.message);
        unresolved += gave_up ? 1 : 0;
        chattering += chatters ? 1 : 0;
      }
  fmt::print("{} flows of tiny networks, {} changes of their modes, {} unresolved, {} chatter\n", runs,
             changes, unresolved, chattering);
  BOOST_TEST(unresolved == 0);
  BOOST_TEST(chattering == 0);
}

// As fine as patience allows.
BOOST_AUTO_TEST_CASE(finest_steps) {
  falls_linearly<test::ExplicitEuler>(kCases[4], "explicit", {1e-5, 1e-6, 1e-7});
}

BOOST_AUTO_TEST_SUITE_END()
